// Runs other programs: an argument list (never shell text), an environment
// spelled out, and no open file of ours inherited unless it is named.
#pragma once

#include <boost/filesystem/path.hpp>
#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace rollback {

struct Command {
  // Where the program's standard output goes.
  enum class Output { capture, terminal, file };

  std::vector<std::string> argv;
  boost::filesystem::path directory = {};       // empty: the current one
  std::map<std::string, std::string> set = {};  // added to our environment
  std::vector<std::string> unset = {};          // taken out of it
  std::optional<std::string> input = {};        // standard input; else /dev/null
  Output output = Output::capture;
  boost::filesystem::path output_file = {};  // for Output::file: both streams, appended
  bool terminal_input = false;               // standard input is ours
  bool dialogue = false;                     // standard input stays open for Process::send()
  bool own_group = false;                    // a process group of its own, as for daemons
  std::chrono::milliseconds timeout{0};      // 0: none; else its group is killed after it
  std::vector<int> keep_open = {};           // descriptors that the child inherits
};

struct Finished {
  int status = 0;  // the exit status; 128 + N when signal N ended it; 127 when it did not start
  std::string out;
  std::string err;
  bool timed_out = false;
};

// A program that was started. Several may run at once.
class Process {
 public:
  // Throws Fatal only when the machine has no process or pipe to give.
  explicit Process(Command command);
  ~Process();  // waits for it
  Process(Process&&) noexcept;

  // For a dialogue: writes to its standard input, and takes the next line of its
  // standard output, without the newline; nothing when it has no more to say.
  void send(std::string_view text);
  std::optional<std::string> next_line();

  // Once: closes its standard input; until it has ended, or its time is up.
  Finished wait();

 private:
  struct Running;
  std::unique_ptr<Running> running_;
};

// Starts it and waits.
Finished run(const Command& command);

}  // namespace rollback

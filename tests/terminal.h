// A real terminal (a pseudo one of the kernel's) for a program to run on, and
// what a person in front of it would see.
#pragma once

#include <boost/filesystem/path.hpp>
#include <functional>
#include <map>
#include <string>
#include <vector>

namespace rollback::testing {

struct OnTerminal {
  std::vector<std::string> argv;
  boost::filesystem::path directory;
  std::map<std::string, std::string> set;  // added to our environment
  unsigned short columns = 80;
  // Called with all that came so far; what it returns is typed.
  std::function<std::string(const std::string&)> type = {};
};

struct Seen {
  int status = 0;      // 128 + N when signal N ended it
  std::string bytes;   // all that was written
  std::string screen;  // what is left to see, trailing spaces taken off
};

// Standard input, output and error are the terminal.
Seen run_on_terminal(const OnTerminal& command);

}  // namespace rollback::testing

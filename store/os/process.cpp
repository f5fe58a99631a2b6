#include "os/process.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "os/descriptor.h"
#include "os/error.h"
#include "os/progress.h"

namespace rollback {
namespace {

using Clock = std::chrono::steady_clock;

struct Pipe {
  Descriptor read, write;

  Pipe() {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) throw Fatal(std::string("pipe: ") + strerror(errno));
    read = Descriptor(ends[0]);
    write = Descriptor(ends[1]);
  }
};

class SpawnActions {
 public:
  SpawnActions() { posix_spawn_file_actions_init(&actions_); }
  ~SpawnActions() { posix_spawn_file_actions_destroy(&actions_); }
  SpawnActions(const SpawnActions&) = delete;
  SpawnActions& operator=(const SpawnActions&) = delete;

  void dup(int from, int to) { posix_spawn_file_actions_adddup2(&actions_, from, to); }
  void open(int to, const char* path, int flags, mode_t mode = 0) {
    posix_spawn_file_actions_addopen(&actions_, to, path, flags, mode);
  }
  void chdir(const char* path) { posix_spawn_file_actions_addchdir_np(&actions_, path); }
  const posix_spawn_file_actions_t* get() const { return &actions_; }

 private:
  posix_spawn_file_actions_t actions_;
};

class SpawnAttributes {
 public:
  // SIGPIPE, which we ignore, is the child's to die of.
  explicit SpawnAttributes(bool own_group) {
    posix_spawnattr_init(&attributes_);
    sigset_t defaults;
    sigemptyset(&defaults);
    sigaddset(&defaults, SIGPIPE);
    posix_spawnattr_setsigdefault(&attributes_, &defaults);
    if (own_group) posix_spawnattr_setpgroup(&attributes_, 0);
    posix_spawnattr_setflags(
        &attributes_,
        static_cast<short>(POSIX_SPAWN_SETSIGDEF | (own_group ? POSIX_SPAWN_SETPGROUP : 0)));
  }
  ~SpawnAttributes() { posix_spawnattr_destroy(&attributes_); }
  SpawnAttributes(const SpawnAttributes&) = delete;
  SpawnAttributes& operator=(const SpawnAttributes&) = delete;

  const posix_spawnattr_t* get() const { return &attributes_; }

 private:
  posix_spawnattr_t attributes_;
};

std::vector<std::string> environment_of(const Command& command) {
  std::vector<std::string> environment;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text(*entry);
    const std::string name(text.substr(0, text.find('=')));
    if (command.set.count(name) != 0) continue;
    bool drop = false;
    for (const auto& unwanted : command.unset) drop = drop || unwanted == name;
    if (!drop) environment.emplace_back(text);
  }
  for (const auto& [name, value] : command.set) environment.push_back(name + "=" + value);
  return environment;
}

std::vector<char*> pointers_to(std::vector<std::string>& strings) {
  std::vector<char*> pointers;
  for (auto& text : strings) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

// Moves bytes both ways until the child has closed its ends or time is up.
class Conversation {
 public:
  Conversation() = default;
  Conversation(Descriptor in, Descriptor out, Descriptor err, std::string input)
      : in_(std::move(in)), out_(std::move(out)), err_(std::move(err)), input_(std::move(input)) {
    if (in_) fcntl(in_.get(), F_SETFL, O_NONBLOCK);
  }

  // Nothing more is to be sent than what was.
  void end_input() {
    ending_ = true;
    if (sent_ == input_.size()) in_.close();
  }
  void send(std::string_view text) { input_ += text; }
  bool all_sent() const { return !in_ || sent_ == input_.size(); }
  bool hears() const { return static_cast<bool>(out_); }

  bool open() const { return in_ || out_ || err_; }

  void step(int timeout_ms, Finished& finished) {
    const short to_write = all_sent() ? 0 : POLLOUT;
    pollfd polls[3] = {{in_.get(), to_write, 0}, {out_.get(), POLLIN, 0}, {err_.get(), POLLIN, 0}};
    if (poll(polls, 3, timeout_ms) <= 0) return;
    if (polls[0].revents != 0) write_some();
    if (polls[1].revents != 0) read_some(out_, finished.out);
    if (polls[2].revents != 0) read_some(err_, finished.err);
  }

 private:
  void write_some() {
    const ssize_t n = write(in_.get(), input_.data() + sent_, input_.size() - sent_);
    if (n > 0) sent_ += static_cast<size_t>(n);
    const bool gone = n < 0 && errno != EAGAIN && errno != EINTR;
    if (gone || (ending_ && sent_ == input_.size())) in_.close();
  }

  static void read_some(Descriptor& from, std::string& to) {
    char buffer[65536];
    const ssize_t n = read(from.get(), buffer, sizeof buffer);
    if (n > 0) to.append(buffer, static_cast<size_t>(n));
    if (n == 0 || (n < 0 && errno != EINTR)) from.close();
  }

  Descriptor in_, out_, err_;
  std::string input_;
  size_t sent_ = 0;
  bool ending_ = false;
};

int exit_status(int raw) { return WIFSIGNALED(raw) ? 128 + WTERMSIG(raw) : WEXITSTATUS(raw); }

// A write to a child that has gone must be an error here, not the end of us.
void ignore_broken_pipes() {
  static const bool done = [] {
    signal(SIGPIPE, SIG_IGN);
    return true;
  }();
  (void)done;
}

void redirect(const Command& command, const Pipe& in, const Pipe& out, const Pipe& err,
              SpawnActions& actions) {
  if (command.input || command.dialogue) {
    actions.dup(in.read.get(), 0);
  } else if (!command.terminal_input) {
    actions.open(0, "/dev/null", O_RDONLY);
  }
  switch (command.output) {
    case Command::Output::capture:
      actions.dup(out.write.get(), 1);
      actions.dup(err.write.get(), 2);
      break;
    case Command::Output::file:
      actions.open(1, command.output_file.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
      actions.dup(1, 2);
      break;
    case Command::Output::terminal:
      break;
  }
  for (const int descriptor : command.keep_open) actions.dup(descriptor, descriptor);
  if (!command.directory.empty()) actions.chdir(command.directory.c_str());
}

// The child's id; nothing when it did not start, which `finished` then says.
std::optional<pid_t> spawn(const Command& command, const SpawnActions& actions,
                           Finished& finished) {
  const SpawnAttributes attributes(command.own_group);
  std::vector<std::string> arguments = command.argv;
  std::vector<std::string> environment = environment_of(command);
  pid_t child = 0;
  const int failed = posix_spawnp(&child, arguments.at(0).c_str(), actions.get(), attributes.get(),
                                  pointers_to(arguments).data(), pointers_to(environment).data());
  if (failed == 0) return child;
  finished.status = 127;
  finished.err = arguments[0] + ": " + strerror(failed);
  return std::nullopt;
}

// The raw status of a child that ended; nothing while it runs and WNOHANG is asked for.
std::optional<int> reap(pid_t child, int flags) {
  int raw = 0;
  while (true) {
    const pid_t ended = waitpid(child, &raw, flags);
    if (ended == child) return raw;
    if (ended == 0) return std::nullopt;
    if (errno != EINTR) throw Fatal(std::string("waitpid: ") + strerror(errno));
  }
}

}  // namespace

struct Process::Running {
  Command command;
  Finished finished;
  std::optional<pid_t> child;
  Conversation conversation;
  Clock::time_point deadline;
  size_t heard = 0;  // of finished.out, by next_line()

  int wait_for_end();
  int wait_until_deadline();
};

// Waiting for the pipes to close is enough.
int Process::Running::wait_for_end() {
  while (conversation.open()) conversation.step(-1, finished);
  return *reap(*child, 0);
}

// A grandchild may hold the pipes open for ever, so the child itself is watched.
int Process::Running::wait_until_deadline() {
  std::optional<int> raw;
  while (!(raw = reap(*child, WNOHANG))) {
    if (Clock::now() >= deadline) {
      finished.timed_out = true;
      kill(command.own_group ? -*child : *child, SIGKILL);
      raw = reap(*child, 0);
      break;
    }
    passed(Unit::seconds, 0);
    conversation.step(10, finished);
    if (!conversation.open()) usleep(2000);
  }
  while (conversation.open()) {  // what is still in the pipes
    const size_t before = finished.out.size() + finished.err.size();
    conversation.step(0, finished);
    if (finished.out.size() + finished.err.size() == before) break;
  }
  return *raw;
}

Process::Process(Command command) : running_(std::make_unique<Running>()) {
  ignore_broken_pipes();
  Running& running = *running_;
  running.command = std::move(command);
  SpawnActions actions;
  Pipe in, out, err;
  redirect(running.command, in, out, err, actions);
  running.child = spawn(running.command, actions, running.finished);
  running.deadline = Clock::now() + running.command.timeout;
  if (running.command.output != Command::Output::capture) out.read.close(), err.read.close();
  running.conversation = Conversation(std::move(in.write), std::move(out.read), std::move(err.read),
                                      running.command.input.value_or(""));
  if (!running.command.dialogue) running.conversation.end_input();
}

void Process::send(std::string_view text) {
  Running& running = *running_;
  if (!running.child) return;
  running.conversation.send(text);
  while (!running.conversation.all_sent()) running.conversation.step(-1, running.finished);
}

std::optional<std::string> Process::next_line() {
  Running& running = *running_;
  const std::string& out = running.finished.out;
  size_t newline = out.find('\n', running.heard);
  while (running.child && newline == std::string::npos && running.conversation.hears()) {
    running.conversation.step(-1, running.finished);
    newline = out.find('\n', running.heard);
  }
  if (newline == std::string::npos) return std::nullopt;
  std::string line = out.substr(running.heard, newline - running.heard);
  running.heard = newline + 1;
  return line;
}

Process::Process(Process&&) noexcept = default;

Process::~Process() {
  if (!running_) return;
  try {
    wait();
  } catch (const Error&) {  // there is nobody left to tell
  }
}

Finished Process::wait() {
  const std::unique_ptr<Running> running = std::move(running_);
  if (!running->child) return std::move(running->finished);
  running->conversation.end_input();
  const bool bounded = running->command.timeout.count() > 0;
  const int raw = bounded ? running->wait_until_deadline() : running->wait_for_end();
  running->finished.status = exit_status(raw);
  return std::move(running->finished);
}

Finished run(const Command& command) { return Process(command).wait(); }

}  // namespace rollback

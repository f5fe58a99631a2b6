#include "terminal.h"

#include <pty.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>

namespace rollback::testing {
namespace {

// Carriage returns, newlines, erasing to the end of a line; colours are not seen.
std::string screen_of(const std::string& bytes) {
  std::vector<std::string> lines{""};
  size_t column = 0;
  for (size_t i = 0; i < bytes.size(); ++i) {
    if (bytes[i] == '\r') {
      column = 0;
    } else if (bytes[i] == '\n') {
      lines.emplace_back();
      column = 0;
    } else if (bytes.compare(i, 2, "\x1b[") == 0) {
      i = bytes.find_first_of("Km", i);
      if (i == std::string::npos) break;
      if (bytes[i] == 'K') lines.back().resize(std::min(lines.back().size(), column));
    } else {
      lines.back().resize(std::max(lines.back().size(), column + 1), ' ');
      lines.back()[column++] = bytes[i];
    }
  }
  std::string screen;
  for (auto& line : lines) {
    line.erase(line.find_last_not_of(' ') + 1);
    screen += line + "\n";
  }
  screen.erase(screen.find_last_not_of('\n') + 1);
  return screen;
}

[[noreturn]] void become(const OnTerminal& command) {
  if (chdir(command.directory.c_str()) != 0) _exit(126);
  for (const auto& [name, value] : command.set) setenv(name.c_str(), value.c_str(), 1);
  std::vector<char*> arguments;
  for (const auto& word : command.argv) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  execvp(arguments[0], arguments.data());
  _exit(127);
}

}  // namespace

Seen run_on_terminal(const OnTerminal& command) {
  winsize size{};
  size.ws_row = 24;
  size.ws_col = command.columns;
  int terminal = -1;
  const pid_t child = forkpty(&terminal, nullptr, nullptr, &size);
  if (child < 0) throw std::runtime_error("no pseudo terminal");
  if (child == 0) become(command);
  Seen seen;
  char buffer[4096];
  ssize_t n = 0;
  while ((n = read(terminal, buffer, sizeof buffer)) > 0) {
    seen.bytes.append(buffer, static_cast<size_t>(n));
    const std::string keys = command.type ? command.type(seen.bytes) : "";
    if (!keys.empty() && write(terminal, keys.data(), keys.size()) < 0) break;
  }
  int raw = 0;
  waitpid(child, &raw, 0);
  close(terminal);
  seen.status = WIFSIGNALED(raw) ? 128 + WTERMSIG(raw) : WEXITSTATUS(raw);
  seen.screen = screen_of(seen.bytes);
  return seen;
}

}  // namespace rollback::testing

#include "cli/terminal.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <iostream>

#include "cli/progress_bar.h"
#include "os/error.h"

namespace rollback {
namespace {

int output_failure = 0;  // the first errno of a write to standard output that failed

void remember_failure() {
  if (output_failure == 0) output_failure = errno;
}

size_t width(std::string_view text) {  // characters, as far as UTF-8 tells
  return static_cast<size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U;
  }));
}

// The length of the UTF-8 sequence at the start of `text`; 0 when it is none.
size_t utf8_length(std::string_view text) {
  const auto lead = static_cast<unsigned char>(text[0]);
  const size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : lead >= 0xC2 ? 2 : 0;
  if (length == 0 || lead > 0xF4 || text.size() < length) return 0;
  for (size_t i = 1; i < length; ++i) {
    if ((static_cast<unsigned char>(text[i]) & 0xC0U) != 0x80U) return 0;
  }
  const bool c1_control = lead == 0xC2 && static_cast<unsigned char>(text[1]) < 0xA0;
  return c1_control ? 0 : length;
}

}  // namespace

std::string printable(std::string_view text) {
  std::string clean;
  while (!text.empty()) {
    const auto byte = static_cast<unsigned char>(text[0]);
    if (byte >= 0x20 && byte < 0x7F) {
      clean += text[0];
      text.remove_prefix(1);
    } else if (const size_t length = byte >= 0x80 ? utf8_length(text) : 0; length > 0) {
      clean += text.substr(0, length);
      text.remove_prefix(length);
    } else {
      char escaped[8];
      std::snprintf(escaped, sizeof escaped, "\\x%02x", byte);
      clean += escaped;
      text.remove_prefix(1);
    }
  }
  return clean;
}

void print(std::string_view text) {
  hide_progress();
  if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size()) remember_failure();
}

void say(std::string_view line) {
  print(line);
  print("\n");
}

void flush_output() {
  if (std::fflush(stdout) != 0) remember_failure();
}

void finish_output() {
  flush_output();
  if (output_failure == 0 && std::ferror(stdout) == 0) return;
  if (output_failure == EPIPE) {  // as if SIGPIPE had never been ignored
    signal(SIGPIPE, SIG_DFL);
    raise(SIGPIPE);
  }
  throw Fatal("write failure on standard output" +
              (output_failure != 0 ? ": " + std::string(strerror(output_failure)) : ""));
}

void note(std::string_view line) {
  flush_output();
  hide_progress();
  std::cerr << line << '\n';
}
void warning(std::string_view text) { note("warning: " + printable(text)); }

void hints(const std::vector<std::string>& lines) {
  for (const auto& line : lines) note("hint: " + printable(line));
}

void complain(std::string_view prefix, std::string_view text,
              const std::vector<std::string>& lines) {
  note(std::string(prefix) + ": " + printable(text));
  hints(lines);
}

bool can_ask() { return isatty(STDIN_FILENO) != 0 && isatty(STDERR_FILENO) != 0; }

bool ask(std::string_view question) {
  flush_output();
  std::cerr << question << " [y/N] " << std::flush;
  std::string answer;
  std::getline(std::cin, answer);
  return answer == "y" || answer == "Y" || answer == "yes";
}

std::string Table::text(std::string_view indent) const {
  std::vector<size_t> widths;
  for (const auto& row : rows_) {
    for (size_t i = 0; i < row.cells.size(); ++i) {
      if (i == widths.size()) widths.push_back(0);
      widths[i] = std::max(widths[i], width(row.cells[i]));
    }
  }
  std::string text;
  for (const auto& row : rows_) {
    std::string line(indent);
    for (size_t i = 0; i < row.cells.size(); ++i) {
      line += row.cells[i];
      if (i + 1 < row.cells.size()) line.append(widths[i] - width(row.cells[i]) + 2, ' ');
    }
    line.erase(line.find_last_not_of(' ') + 1);
    text += coloured(row.colour, line) + "\n";
  }
  return text;
}

}  // namespace rollback

// The errors that any layer may throw. Libraries never print and never exit:
// main() turns each of these into a sentence, hints and an exit code.
#pragma once

#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace rollback {

class Error : public std::runtime_error {
 public:
  explicit Error(const std::string& message, std::vector<std::string> hints = {})
      : std::runtime_error(message), hints_(std::move(hints)) {}

  // What to type next, one line each.
  const std::vector<std::string>& hints() const { return hints_; }

 private:
  std::vector<std::string> hints_;
};

// Exit 128: the command cannot run here, or something it needs is broken.
class Fatal : public Error {
  using Error::Error;
};

// Exit 129: what was typed, or what the configuration says, is wrong.
class Usage : public Error {
  using Error::Error;
};

// Exit 1: the world is as it began, or waits for the user.
class Refused : public Error {
  using Error::Error;
};

}  // namespace rollback

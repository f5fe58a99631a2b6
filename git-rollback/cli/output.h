// How the reading verbs answer: for people, as JSON, or line by line for scripts.
// The latter two never change with configuration or terminal; the manual page
// describes them.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/options.h"

namespace rollback {

enum class Format { people, json, porcelain };

struct OutputOptions {
  bool json = false;
  bool nul = false;                      // -z
  std::optional<std::string> porcelain;  // its version
  std::optional<std::string> color;      // as choose_colour() takes it

  // Throws Usage for choices that do not go together.
  Format format() const;
};

// --json, --porcelain, -z, --color, --no-color.
void add_output_options(Options& options, OutputOptions& values);

// Lines that end with a newline and whose free texts are quoted as git quotes
// paths, or, with -z, ones that end with NUL and are raw.
class Porcelain {
 public:
  explicit Porcelain(bool nul) : nul_(nul) {}

  // Fields without spaces, "-" where one is empty, and a last one of any text.
  void line(const std::vector<std::string>& fields, std::string_view last);
  // The same, where the last field is like the others.
  void line(const std::vector<std::string>& fields);

  const std::string& text() const { return text_; }

 private:
  bool nul_;
  std::string text_;
};

// As git quotes a path: "tab\there" in double quotes, where anything but
// printable ASCII, a quote or a backslash is in it, or a space at either end.
std::string quoted_as_by_git(std::string_view text);

}  // namespace rollback

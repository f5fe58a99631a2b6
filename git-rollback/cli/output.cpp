#include "cli/output.h"

#include <array>
#include <cstdio>

#include "os/error.h"

namespace rollback {
namespace {

constexpr std::string_view escaped = "\a\b\t\n\v\f\r\"\\";
constexpr std::string_view escapes = "abtnvfr\"\\";

bool is_plain(unsigned char byte) {
  return byte >= 0x20 && byte < 0x7F && byte != '"' && byte != '\\';
}

}  // namespace

Format OutputOptions::format() const {
  const bool lines = porcelain || nul;
  if (json && lines) {
    throw Usage(std::string("options '--json' and '") + (porcelain ? "--porcelain" : "-z") +
                "' cannot be used together");
  }
  if (porcelain && !porcelain->empty() && *porcelain != "v1" && *porcelain != "1") {
    throw Usage("unsupported porcelain version '" + *porcelain + "'", {"allowed: v1"});
  }
  return json ? Format::json : lines ? Format::porcelain : Format::people;
}

void add_output_options(Options& options, OutputOptions& values) {
  options.flag("--json", values.json, "as JSON")
      .optional_value("--porcelain", "<version>", values.porcelain,
                      "as lines for scripts, which never change; the only version is v1")
      .flag("-z", values.nul, "as such lines, ended by NUL, nothing quoted")
      .optional_value("--color", "<when>", values.color, "always, never or auto")
      .constant("--no-color", values.color, "never", "the same as --color=never");
}

void Porcelain::line(const std::vector<std::string>& fields, std::string_view last) {
  for (const auto& field : fields) text_ += (field.empty() ? "-" : field) + " ";
  text_ += nul_ ? std::string(last) : quoted_as_by_git(last);
  text_ += nul_ ? '\0' : '\n';
}

void Porcelain::line(const std::vector<std::string>& fields) {
  for (size_t i = 0; i < fields.size(); ++i) {
    text_ += (i > 0 ? " " : "") + (fields[i].empty() ? "-" : fields[i]);
  }
  text_ += nul_ ? '\0' : '\n';
}

std::string quoted_as_by_git(std::string_view text) {
  bool plain = !text.starts_with(' ') && !text.ends_with(' ');
  for (const char c : text) plain = plain && is_plain(static_cast<unsigned char>(c));
  if (plain) return std::string(text);
  std::string quoted = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (const size_t at = escaped.find(c); at != std::string_view::npos) {
      quoted += {'\\', escapes[at]};
    } else if (is_plain(byte)) {
      quoted += c;
    } else {
      std::array<char, 8> octal{};
      std::snprintf(octal.data(), octal.size(), "\\%03o", byte);
      quoted += octal.data();
    }
  }
  return quoted + '"';
}

}  // namespace rollback

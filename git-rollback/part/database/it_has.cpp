#include "part/database/it_has.h"

namespace rollback {
namespace {

// The first line, and not all of a long one.
std::string shortened(std::string_view sql) {
  constexpr size_t longest = 60;
  const std::string_view line = sql.substr(0, sql.find('\n'));
  if (line.size() <= longest) return std::string(line) + (line.size() < sql.size() ? "…" : "");
  size_t end = longest;
  while (end > 0 && (static_cast<unsigned char>(line[end]) & 0xC0U) == 0x80U) --end;
  return std::string(line.substr(0, end)) + "…";
}

}  // namespace

std::string it_has(std::string_view now, std::string_view expected) {
  if (now.empty()) return "it lacks " + shortened(expected);
  std::string text = "it has " + shortened(now);
  const std::string other = shortened(expected);
  if (!expected.empty() && other != shortened(now)) text += ", not " + other;
  return text;
}

}  // namespace rollback

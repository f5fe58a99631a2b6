// A size, for people.
#pragma once

#include <array>
#include <cstdint>
#include <string>

namespace rollback {

// "999 B", "3.4 GB", "12 kB".
inline std::string bytes_in_words(std::int64_t bytes) {
  constexpr std::array units{"B", "kB", "MB", "GB", "TB"};
  size_t unit = 0;
  std::int64_t tenths = bytes * 10;
  while (tenths >= 10'000 && unit + 1 < units.size()) {
    tenths /= 1000;
    ++unit;
  }
  std::string text = std::to_string(tenths / 10);
  if (unit > 0 && tenths < 100) text += "." + std::to_string(tenths % 10);
  return text + " " + units[unit];
}

}  // namespace rollback

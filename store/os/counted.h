// A number of things, for people.
#pragma once

#include <cstdint>
#include <string>

namespace rollback {

// "1 row", "2 rows".
inline std::string counted(std::int64_t number, const std::string& thing) {
  return std::to_string(number) + " " + thing + (number == 1 ? "" : "s");
}

}  // namespace rollback

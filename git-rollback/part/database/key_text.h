// Keys of rows as a person types and reads them: `7`, or `7:gold` where a key
// has several columns. A backslash takes the next character as it is, which a
// comma needs, and a colon in a key of several columns. Bytes are hex digits.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace rollback {

// "7,a\,b,7" -> "7", "a\,b". Throws Usage for an empty one.
std::vector<std::string> split_keys(std::string_view list);

// The values of one key; throws Usage where it has not as many as there are columns.
std::vector<std::string> values_of_key(std::string_view key,
                                       const std::vector<std::string>& columns);

std::string key_text(const std::vector<std::string>& values);

}  // namespace rollback

#include "part/database/key_text.h"

#include <algorithm>

#include "os/error.h"

namespace rollback {
namespace {

// At each `separator` that no backslash stands before; backslashes stay.
std::vector<std::string> split_at(std::string_view text, char separator) {
  std::vector<std::string> parts(1);
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == separator) {
      parts.emplace_back();
      continue;
    }
    parts.back() += text[i];
    if (text[i] == '\\' && i + 1 < text.size()) parts.back() += text[++i];
  }
  return parts;
}

std::string without_backslashes(std::string_view text) {
  std::string plain;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 1 < text.size()) ++i;
    plain += text[i];
  }
  return plain;
}

}  // namespace

std::vector<std::string> split_keys(std::string_view list) {
  std::vector<std::string> keys;
  for (auto& key : split_at(list, ',')) {
    if (key.empty()) throw Usage("an empty key in '" + std::string(list) + "'");
    if (std::find(keys.begin(), keys.end(), key) == keys.end()) keys.push_back(std::move(key));
  }
  return keys;
}

std::vector<std::string> values_of_key(std::string_view key,
                                       const std::vector<std::string>& columns) {
  std::vector<std::string> values;
  if (columns.size() == 1) {
    values.emplace_back(key);
  } else {
    values = split_at(key, ':');
  }
  if (values.size() != columns.size()) {
    std::string shape;
    for (const auto& column : columns) shape += (shape.empty() ? "<" : ":<") + column + ">";
    throw Usage("'" + std::string(key) + "' is no key: it is written as " + shape);
  }
  for (auto& value : values) value = without_backslashes(value);
  return values;
}

std::string key_text(const std::vector<std::string>& values) {
  std::string text;
  for (const auto& value : values) {
    if (&value != &values.front()) text += ':';
    for (const char c : value) {
      if (c == ',' || c == '\\' || (c == ':' && values.size() > 1)) text += '\\';
      text += c;
    }
  }
  return text;
}

}  // namespace rollback

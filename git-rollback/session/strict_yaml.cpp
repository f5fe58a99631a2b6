#include "session/strict_yaml.h"

#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <limits>

#include "os/error.h"

namespace rollback {
namespace {

bool is_plain(const YAML::Node& node) { return node.Tag() != "!"; }

// C0, DEL, and C1, whose first byte in UTF-8 is 0xC2.
size_t find_control_character(std::string_view text) {
  for (size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    const bool c1 =
        byte == 0xC2 && i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) < 0xA0;
    if (byte < 0x20 || byte == 0x7F || c1) return i;
  }
  return std::string_view::npos;
}

// Fit for a message: one short line.
std::string in_quotes(std::string_view text) {
  constexpr size_t longest = 60;
  std::string shown;
  for (size_t at = find_control_character(text); at != std::string_view::npos;
       at = find_control_character(text)) {
    shown += text.substr(0, at);
    shown += '?';
    text.remove_prefix(at + (static_cast<unsigned char>(text[at]) == 0xC2 ? 2 : 1));
  }
  shown += text;
  if (shown.size() > longest) {
    size_t end = longest;
    while (end > 0 && (static_cast<unsigned char>(shown[end]) & 0xC0U) == 0x80U) --end;
    shown = shown.substr(0, end) + "…";
  }
  return "'" + shown + "'";
}

// The length of the UTF-8 sequence at the start of `text`; 0 when it is none.
size_t utf8_length(std::string_view text) {
  const auto lead = static_cast<unsigned char>(text[0]);
  const size_t length = lead < 0x80    ? 1
                        : lead >= 0xF0 ? 4
                        : lead >= 0xE0 ? 3
                        : lead >= 0xC2 ? 2
                                       : 0;
  if (length == 0 || lead > 0xF4 || text.size() < length) return 0;
  for (size_t i = 1; i < length; ++i) {
    if ((static_cast<unsigned char>(text[i]) & 0xC0U) != 0x80U) return 0;
  }
  return length;
}

// yaml-cpp would read on, with other characters in place of these bytes.
void require_utf8(std::string_view text, const std::string& file) {
  size_t line = 1, start = 0;
  for (size_t i = 0; i < text.size();) {
    const size_t length = utf8_length(text.substr(i));
    if (length == 0 || text[i] == '\0') {
      char byte[8];
      std::snprintf(byte, sizeof byte, "0x%02x", static_cast<unsigned char>(text[i]));
      throw Usage(file + ":" + std::to_string(line) + ":" + std::to_string(i - start + 1) +
                  ": the byte " + byte + " is no UTF-8 text");
    }
    if (text[i] == '\n') ++line, start = i + 1;
    i += length;
  }
}

std::string joined(std::span<const std::string_view> words) {
  std::vector<std::string_view> sorted(words.begin(), words.end());
  std::sort(sorted.begin(), sorted.end());
  std::string text;
  for (const auto word : sorted) text += (text.empty() ? "" : ", ") + std::string(word);
  return text;
}

bool contains(std::span<const std::string_view> words, std::string_view word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

// Would another YAML reader take this unquoted scalar for something else?
bool looks_like_no_string(const std::string& scalar) {
  static constexpr std::string_view words[] = {"true",  "True", "TRUE", "false", "False",
                                               "FALSE", "null", "Null", "NULL",  "~"};
  if (contains(words, scalar)) return true;
  const char* begin = scalar.c_str();
  char* end = nullptr;
  std::strtod(begin, &end);
  return end == begin + scalar.size();
}

std::string place(const std::string& file, const YAML::Mark& mark) {
  return file + ":" + std::to_string(std::max(mark.line, 0) + 1) + ":" +
         std::to_string(std::max(mark.column, 0) + 1) + ": ";
}

}  // namespace

YamlValue::YamlValue(const YAML::Node& node, std::string path,
                     std::shared_ptr<const std::string> file)
    : node_(node), path_(std::move(path)), file_(std::move(file)) {}

YamlValue::YamlValue(const YamlValue& other) = default;
YamlValue::YamlValue(YamlValue&& other) noexcept = default;
YamlValue& YamlValue::operator=(const YamlValue& other) = default;
YamlValue& YamlValue::operator=(YamlValue&& other) noexcept = default;
YamlValue::~YamlValue() = default;

bool YamlValue::is_list() const { return node_.IsSequence(); }
bool YamlValue::is_map() const { return node_.IsMap(); }

YamlValue YamlValue::parse(std::string_view text, const std::string& file) {
  constexpr size_t largest = 1 << 20;
  if (text.size() > largest) {
    throw Usage(file + ": the file has " + std::to_string(text.size()) + " bytes; allowed: up to " +
                std::to_string(largest));
  }
  require_utf8(text, file);
  const auto shared_file = std::make_shared<const std::string>(file);
  try {
    const auto documents = YAML::LoadAll(std::string(text));
    if (documents.empty()) throw Usage(file + ":1:1: the file is empty");
    YamlValue first(documents[0], "", shared_file);
    if (documents.size() > 1) {
      YamlValue(documents[1], "", shared_file).fail("a second YAML document; only one is allowed");
    }
    return first;
  } catch (const YAML::Exception& error) {
    throw Usage(place(file, error.mark) + "this is no YAML: " + error.msg);
  }
}

void YamlValue::fail(const std::string& what) const {
  throw Usage(place(*file_, node_.Mark()) + what);
}

void YamlValue::fail_not_built(const std::string& what) const {
  fail(what + in_path() + " is not built yet");
}

std::string YamlValue::in_path() const { return path_.empty() ? "" : " in " + path_; }

std::string YamlValue::description() const {
  if (node_.IsMap()) return "a map";
  if (node_.IsSequence()) return "a list";
  return node_.IsScalar() && !node_.Scalar().empty() ? in_quotes(node_.Scalar()) : "nothing";
}

void YamlValue::fail_expecting(const std::string& what) const {
  fail(description() + in_path() + "; allowed: " + what);
}

void YamlValue::refuse_tags() const {
  const std::string& tag = node_.Tag();
  if (!tag.empty() && tag != "?" && tag != "!") {
    fail("tag " + in_quotes(tag) + in_path() + "; no tags are allowed");
  }
}

std::string YamlValue::text() const {
  refuse_tags();
  if (!node_.IsScalar() || node_.Scalar().empty()) fail_expecting("a string");
  const std::string& scalar = node_.Scalar();
  if (find_control_character(scalar) != std::string::npos) {
    fail("a control character stands in " + in_quotes(scalar) + in_path() + "; none is allowed");
  }
  if (is_plain(node_) && looks_like_no_string(scalar)) {
    fail_expecting("a string; quote it, \"" + scalar + "\", if you mean one");
  }
  return scalar;
}

long long YamlValue::number(long long low, long long high) const {
  refuse_tags();
  const std::string allowed =
      low == high ? std::to_string(low)
      : high == std::numeric_limits<int>::max()
          ? "a whole number from " + std::to_string(low)
          : "a whole number from " + std::to_string(low) + " to " + std::to_string(high);
  if (!node_.IsScalar() || !is_plain(node_)) fail_expecting(allowed);
  const std::string& scalar = node_.Scalar();
  long long number = 0;
  const auto [end, error] = std::from_chars(scalar.data(), scalar.data() + scalar.size(), number);
  if (error != std::errc() || end != scalar.data() + scalar.size() || number < low ||
      number > high) {
    fail_expecting(allowed);
  }
  return number;
}

size_t YamlValue::choice(std::span<const std::string_view> words,
                         std::span<const std::string_view> not_built) const {
  refuse_tags();
  if (is_map() && !not_built.empty()) fail_not_built("a map");
  if (!node_.IsScalar()) fail_expecting(joined(words));
  if (contains(not_built, node_.Scalar())) fail_not_built(in_quotes(node_.Scalar()));
  const auto found = std::find(words.begin(), words.end(), node_.Scalar());
  if (found == words.end()) fail_expecting(joined(words));
  return static_cast<size_t>(found - words.begin());
}

std::vector<YamlValue> YamlValue::list() const {
  refuse_tags();
  if (!is_list()) fail_expecting("a list");
  std::vector<YamlValue> values;
  for (const auto& node : node_) values.push_back(YamlValue(node, path_, file_));
  return values;
}

std::vector<std::string> YamlValue::texts() const {
  std::vector<std::string> strings;
  if (!is_list()) fail_expecting("a list of strings");
  for (const auto& value : list()) strings.push_back(value.text());
  return strings;
}

std::vector<std::string> YamlValue::some_texts() const {
  auto strings = texts();
  if (strings.empty()) fail("an empty list" + in_path() + "; leave it out, or name one");
  return strings;
}

std::vector<YamlValue::Entry> YamlValue::entries() const {
  refuse_tags();
  if (!is_map()) fail_expecting("a map");
  std::vector<Entry> entries;
  for (const auto& pair : node_) {
    const YamlValue key(pair.first, path_, file_);
    key.refuse_tags();
    if (!pair.first.IsScalar()) key.fail(key.description() + in_path() + " as a key");
    const std::string& name = pair.first.Scalar();
    if (find_control_character(name) != std::string::npos) {
      key.fail("a control character stands in key " + in_quotes(name) + in_path());
    }
    for (const auto& entry : entries) {
      if (entry.name == name) key.fail("key " + in_quotes(name) + in_path() + " stands here twice");
    }
    const std::string path = (path_.empty() ? "" : path_ + ".") + name;
    entries.push_back({key, YamlValue(pair.second, path, file_), name});
  }
  return entries;
}

YamlMap YamlValue::map(std::span<const std::string_view> keys,
                       std::span<const std::string_view> not_built) const {
  auto found = entries();
  for (const auto& [key, value, name] : found) {
    if (contains(not_built, name)) key.fail_not_built("key " + in_quotes(name));
    if (!contains(keys, name)) {
      key.fail("unknown key " + in_quotes(name) + in_path() + "; allowed: " + joined(keys));
    }
  }
  return {*this, std::move(found)};
}

std::optional<YamlValue> YamlMap::find(std::string_view key) const {
  for (const auto& entry : entries_) {
    if (entry.name == key) return entry.value;
  }
  return std::nullopt;
}

YamlValue YamlMap::need(std::string_view key) const {
  auto value = find(key);
  const std::string& path = value_.path();
  if (!value)
    value_.fail("missing key '" + std::string(key) + "'" + (path.empty() ? "" : " in " + path));
  return *std::move(value);
}

}  // namespace rollback

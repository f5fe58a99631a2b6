// YAML read strictly: every value knows where it stands, and whatever is not
// as expected throws Usage: ".rollback.yml:12:7: unknown key 'tabels' in …".
#pragma once

#include <yaml-cpp/node/node.h>

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace rollback {

class YamlMap;

class YamlValue {
 public:
  // The one document of a file; `file` is for messages.
  static YamlValue parse(std::string_view text, const std::string& file);

  // Not in line, since those of YAML::Node need all of yaml-cpp's headers.
  YamlValue(const YamlValue& other);
  YamlValue(YamlValue&& other) noexcept;
  YamlValue& operator=(const YamlValue& other);
  YamlValue& operator=(YamlValue&& other) noexcept;
  ~YamlValue();

  bool is_list() const;
  bool is_map() const;

  // A string without control characters, not empty, that no YAML reader would
  // take for a number, a boolean or null.
  std::string text() const;
  long long number(long long low, long long high) const;
  // The position in `words` of the one that stands here; `not_built` are words
  // that are refused by name.
  size_t choice(std::span<const std::string_view> words,
                std::span<const std::string_view> not_built = {}) const;
  std::vector<YamlValue> list() const;  // may be empty
  std::vector<std::string> texts() const;
  std::vector<std::string> some_texts() const;  // at least one

  // A map whose keys are the user's own names, such as components.
  struct Entry;
  std::vector<Entry> entries() const;

  // A map that may have these keys; the keys of `not_built` are refused by name.
  YamlMap map(std::span<const std::string_view> keys,
              std::span<const std::string_view> not_built = {}) const;

  // Usage, at this place.
  [[noreturn]] void fail(const std::string& what) const;
  // "… in components.playerbot.database is not built yet".
  [[noreturn]] void fail_not_built(const std::string& what) const;

  const std::string& path() const { return path_; }  // "components.playerbot.database"

 private:
  YamlValue(const YAML::Node& node, std::string path, std::shared_ptr<const std::string> file);

  std::string description() const;  // "a list", "'abc'": what stands here
  [[noreturn]] void fail_expecting(const std::string& what) const;
  void refuse_tags() const;
  std::string in_path() const;  // " in components.playerbot"; "" at the top

  YAML::Node node_;
  std::string path_;
  std::shared_ptr<const std::string> file_;
};

struct YamlValue::Entry {
  YamlValue key, value;
  std::string name;
};

class YamlMap {
 public:
  std::optional<YamlValue> find(std::string_view key) const;
  YamlValue need(std::string_view key) const;  // Usage when it is missing
  const YamlValue& value() const { return value_; }

 private:
  friend class YamlValue;
  YamlMap(YamlValue value, std::vector<YamlValue::Entry> entries)
      : value_(std::move(value)), entries_(std::move(entries)) {}

  YamlValue value_;
  std::vector<YamlValue::Entry> entries_;
};

}  // namespace rollback

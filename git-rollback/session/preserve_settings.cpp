#include "session/preserve_settings.h"

#include <algorithm>
#include <array>
#include <map>
#include <string_view>

namespace rollback {
namespace {

using namespace std::string_view_literals;

bool all_of(std::string_view text, std::string_view allowed) {
  return text.find_first_not_of(allowed) == std::string_view::npos;
}

constexpr std::string_view lower_or_digit = "abcdefghijklmnopqrstuvwxyz0123456789";
constexpr std::string_view in_names = "abcdefghijklmnopqrstuvwxyz0123456789_.-";
constexpr std::string_view in_trailers =
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-";

// `none` and `undeployed` have a meaning of their own where classes are chosen.
void require_class_name(const YamlValue& place, const std::string& name) {
  const bool well_formed =
      !name.empty() && all_of(name.substr(0, 1), lower_or_digit) && all_of(name, in_names);
  if (well_formed && name != "none" && name != "undeployed") return;
  place.fail("'" + name + "' in " + place.path() +
             " as the name of a class; allowed: lower-case letters, digits, and after the first "
             "also '_', '.' and '-', but neither none nor undeployed");
}

std::string read_pattern(const YamlValue& value) {
  std::string pattern = value.text();
  if (const std::string fault = fault_of_pattern(pattern); !fault.empty()) {
    value.fail("'" + pattern + "' in " + value.path() + " (" + fault +
               "); allowed: a regular expression in the syntax of RE2");
  }
  return pattern;
}

std::vector<std::string> read_trailers(const YamlValue& value) {
  auto keys = value.some_texts();
  for (const auto& item : value.list()) {
    if (all_of(item.text(), in_trailers)) continue;
    item.fail("'" + item.text() + "' in " + item.path() +
              "; allowed: the key of a trailer, of letters, digits and '-'");
  }
  return keys;
}

std::vector<std::string> read_labels(const YamlValue& value) {
  return value.is_list() ? value.some_texts() : std::vector{value.text()};
}

bool has_rule(const PreserveClass& one) {
  return !one.subject.empty() || !one.message.empty() || !one.author.empty() ||
         !one.trailers.empty() || !one.paths.empty() || !one.labels.empty();
}

// A name or an alias, and where it stands.
struct Word {
  YamlValue place;
  std::string word;
};

struct WrittenClass {
  PreserveClass meant;
  std::vector<Word> words;
};

WrittenClass read_class(const YamlValue::Entry& entry) {
  constexpr std::array keys{"aliases"sv,  "subject"sv, "message"sv, "author"sv,
                            "trailers"sv, "paths"sv,   "label"sv};
  WrittenClass written{.meant = {.name = entry.name}, .words = {{entry.key, entry.name}}};
  PreserveClass& one = written.meant;
  const YamlMap map = entry.value.map(keys);
  if (const auto aliases = map.find("aliases")) {
    one.aliases = aliases->some_texts();
    for (const auto& item : aliases->list()) written.words.push_back({item, item.text()});
  }
  if (const auto subject = map.find("subject")) one.subject = read_pattern(*subject);
  if (const auto message = map.find("message")) one.message = read_pattern(*message);
  if (const auto author = map.find("author")) one.author = read_pattern(*author);
  if (const auto trailers = map.find("trailers")) one.trailers = read_trailers(*trailers);
  if (const auto paths = map.find("paths")) one.paths = paths->some_texts();
  if (const auto label = map.find("label")) one.labels = read_labels(*label);
  for (const auto& [place, word] : written.words) require_class_name(place, word);
  if (!has_rule(one)) {
    entry.key.fail("class '" + entry.name + "' in " + entry.key.path() +
                   " has no rule; allowed: author, label, message, paths, subject, trailers");
  }
  return written;
}

void put(const PreserveClass& one, std::vector<PreserveClass>& classes) {
  const auto same = std::find_if(classes.begin(), classes.end(),
                                 [&](const auto& other) { return other.name == one.name; });
  if (same == classes.end()) {
    classes.push_back(one);
  } else {
    *same = one;
  }
}

// So that a word means one class. Those built in hold theirs, unless replaced.
void refuse_second_meanings(const std::vector<WrittenClass>& all) {
  std::map<std::string, std::string> class_of;
  for (const auto& built_in : PreserveSettings().classes) {
    const bool replaced = std::any_of(all.begin(), all.end(), [&](const auto& written) {
      return written.meant.name == built_in.name;
    });
    if (replaced) continue;
    class_of[built_in.name] = built_in.name;
    for (const auto& alias : built_in.aliases) class_of[alias] = built_in.name;
  }
  for (const auto& written : all) {
    for (const auto& [place, word] : written.words) {
      const auto [taken, is_new] = class_of.emplace(word, written.meant.name);
      if (is_new) continue;
      place.fail("'" + word + "' in " + place.path() + " means class '" + taken->second +
                 "' already");
    }
  }
}

std::vector<PreserveClass> read_classes(const YamlValue& value) {
  std::vector<PreserveClass> classes = PreserveSettings().classes;
  std::vector<WrittenClass> all;
  for (const auto& entry : value.entries()) {
    all.push_back(read_class(entry));
    put(all.back().meant, classes);
  }
  refuse_second_meanings(all);
  return classes;
}

std::string known_words(const PreserveSettings& settings) {
  std::string text;
  for (const auto& one : settings.classes) {
    text += (text.empty() ? "" : ", ") + one.name;
    for (const auto& alias : one.aliases) text += ", " + alias;
  }
  return text;
}

// An empty list: nothing is kept beside what was not deployed yet.
std::vector<std::string> read_choice(const YamlValue& value, const PreserveSettings& settings) {
  auto words = value.texts();
  for (const auto& item : value.list()) {
    if (settings.find(item.text()) != nullptr) continue;
    item.fail("'" + item.text() + "' in " + item.path() +
              " is no class of commit; allowed: " + known_words(settings));
  }
  return words;
}

void read_strategies(const YamlValue& value, PreserveSettings& settings) {
  constexpr std::array strategies{"code_rollback"sv};
  constexpr std::array not_built{"database_rollback"sv, "config_rollback"sv, "full_rollback"sv};
  constexpr std::array keys{"method"sv, "preserve"sv};
  const auto code = value.map(strategies, not_built).find("code_rollback");
  if (!code) return;
  const YamlMap map = code->map(keys);
  if (const auto method = map.find("method")) method->choice(std::array{"git_revert"sv});
  if (const auto words = map.find("preserve")) settings.chosen = read_choice(*words, settings);
}

}  // namespace

PreserveSettings read_preserve_settings(const std::optional<YamlValue>& preserve,
                                        const std::optional<YamlValue>& strategies) {
  PreserveSettings settings;
  if (preserve) settings.classes = read_classes(*preserve);
  if (strategies) read_strategies(*strategies, settings);
  return settings;
}

}  // namespace rollback

#include "session/time_words.h"

#include <array>
#include <charconv>
#include <string>
#include <utility>

namespace rollback {
namespace {

using std::chrono::seconds;

constexpr std::array<std::pair<std::string_view, long long>, 5> units{{
    {"second", 1},
    {"minute", 60},
    {"hour", 3600},
    {"day", 86400},
    {"week", 7 * 86400},
}};

std::optional<seconds> unit_of(std::string_view word) {
  if (word.size() > 1 && word.ends_with('s')) word.remove_suffix(1);
  for (const auto& [name, length] : units) {
    if (word == name) return seconds(length);
  }
  return std::nullopt;
}

// "2 hours ago", also "2.hours.ago" as git users write it
std::optional<Time> some_time_ago(std::string text, Time now) {
  for (char& c : text) {
    if (c == '.') c = ' ';
  }
  std::string_view rest(text);
  constexpr std::string_view ago = " ago";
  if (!rest.ends_with(ago)) return std::nullopt;
  rest.remove_suffix(ago.size());
  long long count = 0;
  const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), count);
  rest.remove_prefix(static_cast<size_t>(end - rest.data()));
  if (error != std::errc() || count < 0 || count > 1000000 || !rest.starts_with(' ')) {
    return std::nullopt;
  }
  const auto unit = unit_of(rest.substr(1));
  if (!unit) return std::nullopt;
  return now - count * *unit;
}

}  // namespace

std::optional<Time> past_time(std::string_view words, Time now) {
  if (words == "last hour" || words == "last day" || words == "last week") {
    return now - *unit_of(words.substr(5));
  }
  if (auto time = some_time_ago(std::string(words), now)) return time;
  return from_date_and_time(words);
}

}  // namespace rollback

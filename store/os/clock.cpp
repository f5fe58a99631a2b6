#include "os/clock.h"

#include <cstdio>
#include <ctime>

namespace rollback {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

std::tm calendar(Time time) {
  const std::time_t whole = static_cast<std::time_t>(to_unix(time));
  std::tm parts{};
  gmtime_r(&whole, &parts);
  return parts;
}

// The calendar fields as a time, refusing 31 February and 25 o'clock.
std::optional<Time> checked(std::tm parts, int ms, bool utc) {
  const std::tm asked = parts;
  parts.tm_isdst = -1;
  const std::time_t whole = utc ? timegm(&parts) : mktime(&parts);
  if (whole == -1 || parts.tm_mday != asked.tm_mday || parts.tm_mon != asked.tm_mon ||
      parts.tm_min != asked.tm_min || parts.tm_sec != asked.tm_sec) {
    return std::nullopt;
  }
  return from_unix(whole) + milliseconds(ms);
}

bool shaped(std::string_view text, std::string_view shape) {
  if (text.size() != shape.size()) return false;
  for (size_t i = 0; i < text.size(); ++i) {
    const bool digit = text[i] >= '0' && text[i] <= '9';
    if (shape[i] == '0' ? !digit : text[i] != shape[i]) return false;
  }
  return true;
}

int number(std::string_view text, size_t at, size_t count) {
  int value = 0;
  for (size_t i = at; i < at + count; ++i) value = 10 * value + (text[i] - '0');
  return value;
}

std::tm date_fields(std::string_view text) {  // 2026-11-23?10:00
  std::tm parts{};
  parts.tm_year = number(text, 0, 4) - 1900;
  parts.tm_mon = number(text, 5, 2) - 1;
  parts.tm_mday = number(text, 8, 2);
  parts.tm_hour = number(text, 11, 2);
  parts.tm_min = number(text, 14, 2);
  return parts;
}

std::string format(const char* pattern, Time time) {
  char buffer[64];
  const std::tm parts = calendar(time);
  return {buffer, std::strftime(buffer, sizeof buffer, pattern, &parts)};
}

}  // namespace

Time now() { return std::chrono::floor<milliseconds>(std::chrono::system_clock::now()); }

Time from_unix(long long whole) { return Time(seconds(whole)); }

long long to_unix(Time time) {
  return std::chrono::floor<seconds>(time).time_since_epoch().count();
}

std::string to_rfc3339(Time time) {
  const auto ms = (time - std::chrono::floor<seconds>(time)).count();
  char fraction[16];
  std::snprintf(fraction, sizeof fraction, ".%03dZ", static_cast<int>(ms));
  return format("%Y-%m-%dT%H:%M:%S", time) + fraction;
}

std::string to_rfc3339_seconds(Time time) { return format("%Y-%m-%dT%H:%M:%SZ", time); }

std::string to_stamp(Time time) { return format("%Y%m%dT%H%M%SZ", time); }

std::string to_words(Time time, Time relative_to) {
  const long long age = to_unix(relative_to) - to_unix(time);
  const auto say = [](long long count, const char* unit) {
    return std::to_string(count) + " " + unit + (count == 1 ? "" : "s") + " ago";
  };
  if (age < 0) return "in the future";
  if (age < 90) return say(age, "second");
  if (age < 90 * 60) return say((age + 30) / 60, "minute");
  if (age < 36 * 3600) return say((age + 1800) / 3600, "hour");
  return say((age + 43200) / 86400, "day");
}

std::optional<Time> from_rfc3339(std::string_view text) {
  const bool with_ms = shaped(text, "0000-00-00T00:00:00.000Z");
  if (!with_ms && !shaped(text, "0000-00-00T00:00:00Z")) return std::nullopt;
  std::tm parts = date_fields(text);
  parts.tm_sec = number(text, 17, 2);
  return checked(parts, with_ms ? number(text, 20, 3) : 0, true);
}

std::optional<Time> from_stamp(std::string_view text) {
  if (!shaped(text, "00000000T000000Z")) return std::nullopt;
  std::string spaced(text);
  spaced.insert(13, ":").insert(11, ":").insert(6, "-").insert(4, "-");
  return from_rfc3339(spaced);
}

std::optional<Time> from_date_and_time(std::string_view text) {
  bool utc = false;
  if (!text.empty() && text.back() == 'Z') {
    utc = true;
    text.remove_suffix(1);
  }
  const bool with_seconds =
      shaped(text, "0000-00-00 00:00:00") || shaped(text, "0000-00-00T00:00:00");
  if (!with_seconds && !shaped(text, "0000-00-00 00:00") && !shaped(text, "0000-00-00T00:00")) {
    return std::nullopt;
  }
  std::tm parts = date_fields(text);
  if (with_seconds) parts.tm_sec = number(text, 17, 2);
  return checked(parts, 0, utc);
}

}  // namespace rollback

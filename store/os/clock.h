// UTC times as the record writes them.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace rollback {

using Time = std::chrono::sys_time<std::chrono::milliseconds>;

Time now();

std::string to_rfc3339(Time time);                  // 2026-11-23T10:00:00.000Z
std::string to_rfc3339_seconds(Time time);          // 2026-11-23T10:00:00Z
std::string to_stamp(Time time);                    // 20261123T100000Z, as in ids
std::string to_words(Time time, Time relative_to);  // "3 minutes ago", as git says it

// Both forms of to_rfc3339; nothing for anything else.
std::optional<Time> from_rfc3339(std::string_view text);
std::optional<Time> from_stamp(std::string_view text);

// "2026-11-23 10:00", with ":SS", with "T", with "Z"; without Z, local time.
std::optional<Time> from_date_and_time(std::string_view text);

Time from_unix(long long seconds);
long long to_unix(Time time);

}  // namespace rollback

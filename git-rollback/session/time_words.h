// Words for a moment in the past. git's own date parser accepts anything
// (`garbage` is now), so a strict grammar comes first: it is the whole of it.
#pragma once

#include <optional>
#include <string_view>

#include "os/clock.h"

namespace rollback {

// "last hour", "last day", "last week", "2 hours ago", "2026-11-23 10:00" and
// its forms in os/clock.h. Nothing for anything else.
std::optional<Time> past_time(std::string_view words, Time now);

}  // namespace rollback

#include "session/retention_settings.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <span>

namespace rollback {
namespace {

using namespace std::string_view_literals;

struct Unit {
  std::string_view name;
  std::int64_t worth;
};

constexpr std::int64_t second = 1000, minute = 60 * second, hour = 60 * minute, day = 24 * hour;
constexpr std::array ages{Unit{"seconds", second}, Unit{"second", second}, Unit{"s", second},
                          Unit{"minutes", minute}, Unit{"minute", minute}, Unit{"min", minute},
                          Unit{"hours", hour},     Unit{"hour", hour},     Unit{"h", hour},
                          Unit{"days", day},       Unit{"day", day},       Unit{"d", day},
                          Unit{"weeks", 7 * day},  Unit{"week", 7 * day}};
constexpr std::array sizes{Unit{"B", 1},
                           Unit{"kB", 1000},
                           Unit{"MB", 1'000'000},
                           Unit{"GB", 1'000'000'000},
                           Unit{"TB", 1'000'000'000'000},
                           Unit{"KiB", 1LL << 10},
                           Unit{"MiB", 1LL << 20},
                           Unit{"GiB", 1LL << 30},
                           Unit{"TiB", 1LL << 40}};

// "14 days" or "14days"; nothing for what is no whole number above 0, has
// another unit, or is too much to count.
std::optional<std::int64_t> read_quantity(std::string_view text, std::span<const Unit> units) {
  std::int64_t count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  std::string_view rest(end, static_cast<size_t>(text.data() + text.size() - end));
  if (rest.starts_with(' ')) rest.remove_prefix(1);
  const auto unit =
      std::find_if(units.begin(), units.end(), [&](const Unit& u) { return u.name == rest; });
  if (error != std::errc() || unit == units.end() || count < 1 ||
      count > std::numeric_limits<std::int64_t>::max() / 2 / unit->worth) {
    return std::nullopt;
  }
  return count * unit->worth;
}

[[noreturn]] void fail(const YamlValue& value, const std::string& text,
                       const std::string& allowed) {
  value.fail("'" + text + "' in " + value.path() + "; allowed: " + allowed);
}

Retention::Age read_age(const YamlValue& value) {
  const std::string text = value.text();
  const auto age = read_quantity(text, ages);
  if (!age || *age > 36'500 * day) {
    fail(value, text, "a time such as 12 hours, 14 days or 2 weeks");
  }
  return {std::chrono::milliseconds(*age), text};
}

constexpr const char* size_allowed = "a size in B, kB, MB, GB, TB, KiB, MiB, GiB or TiB, such as ";

Retention::Size read_size(const YamlValue& value) {
  const std::string text = value.text();
  const auto size = read_quantity(text, sizes);
  if (!size) fail(value, text, std::string(size_allowed) + "50 GB");
  return {*size, text};
}

Retention::Share read_share(const YamlValue& value) {
  const std::string text = value.text();
  if (const auto percent = read_quantity(text, std::array{Unit{"%", 1}});
      percent && *percent < 100) {
    return {0, static_cast<int>(*percent), text};
  }
  const auto size = read_quantity(text, sizes);
  if (!size) fail(value, text, "1% to 99%, or " + std::string(size_allowed) + "5 GB");
  return {*size, 0, text};
}

}  // namespace

Retention read_retention(const YamlValue& value) {
  constexpr std::array keys{"points"sv, "backups"sv, "displaced"sv, "max_bytes"sv, "min_free"sv};
  const YamlMap map = value.map(keys);
  Retention retention;
  constexpr int most = std::numeric_limits<int>::max();
  if (const auto points = map.find("points")) {
    retention.points = static_cast<int>(points->number(1, most));
  }
  if (const auto backups = map.find("backups")) {
    retention.backups = static_cast<int>(backups->number(1, most));
  }
  if (const auto displaced = map.find("displaced")) retention.displaced = read_age(*displaced);
  if (const auto bytes = map.find("max_bytes")) retention.max_bytes = read_size(*bytes);
  if (const auto free = map.find("min_free")) retention.min_free = read_share(*free);
  return retention;
}

}  // namespace rollback

#include "part/database/mysql/swap/counter.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>

namespace rollback::mysql {
namespace {

struct Width {
  const char* type;
  int bits;
};
constexpr std::array widths{Width{"tinyint", 8}, Width{"smallint", 16}, Width{"mediumint", 24},
                            Width{"int", 32}};

std::uint64_t largest_id(const Definition& definition) {
  const auto column = std::find_if(definition.columns.begin(), definition.columns.end(),
                                   [](const Column& one) { return one.auto_increment; });
  int bits = 64;
  bool is_unsigned = true;
  if (column != definition.columns.end()) {
    is_unsigned = column->full_type.find("unsigned") != std::string::npos;
    for (const Width& width : widths) {
      if (column->type == width.type) bits = width.bits;
    }
  }
  return std::numeric_limits<std::uint64_t>::max() >> (64 - bits + (is_unsigned ? 0 : 1));
}

std::uint64_t counter_of(Session& session, const std::string& table) {
  const std::string text = session.text(
      "SELECT coalesce(auto_increment, 0) FROM information_schema.tables WHERE table_schema ="
      " database() AND table_name = " +
      literal(table));
  std::uint64_t counter = 0;
  std::from_chars(text.data(), text.data() + text.size(), counter);
  return counter;
}

}  // namespace

void set_counter(Session& session, const std::string& table, std::uint64_t counter) {
  session.run("ALTER TABLE " + identifier(table) + " AUTO_INCREMENT = " + std::to_string(counter));
}

void raise_counter(Session& session, const Definition& definition, const std::string& table,
                   const std::string& other) {
  if (!definition.counter) return;
  const std::uint64_t counter = counter_of(session, other);
  if (counter > largest_id(definition) || counter <= counter_of(session, table)) return;
  set_counter(session, table, counter);
}

}  // namespace rollback::mysql

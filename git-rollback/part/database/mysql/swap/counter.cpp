#include "part/database/mysql/swap/counter.h"

#include <algorithm>
#include <array>
#include <limits>
#include <map>

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

// By table. Each is asked for by its own name: MariaDB would open all of them for a list.
std::map<std::string, std::uint64_t> counters_of(Session& session,
                                                 const std::vector<Counting>& all) {
  std::string query;
  for (const Counting& one : all) {
    for (const auto& table : {one.table, one.other}) {
      if (table.empty()) continue;
      query += (query.empty() ? "SELECT " : " UNION ALL SELECT ") + literal(table) +
               ", auto_increment FROM information_schema.tables WHERE table_schema = database()"
               " AND table_name = " +
               literal(table);
    }
  }
  std::map<std::string, std::uint64_t> found;
  for (const Row& row : session.rows(query)) {
    if (row[1]) found[*row[0]] = std::stoull(*row[1]);
  }
  return found;
}

}  // namespace

void raise_counters(Session& session, const std::vector<Counting>& all) {
  if (all.empty()) return;
  auto found = counters_of(session, all);
  for (const Counting& one : all) {
    const std::uint64_t other = found[one.other];
    const std::uint64_t wanted = std::max(one.definition->counter.value_or(0),
                                          other <= largest_id(*one.definition) ? other : 0);
    if (wanted <= found[one.table]) continue;
    session.run("ALTER TABLE " + identifier(one.table) +
                " AUTO_INCREMENT = " + std::to_string(wanted));
  }
}

}  // namespace rollback::mysql

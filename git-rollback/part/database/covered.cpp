#include "part/database/covered.h"

#include <algorithm>

#include "part/database/engine.h"
#include "part/database/table_pattern.h"

namespace rollback {
namespace {

constexpr const char* key = "Rollback-Tables";

}  // namespace

Trailer format_covered(const std::string& component, const std::string& schema,
                       const DatabaseSettings& settings) {
  Trailer trailer{key, {component, schema}};
  for (const auto* patterns : {&settings.tables, &settings.sessions, &settings.ledger}) {
    for (const std::string& pattern : *patterns) {
      const auto first = trailer.fields.begin() + 2;
      if (std::find(first, trailer.fields.end(), pattern) == trailer.fields.end()) {
        trailer.fields.push_back(pattern);
      }
    }
  }
  return trailer;
}

Covered read_covered(const Point& point, const std::string& component, const std::string& schema) {
  Covered covered;
  for (const Trailer& trailer : point.trailers) {
    if (trailer.key != key || trailer.fields.size() < 2 || trailer.fields[0] != component) continue;
    if (!covered) covered.emplace();
    if (trailer.fields[1] != schema) continue;
    covered->insert(covered->end(), trailer.fields.begin() + 2, trailer.fields.end());
  }
  return covered;
}

void mark_uncovered(std::vector<TableFacts>& facts, const Covered& covered) {
  if (!covered) return;
  for (TableFacts& table : facts) {
    table.uncovered = !table.at_point && !is_meant(*covered, table.table);
  }
}

}  // namespace rollback

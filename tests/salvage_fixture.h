// What salvage needs of a component's database part: tables found, exported, and
// put back, whatever the engine.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "part/part.h"

namespace rollback {

// Names a salvaged table of the part, counted.
inline SalvageTable salvaged(Part& part, const std::string& table) {
  auto tables = part.salvageable();
  part.count_missing(tables);
  for (const auto& one : tables) {
    if (one.table == table || one.name == table) return one;
  }
  ADD_FAILURE() << "nothing of '" << table << "' is kept";
  return {};
}

// "guild 2, rank 1: 3 rows".
inline std::string values_not_live(const SalvageTable& table) {
  std::string text;
  for (const auto& [column, rows] : table.columns_not_live) {
    text += (text.empty() ? "" : ", ") + column + " " + std::to_string(rows);
  }
  return text + ": " + std::to_string(table.values_not_live) + " rows";
}

inline std::string exported(Part& part, const SalvageTable& table, ExportFormat format,
                            SalvageRows rows = SalvageRows::all) {
  std::string text;
  part.export_rows(table, {format, rows, [&](std::string_view data) { text += data; }});
  return text;
}

inline PutBack put_back(Part& part, const SalvageTable& table, const std::vector<std::string>& keys,
                        bool overwrite = false) {
  const PutBackOrder order{.id = "20261126T120000Z-ccccccc", .keys = keys, .overwrite = overwrite};
  const auto results = part.put_back({table}, order);
  EXPECT_EQ(results.size(), 1U);
  return results.empty() ? PutBack{} : results.front();
}

// Those whose key is live with other values.
inline PutBack put_changed_back(Part& part, const SalvageTable& table, bool overwrite) {
  const auto results = part.put_back({table}, {.id = "20261126T120000Z-ccccccc",
                                               .keys = {},
                                               .rows = SalvageRows::changed,
                                               .overwrite = overwrite});
  EXPECT_EQ(results.size(), 1U);
  return results.empty() ? PutBack{} : results.front();
}

// For the fixture of either engine.
template <class Fixture>
class SalvageTest : public Fixture {
 protected:
  // What is live after these statements is displaced by the point's, which is the
  // state after `begin`.
  void displace(const std::string& begin, const std::string& since) {
    this->run(begin);
    const Point point = this->capture();
    this->run(since);
    this->go_back(this->to(point, Rows::restore, 100000));
  }

  std::string missing(const std::string& table) {
    const auto one = salvaged(*this->part(), table);
    return one.missing ? std::to_string(*one.missing) : one.unknown;
  }
};

}  // namespace rollback

// Tables that a point did not cover, whatever the engine.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "part/part.h"

namespace rollback {

inline const std::string stays = "table 'other' stays as it is: the point did not cover it";

// For the fixture of either engine, whose tables are `playerbot` and `other`.
template <class Fixture>
class CoveredTest : public Fixture {
 protected:
  // As a point is that was recorded before there was such a trailer.
  static Point older(Point point) {
    std::erase_if(point.trailers, [](const Trailer& t) { return t.key == "Rollback-Tables"; });
    return point;
  }
  static bool says(const Assessment& assessment, const std::string& line) {
    const auto& lines = assessment.details;
    return std::find(lines.begin(), lines.end(), line) != lines.end();
  }

  // Listed newly by that pattern, `other` stays whosever rows are asked for.
  void expect_stays(const Point& point, const std::vector<std::string>& changes) {
    this->settings_.tables.push_back("oth*");
    for (const auto& rows : changes) {
      this->run(rows);
      for (const auto words :
           {std::optional<Rows>(), std::optional(Rows::restore), std::optional(Rows::keep_all)}) {
        const Assessment seen = this->part()->assess(this->to(point, words));
        ASSERT_FALSE(seen.obstacle) << seen.obstacle->reason;
        EXPECT_EQ(seen.rows_lost, 0);
        EXPECT_TRUE(says(seen, stays));
      }
    }
  }
  void expect_stays_in_an_emergency(const Point& point) {
    this->settings_.tables.push_back("other");
    Request request = this->to(point);
    request.emergency = true;
    this->go_back(request);
    EXPECT_EQ(this->value("SELECT count(*) FROM other"), "0");
  }
  // With a table `ran` that is there already.
  void expect_ledger_and_sessions_stay() {
    const Point point = this->capture();
    this->settings_.ledger.push_back("ran");
    this->settings_.sessions = {"other"};
    const Assessment seen = this->part()->assess(this->to(point));
    EXPECT_TRUE(seen.already);
    EXPECT_TRUE(says(seen, stays));
    EXPECT_TRUE(says(seen, "table 'ran' stays as it is: the point did not cover it"));
  }
};

}  // namespace rollback

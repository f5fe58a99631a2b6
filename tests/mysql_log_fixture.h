// A table that is logged while another is filled from it, and what is carried over.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <thread>

#include "mysql_fixture.h"
#include "part/database/mysql/rows/carry.h"
#include "part/database/mysql/rows/log.h"

namespace rollback::mysql {

class MysqlLogTest : public MysqlEngineTest {
 protected:
  void SetUp() override {
    MysqlEngineTest::SetUp();
    if (!IsSkipped()) session_.emplace(open());
  }
  Definition definition(const std::string& table) { return *read_definition(*session_, table); }

  // `shape` goes into `target`, as `live` is logged.
  void begin(const std::string& live, const std::string& target) {
    carry_.projection = {definition(live), definition(target), live, ""};
    carry_.log = "git_rollback_log";
    carry_.target = target;
    carry_.aside = "aside";
    start_log(*session_, carry_.projection.from, live, carry_.log);
    filled_ = fill(*session_, {carry_.projection, target, carry_.keep_from, "aside"});
  }
  Carried follow() {
    carry_.last = false;
    return carry_over(*session_, carry_);
  }
  Carried last() {
    carry_.last = true;
    return carry_over(*session_, carry_);
  }
  void expect_equal(const std::string& live, const std::string& target) {
    EXPECT_EQ(server().rows(live), server().rows(target));
    EXPECT_FALSE(is_logged(*session_, carry_.log));
  }

  // For a table, or (on MySQL) is through.
  void until_it_waits(const Session& session, const std::string& what) {
    const std::string query = "SELECT count(*) FROM information_schema.processlist WHERE id = " +
                              std::to_string(session.id()) + " AND info LIKE " +
                              literal(what + "%") + " AND state LIKE 'Waiting for%lock'";
    for (int i = 0; i < 200 && session_->number(query) == 0; ++i) {
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
  }

  std::optional<Session> session_;
  Carry carry_;
  Carried filled_;
};

}  // namespace rollback::mysql

// Tables that go back to the point's structure as they stand, never copied.
#include <atomic>
#include <thread>

#include "mysql_in_place_fixture.h"
#include "part/database/mysql/server/claim.h"
#include "part/database/mysql/swap/settle.h"

namespace rollback::mysql {
namespace {

class MysqlInPlace : public MysqlInPlaceTest {};

TEST_F(MysqlInPlace, RowsAndStorageStayAndUndoGivesTheColumnsBack) {
  const Point point = at_point();
  migrate();
  write();
  const std::string now = dump();
  const std::string storage_before = storage();
  ASSERT_NE(storage_before, "");
  const std::string rows_before = rows();
  EXPECT_EQ(detail(part()->assess(to(point))),
            "playerbot: keep_all, 20 rows stay in place, column 'zone' goes, column 'a`b' goes,"
            " column 'seen' goes");
  const std::string prepared = part()->prepare(to(point));
  EXPECT_EQ(count_of_ours("playerbot\\_in\\_%"), "0");
  swap(prepared);
  EXPECT_EQ(storage(), storage_before);
  const Point left = finish(prepared);
  EXPECT_EQ(rows(), rows_before);
  EXPECT_EQ(shown(), then_);
  EXPECT_EQ(count_of_ours("git\\_rollback\\_2%"), "0");
  EXPECT_EQ(count_of_ours("playerbot\\_out\\_%"), "0");
  EXPECT_TRUE(part()->assess(to(point)).already);
  EXPECT_TRUE(part()->verify(left).empty());

  next_operation();
  EXPECT_FALSE(part()->assess(to(left)).obstacle);
  MysqlPartTest::go_back(to(left));
  EXPECT_EQ(dump(), now);
}

TEST_F(MysqlInPlace, WhereNothingWasWrittenTheTableIsNotCopiedEither) {
  const Point point = at_point();
  const std::string then = dump();
  migrate();
  const std::string now = dump();
  const std::string storage_before = storage();
  EXPECT_NE(detail(part()->assess(to(point))).find("in place"), std::string::npos);
  const std::string prepared = part()->prepare(to(point));
  swap(prepared);
  EXPECT_EQ(shown(), then_);
  revert(prepared);
  EXPECT_EQ(shown(), now_);
  swap(prepared);
  revert(prepared);
  part()->discard(operation_);
  EXPECT_EQ(dump(), now);
  EXPECT_EQ(storage(), storage_before);
  EXPECT_EQ(count_of_ours("%20261124%"), "0");
  MysqlPartTest::go_back(to(point));
  EXPECT_EQ(dump(), then);
  EXPECT_EQ(storage(), storage_before);
}

TEST_F(MysqlInPlace, AValueThatIsWrittenToAColumnThatGoesIsRefused) {
  const Point point = at_point();
  migrate();
  const std::string prepared = part()->prepare(to(point));
  run("UPDATE playerbot SET `a``b`=8 WHERE id=3");
  const std::string now = dump();
  EXPECT_THROW(part()->steps(prepared).swap.at(1)->get_ready(), Refused);
  EXPECT_EQ(refusal(prepared), "rows of table 'playerbot' were written meanwhile");
  go_back(part()->steps(prepared).swap);
  part()->discard(operation_);
  EXPECT_EQ(dump(), now);
  const auto assessment = part()->assess(to(point));
  ASSERT_TRUE(assessment.obstacle);
  // Where that is accepted, the value is in the displaced table.
  next_operation();
  Request request = to(point, Rows::keep_all, 1);
  EXPECT_EQ(part()->assess(request).details.at(0).find("in place"), std::string::npos);
  MysqlPartTest::go_back(request);
  EXPECT_EQ(shown(), then_);
  EXPECT_EQ(value("SELECT `a``b` FROM " + displaced() + " WHERE id=3"), "8");
}

TEST_F(MysqlInPlace, AValueOfANewRowIsRefusedTooAndOneThatWasTakenBackIsNot) {
  const Point point = at_point();
  migrate();
  const std::string prepared = part()->prepare(to(point));
  run("INSERT INTO playerbot(name, seen) VALUES ('late', '2026-11-24 10:00:00')");
  EXPECT_EQ(refusal(prepared), "rows of table 'playerbot' were written meanwhile");
  go_back(part()->steps(prepared).swap);
  run("UPDATE playerbot SET seen = NULL");
  EXPECT_EQ(refusal(prepared), "");
  EXPECT_EQ(shown(), then_);
}

TEST_F(MysqlInPlace, ATableThatWasAlteredOrEmptiedMeanwhileIsRefused) {
  const Point point = at_point();
  migrate();
  const std::string prepared = part()->prepare(to(point));
  run("ALTER TABLE playerbot ADD COLUMN other INT");
  const std::string shown_now = shown();
  EXPECT_EQ(part()->steps(prepared).swap.at(1)->observe().what, Observation::foreign);
  const std::string type = server().is_mariadb() ? "int(11)" : "int";
  EXPECT_EQ(refusal(prepared),
            "database 'world' was changed by somebody else: table 'playerbot' has another"
            " definition: it has `other` " +
                type + " DEFAULT NULL");
  EXPECT_EQ(shown(), shown_now);
  run("ALTER TABLE playerbot DROP COLUMN other; ALTER TABLE playerbot FORCE");
  EXPECT_EQ(refusal(prepared), "table 'playerbot' was emptied or rebuilt meanwhile");
  EXPECT_EQ(shown(), now_);
}

TEST_F(MysqlInPlace, WhatTheServerCannotDoAtOnceIsCopied) {
  run("CREATE TABLE playerbot(id INT PRIMARY KEY, name VARCHAR(20), words TEXT); CREATE TABLE "
      "playerbot_two(a INT PRIMARY KEY, b INT,"
      " twice INT AS (b * 2) VIRTUAL); CREATE TABLE playerbot_three(a INT PRIMARY KEY, b INT);"
      "INSERT INTO playerbot VALUES (1, 'ann', 'x'); INSERT INTO playerbot_two(a) VALUES (1);"
      "INSERT INTO playerbot_three(a) VALUES (1)");
  const Point point = capture();
  const std::string then = dump();
  run("ALTER TABLE playerbot ADD COLUMN extra INT DEFAULT 7;"
      "ALTER TABLE playerbot ADD FULLTEXT KEY words(words); ALTER TABLE playerbot DROP KEY words;"
      "ALTER TABLE playerbot_two ADD COLUMN extra INT DEFAULT 7 AFTER a;"
      "ALTER TABLE playerbot_three ADD COLUMN extra INT DEFAULT 7, ADD KEY extra(extra)");
  MysqlPartTest::go_back(to(point, Rows::keep_all));
  EXPECT_EQ(dump(), then);
  EXPECT_EQ(count_of_ours("playerbot%\\_out\\_%"), "3");
}

TEST_F(MysqlInPlace, ValuesThatARollbackFilledInAreNotDroppedInPlace) {
  run("CREATE TABLE playerbot(id INT PRIMARY KEY, name VARCHAR(20), level INT DEFAULT 1);"
      "INSERT INTO playerbot VALUES (1, 'ann', 5)");
  const Point point = capture();
  run("ALTER TABLE playerbot DROP COLUMN level; INSERT INTO playerbot VALUES (2, 'bob')");
  const std::string now = dump();
  const Point left = MysqlPartTest::go_back(to(point, Rows::keep_all));
  EXPECT_EQ(value("SELECT level FROM playerbot WHERE id=1"), "5");
  next_operation();
  EXPECT_EQ(part()->assess(to(left)).details.at(0).find("in place"), std::string::npos);
  MysqlPartTest::go_back(to(left));
  EXPECT_EQ(dump(), now);
  EXPECT_EQ(value("SELECT level FROM " + displaced() + " WHERE id=1"), "5");
}

TEST_F(MysqlInPlace, GoesTogetherWithATableThatIsSwapped) {
  run("CREATE TABLE playerbot(id INT PRIMARY KEY, name VARCHAR(20));"
      "CREATE TABLE playerbot_pet(id INT PRIMARY KEY, name VARCHAR(20));"
      "INSERT INTO playerbot VALUES (1, 'ann'); INSERT INTO playerbot_pet VALUES (1, 'cat')");
  const Point point = capture();
  const std::string then = dump();
  run("ALTER TABLE playerbot ADD COLUMN extra INT; ALTER TABLE playerbot_pet DROP COLUMN name");
  const std::string now = dump();
  const std::string prepared = part()->prepare(to(point, Rows::keep_all));
  swap(prepared);
  EXPECT_EQ(dump(), then);
  go_back(part()->steps(prepared).swap);
  EXPECT_EQ(dump(), now);
  swap(prepared);
  const Point left = finish(prepared);
  EXPECT_EQ(dump(), then);
  next_operation();
  MysqlPartTest::go_back(to(left));
  EXPECT_EQ(dump(), now);
}

TEST_F(MysqlInPlace, WritersGetOnWhileItIsTriedAgain) {
  const Point point = at_point();
  migrate();
  const std::string prepared = part()->prepare(to(point));
  Session other = open();
  other.run("HANDLER playerbot OPEN");  // it lets LOCK TABLES by, and not ALTER TABLE
  std::atomic<bool> stop{false};
  std::atomic<int> written{0};
  std::thread writer([&] {
    Session session(endpoint());
    while (!stop) {
      session.run("INSERT INTO playerbot(name) VALUES ('w" + std::to_string(written) + "')");
      ++written;
    }
  });
  int while_held = 0;
  std::thread holder([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(500));  // short tries are over
    const int before = written;
    std::this_thread::sleep_for(std::chrono::milliseconds(3500));
    while_held = written - before;
    other.run("HANDLER playerbot CLOSE");
  });
  const auto begun = std::chrono::steady_clock::now();
  const std::string refused = refusal(prepared);
  EXPECT_GT(std::chrono::steady_clock::now() - begun, std::chrono::seconds(3));  // it was held
  holder.join();
  stop = true;
  writer.join();
  EXPECT_EQ(refused, "");
  EXPECT_EQ(shown(), then_);
  EXPECT_GT(while_held, 10);
}

TEST_F(MysqlInPlace, AWriterThatGoesOnLosesNothing) {
  const Point point = at_point();
  migrate();
  const std::string prepared = part()->prepare(to(point));
  std::atomic<bool> stop{false};
  std::atomic<int> written{0};
  std::string failed;
  std::thread writer([&] {
    Session session(endpoint());
    while (!stop) try {
        session.run("INSERT INTO playerbot(name, level) VALUES ('w" + std::to_string(written) +
                    "', 3)");
        ++written;
      } catch (const std::exception& error) {
        failed = error.what();
        stop = true;
      }
  });
  for (int i = 0; i < 5; ++i) {
    go(part()->steps(prepared).swap);
    go_back(part()->steps(prepared).swap);
  }
  go(part()->steps(prepared).swap);
  stop = true;
  writer.join();
  EXPECT_EQ(failed, "");
  EXPECT_GT(written, 5);
  finish(prepared);
  EXPECT_EQ(shown(), then_);
  EXPECT_EQ(value("SELECT count(*) FROM playerbot WHERE name LIKE 'w%'"), std::to_string(written));
}

TEST_F(MysqlInPlace, WhatWasLookedAtIsNotReadUnderTheLock) {
  const Point point = at_point();
  migrate();
  const std::string prepared = part()->prepare(to(point));
  const std::string log = plan_from(plan_of(prepared)).changes.at(0).before_log();
  run("INSERT INTO playerbot(name) SELECT concat('more', seq) FROM " + numbers(1200));
  Session early = open();
  early.run("START TRANSACTION");
  early.run("UPDATE playerbot SET `a``b`=8 WHERE id=3");
  run("UPDATE playerbot SET level=8 WHERE id=4");  // with a higher number, and committed
  EXPECT_EQ(server().rows(log).size(), 1201U);
  part()->steps(prepared).swap.at(1)->get_ready();
  EXPECT_TRUE(server().rows(log).empty());
  early.run("COMMIT");
  EXPECT_EQ(refusal(prepared), "rows of table 'playerbot' were written meanwhile");
  run("UPDATE playerbot SET `a``b`=7 WHERE id=3");
  EXPECT_EQ(refusal(prepared), "");
  EXPECT_EQ(shown(), then_);
}

TEST_F(MysqlInPlace, ATableWithoutAKeyIsCopied) {
  run("CREATE TABLE playerbot(id INT, name VARCHAR(20)); INSERT INTO playerbot VALUES (1, 'ann')");
  const Point point = capture();
  const std::string then = dump();
  run("ALTER TABLE playerbot ADD COLUMN extra INT; INSERT INTO playerbot VALUES (2, 'bob', NULL);"
      "DELETE FROM playerbot WHERE id=2");
  EXPECT_EQ(part()->assess(to(point, Rows::keep_all)).details.at(0).find("in place"),
            std::string::npos);
  MysqlPartTest::go_back(to(point, Rows::keep_all));
  EXPECT_EQ(dump(), then);
}

TEST_F(MysqlInPlace, AnOperationThatAnotherHostTookOverGoesOnNoMore) {
  const Point point = at_point();
  migrate();
  const std::string prepared = part()->prepare(to(point));
  const std::string plan = plan_of(prepared);
  steps(place(), plan).at(0)->apply();
  Place other = place();
  other.here = "web2";
  clear_way(other, operation_);
  EXPECT_EQ(count_of_ours("%20261124%"), "0");
  EXPECT_EQ(value("SELECT count(*) FROM git_rollback_operations"), "0");
  run("UPDATE playerbot SET `a``b`=8 WHERE id=3");
  const std::string now = dump();
  EXPECT_THROW(steps(place(), plan).at(0)->apply(), Refused);
  EXPECT_THROW(steps(place(), plan).at(1)->apply(), Refused);
  go_back(steps(place(), plan));
  EXPECT_EQ(dump(), now);
}

TEST_F(MysqlInPlace, WithoutItsLogOrOnceItIsSettledNothingIsAltered) {
  const Point point = at_point();
  migrate();
  const std::string prepared = part()->prepare(to(point));
  const std::string plan = plan_of(prepared);
  EXPECT_THROW(steps(place(), plan).at(1)->apply(), Refused);  // it is not live yet
  steps(place(), plan).at(0)->apply();
  Session session = open();
  session.run("DROP TRIGGER " + identifier(plan_from(plan).changes.at(0).before_log() + "_u"));
  EXPECT_THROW(steps(place(), plan).at(1)->get_ready(), Refused);
  EXPECT_EQ(refusal(prepared), "what was written to table 'playerbot' meanwhile is not known");
  settle(place(), operation_);
  EXPECT_EQ(refusal(prepared),
            "operation '" + operation_ + "' is settled, and is taken back by undo");
  EXPECT_EQ(shown(), now_);
}

TEST_F(MysqlInPlace, WhatAnotherHostTookOverAfterAllWasAlteredStays) {
  const Point point = at_point();
  migrate();
  const std::string prepared = part()->prepare(to(point));
  go(part()->steps(prepared).swap);
  Place other = place();
  other.here = "web2";
  clear_way(other, operation_);
  EXPECT_EQ(shown(), then_);
  go(part()->steps(prepared).swap);
  EXPECT_THROW(part()->steps(prepared).swap.at(1)->revert(), Refused);
  EXPECT_EQ(shown(), then_);
}

}  // namespace
}  // namespace rollback::mysql

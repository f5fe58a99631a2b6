#include "database_fixture.h"

namespace rollback {
namespace {

class SqliteStranded : public BothJournals {
 protected:
  SqliteStranded() { settings_.sessions = {"playerbot_session"}; }

  // The point has bots 1 and 2 and an item of bot 2; since then, the structure changed.
  Point point() {
    run("CREATE TABLE playerbot(id INTEGER PRIMARY KEY, name TEXT);"
        "INSERT INTO playerbot VALUES (1, 'a'), (2, 'b');"
        "CREATE TABLE playerbot_item(id INTEGER PRIMARY KEY, bot REFERENCES playerbot);"
        "INSERT INTO playerbot_item VALUES (1, 2), (2, NULL), (3, 77);"
        "CREATE TABLE playerbot_session(id INTEGER PRIMARY KEY, bot INTEGER REFERENCES "
        "playerbot(id));"
        "CREATE TABLE guild(bot INTEGER, FOREIGN KEY (bot) REFERENCES PLAYERBOT(ID));"
        "INSERT INTO guild VALUES (1), (88)");
    const Point captured = capture();
    run("ALTER TABLE playerbot ADD COLUMN n INT; ALTER TABLE playerbot_item ADD COLUMN n INT;"
        "ALTER TABLE playerbot_session ADD COLUMN n INT");
    return captured;
  }
  std::string refusal(const Request& request) {
    const std::string before = dump();
    try {
      part()->prepare(request);
    } catch (const Refused& refused) {
      EXPECT_EQ(dump(), before);
      return refused.what();
    }
    return "";
  }
};
INSTANTIATE_TEST_SUITE_P(Journal, SqliteStranded, testing::Bool(),
                         [](const auto& mode) { return mode.param ? "Wal" : "Delete"; });

TEST_P(SqliteStranded, SessionsOfRowsThatDoNotComeAlongAreRefused) {
  const Point target = point();
  run("INSERT INTO playerbot VALUES (3, 'c', 1), (4, 'd', 1);"
      "INSERT INTO playerbot_session VALUES (1, 1, 0), (2, 3, 0), (3, 3, 0)");
  EXPECT_EQ(refusal(to(target, Rows::restore, 100)),
            "2 rows of table 'playerbot_session' would refer to rows of 'playerbot' that do not "
            "come along");
  run("DELETE FROM playerbot_session WHERE bot = 3");
  go_back(to(target, Rows::restore, 100));
  EXPECT_EQ(value("SELECT count(*) FROM playerbot"), "2");
}

TEST_P(SqliteStranded, RowsOfATableThatStaysAreRefused) {
  const Point target = point();
  run("INSERT INTO playerbot VALUES (3, 'c', NULL); INSERT INTO guild VALUES (3)");
  EXPECT_EQ(refusal(to(target, Rows::restore, 100)),
            "1 row of table 'guild' would refer to rows of 'playerbot' that do not come along");
  go_back(to(target, Rows::keep_all));
  EXPECT_EQ(value("SELECT count(*) FROM playerbot"), "3");
}

TEST_P(SqliteStranded, ThePointsRowsThatReferToOnesDeletedSinceAreRefused) {
  const Point target = point();
  settings_.rows = {Rows::keep_all, {{"playerbot_item", Rows::restore}}};
  run("DELETE FROM playerbot WHERE id = 2");
  EXPECT_EQ(refusal(to(target, std::nullopt, 100)),
            "1 row of table 'playerbot_item' would refer to rows of 'playerbot' that do not come "
            "along");
}

TEST_P(SqliteStranded, WhatIsWrittenAfterPreparationIsRefusedAtTheSwap) {
  const Point target = point();
  run("INSERT INTO playerbot VALUES (3, 'c', 1)");
  const std::string prepared = part()->prepare(to(target, Rows::restore, 100));
  run("INSERT INTO playerbot VALUES (4, 'd', 1); INSERT INTO playerbot_session VALUES (1, 4, 0)");
  const std::string before = dump();
  EXPECT_THROW(part()->steps(prepared).swap.at(0)->apply(), Refused);
  EXPECT_EQ(dump(), before);
  run("DELETE FROM playerbot_session");
  swap(prepared);
  finish(prepared);
}

}  // namespace
}  // namespace rollback

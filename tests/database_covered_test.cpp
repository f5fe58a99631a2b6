// Tables that are in the set today, and that the point did not cover.
#include "covered_fixture.h"
#include "database_fixture.h"
#include "part/database/covered.h"

namespace rollback {
namespace {

using Words = std::vector<std::string>;

class DatabaseCovered : public CoveredTest<DatabaseTest> {
 protected:
  DatabaseCovered() {
    run("CREATE TABLE playerbot(id INTEGER PRIMARY KEY, name TEXT);"
        "CREATE TABLE other(id INTEGER PRIMARY KEY, v);"
        "INSERT INTO playerbot(name) VALUES ('ann'), ('bob')");
  }
};

TEST(CoveredTrailer, HoldsEachPatternOnceAndAnyText) {
  DatabaseSettings settings;
  settings.tables = {"playerbot_*", "odd name%", "updates"};
  settings.sessions = {"sessions"};
  settings.ledger = {"updates"};
  Point point;
  point.trailers = parse_trailers(
      "subject\n\n" + format_trailers({format_covered("bots", "var/a b.db", settings)}));
  ASSERT_EQ(point.trailers.size(), 1U);
  EXPECT_EQ(read_covered(point, "bots", "var/a b.db"),
            (Words{"playerbot_*", "odd name%", "updates", "sessions"}));
  EXPECT_EQ(read_covered(point, "bots", "other.db"), Words{});
  EXPECT_FALSE(read_covered(point, "else", "var/a b.db"));
}

TEST_F(DatabaseCovered, ATableThatIsListedNewlyStaysAndIsNamed) {
  const Point point = capture();
  run("ALTER TABLE playerbot ADD COLUMN extra INT");
  expect_stays(point, {"SELECT 1", "INSERT INTO other(v) VALUES (1), (2)"});
  const std::string now = dump();
  const Point left = go_back(to(point));
  EXPECT_EQ(value("SELECT count(*) FROM pragma_table_info('playerbot')"), "2");
  EXPECT_EQ(value("SELECT group_concat(v) FROM other"), "1,2");
  EXPECT_EQ(count_of_ours("other_*"), 0);
  EXPECT_TRUE(part()->assess(to(point)).already);

  run("INSERT INTO other(v) VALUES (3)");
  next_operation();
  ASSERT_FALSE(part()->assess(to(left)).obstacle);
  go_back(to(left));
  EXPECT_EQ(value("SELECT group_concat(v) FROM other"), "1,2,3");
  run("DELETE FROM other WHERE v=3");
  EXPECT_EQ(dump(), now);
}

TEST_F(DatabaseCovered, AnEmptyOneStaysAlsoInAnEmergency) {
  const Point point = capture();
  run("ALTER TABLE playerbot ADD COLUMN extra INT");
  expect_stays_in_an_emergency(point);
}

TEST_F(DatabaseCovered, ALedgerAndSessionsStayWhereTheyAreListedNewly) {
  run("CREATE TABLE ran(name); INSERT INTO ran VALUES ('001.sql')");
  expect_ledger_and_sessions_stay();
}

TEST_F(DatabaseCovered, ATableThatAPatternOfAnyKindCoveredAndThatWasAbsentIsDisplaced) {
  settings_.ledger = {"playerbot_ran"};
  settings_.tables = {"playerbot"};
  settings_.sessions = {"playerbot_session"};
  const Point point = capture();
  run("CREATE TABLE playerbot_ran(a); CREATE TABLE playerbot_session(a)");
  settings_.tables.push_back("playerbot_*");
  settings_.sessions = settings_.ledger = {};
  go_back(to(point));
  EXPECT_EQ(count_of_ours("playerbot_ran"), 0);
  EXPECT_EQ(count_of_ours("playerbot_session"), 0);
}

TEST_F(DatabaseCovered, ATableThatIsListedBeforeAnUndoStaysInIt) {
  const Point point = capture();
  run("ALTER TABLE playerbot ADD COLUMN extra INT");
  const Point left = go_back(to(point));
  settings_.tables.push_back("other");
  next_operation();
  EXPECT_TRUE(says(part()->assess(to(left)), stays));
  go_back(to(left));
  EXPECT_EQ(value("SELECT count(*) FROM other"), "0");
}

TEST_F(DatabaseCovered, AnOlderPointTakesWhatItHasNotForNew) {
  const Point point = older(capture());
  settings_.tables.push_back("other");
  EXPECT_TRUE(
      says(part()->assess(to(point)), "other: displaced, it is new since the point, 0 rows"));
  run("INSERT INTO other(v) VALUES (1)");
  const Assessment seen = part()->assess(to(point));
  ASSERT_TRUE(seen.obstacle);
  EXPECT_EQ(seen.obstacle->reason, "table 'other' is new since the point and holds 1 row");
  EXPECT_THROW(part()->prepare(to(point)), Refused);
}

TEST_F(DatabaseCovered, AllOfADatabaseThatIsListedNewlyStays) {
  const Point point = capture();
  run("ALTER TABLE playerbot ADD COLUMN extra INT");
  SQLite::Database((folder_ / "shop.db").string(), SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE)
      .exec("CREATE TABLE other(id)");
  DatabaseSettings shop;
  shop.url = "sqlite:shop.db";
  shop.tables = {"*"};
  const auto both = make_database_part("bots", {settings_, shop}, folder_, Git());
  EXPECT_TRUE(says(both->assess(to(point)), stays));
}

// A program that runs for the first time made it: it is new since the point.
TEST_F(DatabaseCovered, ADatabaseThatWasNotThereYetIsCovered) {
  DatabaseSettings shop;
  shop.url = "sqlite:shop.db";
  shop.tables = {"*"};
  PointDraft draft;
  draft.point.id = "20261123T100000Z-4f2a91c";
  draft.point.parts["bots"].insert(Kind::database);
  const auto both = make_database_part("bots", {settings_, shop}, folder_, Git());
  both->capture(draft);
  SQLite::Database((folder_ / "shop.db").string(), SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE)
      .exec("CREATE TABLE other(id)");
  EXPECT_TRUE(
      says(both->assess(to(draft.point)), "other: displaced, it is new since the point, 0 rows"));
}

}  // namespace
}  // namespace rollback

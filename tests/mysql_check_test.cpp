#include "part/database/mysql/doctor/check.h"

#include "mysql_fixture.h"
#include "part/database/mysql/doctor/check_rights.h"
#include "part/database/mysql/server/rights.h"
#include "store/names.h"

namespace rollback::mysql {
namespace {

using Level = Check::Level;
using Words = std::vector<std::string>;

std::string shown(const std::vector<Check>& checks) {
  std::string text;
  for (const Check& check : checks) {
    text += std::string(check.level == Level::ok        ? "ok "
                        : check.level == Level::warning ? "warning "
                                                        : "problem ") +
            check.what + "\n  -> " + check.mend + "\n";
  }
  return text;
}

std::string joined(const Words& words) {
  std::string text;
  for (const auto& word : words) text += (text.empty() ? "" : ", ") + word;
  return text;
}

class MysqlCheck : public MysqlEngineTest {
 protected:
  void SetUp() override {
    MysqlEngineTest::SetUp();
    if (IsSkipped()) return;
    server().sql(
        "CREATE TABLE playerbot (id INT PRIMARY KEY, x INT) ENGINE=InnoDB;"
        "INSERT INTO playerbot VALUES (1, 1); CREATE TABLE updates (id INT PRIMARY KEY);"
        "SET GLOBAL log_bin_trust_function_creators = 1");
  }

  // As a user whose name is hostile, with what `grants` gives to '@'.
  Place place_of(const Words& grants) {
    server().sql("CREATE USER IF NOT EXISTS 'it''s`b'@localhost IDENTIFIED BY 'secret'");
    for (const auto& grant : grants) server().sql(grant + " TO 'it''s`b'@localhost");
    Endpoint user = endpoint();
    user.user = "it's`b";
    user.password = "secret";
    Place place{"world", "bots", settings(), [user] { return user; }};
    return place;
  }

  static std::vector<Check> at(Level level, const std::vector<Check>& checks) {
    std::vector<Check> found;
    for (const Check& check : checks) {
      if (check.level == level) found.push_back(check);
    }
    return found;
  }

  Words needed() {
    Session session = open();
    return needed_privileges(session.flavour());
  }

  static const Check* saying(const std::vector<Check>& checks, const std::string& text) {
    for (const Check& check : checks) {
      if (check.what.find(text) != std::string::npos) return &check;
    }
    return nullptr;
  }
};

TEST_F(MysqlCheck, IsContentWithALoginThatMayDoAllOnTheDatabase) {
  Place place = place_of({"GRANT ALL ON world.*"});
  place.settings.tables = {"playerbot"};
  const auto checks = check_database(place, Depth::thorough);
  EXPECT_TRUE(at(Level::problem, checks).empty()) << shown(checks);
  EXPECT_TRUE(at(Level::warning, checks).empty()) << shown(checks);
  EXPECT_NE(saying(checks, testing::MysqlServer::is_mariadb() ? "MariaDB 10" : "MySQL "), nullptr);
  EXPECT_NE(saying(checks, "2 tables go back"), nullptr) << shown(checks);
  const Check* copied =
      saying(checks, "without PROCESS, a table that could go back in place is co");
  ASSERT_NE(copied, nullptr) << shown(checks);
  EXPECT_EQ(copied->level, Level::ok);
}

TEST_F(MysqlCheck, FindsDisplacedRowsThatNoOperationIsKnownOf) {
  const auto warned = [&] {
    std::string found;
    for (const Check& check : at(Level::warning, check_database(place(), Depth::quick))) {
      if (check.what.find(" holds rows of ") != std::string::npos) found += check.what;
    }
    return found;
  };
  const std::string table = names::displaced_table("playerbot", "20240123T100000Z-abcdef0");
  server().sql("CREATE TABLE other_out_20240123T100000Z_abcdef0 (id INT)");
  EXPECT_EQ(warned(), "");
  server().sql("CREATE TABLE " + table + " (id INT)");
  EXPECT_EQ(warned(), "'" + table +
                          "' of database 'world' holds rows of 'playerbot' that no operation which"
                          " is known here has displaced");
}

TEST_F(MysqlCheck, NamesEachPrivilegeThatIsMissingAndTheGrantThatGivesIt) {
  for (const auto& missing : needed()) {
    Words rest = needed();
    std::erase(rest, missing);
    server().sql("DROP USER IF EXISTS 'it''s`b'@localhost");
    const Place place = place_of({"GRANT " + joined(rest) + " ON world.*"});
    const auto problems = at(Level::problem, check_database(place, Depth::quick));
    ASSERT_FALSE(problems.empty()) << missing;
    EXPECT_NE(problems[0].what.find("lacks " + missing + " on database 'world'"), std::string::npos)
        << shown(problems);
    EXPECT_EQ(problems[0].mend, "GRANT " + missing + " ON `world`.* TO `it's``b`@`localhost`");
    server().sql(problems[0].mend);
    const auto after = check_database(place, Depth::quick);
    EXPECT_TRUE(at(Level::problem, after).empty()) << missing << "\n" << shown(after);
  }
}

TEST_F(MysqlCheck, SaysWhatALoginNeedsThatMayNotEvenUseTheDatabase) {
  const Place place = place_of({});
  const auto problems = check_database(place, Depth::quick);
  ASSERT_EQ(problems.size(), 1U) << shown(problems);
  EXPECT_NE(problems[0].what.find("may not use database 'world'"), std::string::npos);
  server().sql(problems[0].mend);
  const auto after = check_database(place, Depth::quick);
  EXPECT_TRUE(at(Level::problem, after).empty()) << shown(after);
}

TEST_F(MysqlCheck, DoesNotTakeAGrantOnOneTableForEnough) {
  const Place place = place_of({"GRANT ALL ON world.playerbot"});
  const auto problems = at(Level::problem, check_database(place, Depth::quick));
  ASSERT_FALSE(problems.empty());
  EXPECT_NE(problems[0].what.find("lacks SELECT, INSERT"), std::string::npos) << shown(problems);
}

TEST_F(MysqlCheck, CountsActiveRolesAlone) {
  const bool mariadb = testing::MysqlServer::is_mariadb();
  server().sql("CREATE ROLE keeper; GRANT ALL ON world.* TO keeper");
  const Place place = place_of({"GRANT SELECT ON world.*", "GRANT keeper"});
  EXPECT_FALSE(at(Level::problem, check_database(place, Depth::quick)).empty());
  server().sql(std::string("SET DEFAULT ROLE keeper ") + (mariadb ? "FOR" : "TO") +
               " 'it''s`b'@localhost");
  const auto checks = check_database(place, Depth::quick);
  EXPECT_TRUE(at(Level::problem, checks).empty()) << shown(checks);
}

TEST_F(MysqlCheck, HintsAGrantThatTakesNothingAwayFromAWiderOne) {
  server().sql("CREATE DATABASE `wo_ld2`");
  const Place place = place_of({"GRANT SELECT, INSERT, EXECUTE ON `w%`.*"});
  const auto problems = at(Level::problem, check_database(place, Depth::quick));
  ASSERT_FALSE(problems.empty());
  server().sql(problems[0].mend);
  const auto after = check_database(place, Depth::quick);
  EXPECT_TRUE(at(Level::problem, after).empty()) << shown(after);
  EXPECT_NE(problems[0].mend.find("EXECUTE"), std::string::npos) << problems[0].mend;
  EXPECT_NE(problems[0].mend.find("`world`.*"), std::string::npos) << problems[0].mend;
}

TEST_F(MysqlCheck, WantsThePrivilegeToMakeTriggersOfOthersAgain) {
  server().sql("CREATE TRIGGER theirs BEFORE INSERT ON playerbot FOR EACH ROW SET @a = 1");
  const Place place = place_of({"GRANT ALL ON world.*"});
  const auto problems = at(Level::problem, check_database(place, Depth::quick));
  ASSERT_EQ(problems.size(), 1U) << shown(problems);
  EXPECT_NE(problems[0].what.find("trigger 'theirs'"), std::string::npos);
  server().sql(problems[0].mend);
  const auto after = check_database(place, Depth::quick);
  EXPECT_TRUE(at(Level::problem, after).empty()) << shown(after);
}

TEST_F(MysqlCheck, WantsToChangeTheKeysOfTablesInOtherDatabases) {
  server().sql(
      "CREATE DATABASE other; CREATE TABLE other.child (id INT PRIMARY KEY, bot INT,"
      " CONSTRAINT fk FOREIGN KEY (bot) REFERENCES world.playerbot (id))");
  const Place place = place_of({"GRANT ALL ON world.*", "GRANT SELECT ON other.*"});
  const auto problems = at(Level::problem, check_database(place, Depth::quick));
  ASSERT_EQ(problems.size(), 1U) << shown(problems);
  EXPECT_NE(problems[0].what.find("'child' of database 'other'"), std::string::npos);
  server().sql(problems[0].mend);
  const auto after = check_database(place, Depth::quick);
  EXPECT_TRUE(at(Level::problem, after).empty()) << shown(after);
}

TEST_F(MysqlCheck, SaysWhatIsMeantAndCannotGoBackAsOneMayThink) {
  server().sql(
      "CREATE TABLE playerbot_log (x INT); CREATE TABLE playerbot_old (id INT PRIMARY KEY)"
      " ENGINE=MyISAM; CREATE VIEW playerbot_view AS SELECT 1 AS one");
  const auto warnings = at(Level::warning, check_database(place(), Depth::quick));
  EXPECT_NE(saying(warnings, "'playerbot_log' of database 'world' has no primary key"), nullptr)
      << shown(warnings);
  EXPECT_NE(saying(warnings, "'playerbot_old' of database 'world' is not transactional (MyISAM)"),
            nullptr);
  EXPECT_NE(saying(warnings, "'playerbot_view' of database 'world' is no plain table (view)"),
            nullptr);
}

TEST_F(MysqlCheck, SaysWhereNothingIsMeant) {
  Place nothing = place();
  nothing.settings.tables = {"no_such"};
  nothing.settings.ledger = {};
  const auto checks = check_database(nothing, Depth::quick);
  EXPECT_NE(saying(checks, "is meant by 'no_such'"), nullptr) << shown(checks);
  EXPECT_NE(saying(checks, "the patterns mean none"), nullptr);
}

TEST_F(MysqlCheck, WarnsWhereAPatternMeansNothing) {
  const auto warnings = at(Level::warning, check_database(place(), Depth::quick));
  EXPECT_NE(saying(warnings, "no table of database 'world' is meant by 'playerbot_*'"), nullptr)
      << shown(warnings);
}

TEST_F(MysqlCheck, FindsADatabaseThatTheServerHasNot) {
  Endpoint elsewhere = endpoint();
  elsewhere.database = "nowhere";
  const Place place{"nowhere", "bots", settings(), [elsewhere] { return elsewhere; }};
  const auto checks = check_database(place, Depth::quick);
  ASSERT_EQ(checks.size(), 1U);
  EXPECT_EQ(checks[0].what, "the server has no database 'nowhere'");
  EXPECT_EQ(checks[0].level, Level::problem);
}

TEST_F(MysqlCheck, RefusesAServerThatTakesNoWrites) {
  server().sql("SET GLOBAL read_only = 1");
  const auto checks = check_database(place(), Depth::quick);
  EXPECT_NE(saying(at(Level::problem, checks), "takes no writes: read_only is on"), nullptr)
      << shown(checks);
}

TEST_F(MysqlCheck, KnowsAReplica) {
  const bool mariadb = testing::MysqlServer::is_mariadb();
  server().sql(mariadb ? "CHANGE MASTER TO master_host='db1.invalid', master_port=3307"
                       : "CHANGE REPLICATION SOURCE TO source_host='db1.invalid',"
                         " source_port=3307");
  const auto checks = check_database(place(), Depth::quick);
  EXPECT_NE(saying(at(Level::problem, checks), "is a replica of 'db1.invalid:3307'"), nullptr)
      << shown(checks);
}

class MysqlCheckWithBinlog : public MysqlCheck {
 protected:
  testing::MysqlServer::Options options() const override {
    return {.arguments = {"--log-bin", "--server-id=1", "--binlog-format=STATEMENT"}};
  }
};

TEST_F(MysqlCheckWithBinlog, NamesWhatABinaryLogStandsInTheWayOf) {
  server().sql(
      "SET GLOBAL log_bin_trust_function_creators = 0;"
      "CREATE TABLE playerbot_item (id INT PRIMARY KEY)");
  const Place place = place_of({"GRANT ALL ON world.*"});
  auto checks = check_database(place, Depth::quick);
  for (const auto* const what : {"lets only SUPER make triggers", "binary log is of statements",
                                 "where the binary log stood", "is not named"}) {
    const Check* check = saying(checks, what);
    ASSERT_NE(check, nullptr) << what << shown(checks);
    server().sql(check->mend);
  }
  checks = check_database(place, Depth::quick);
  EXPECT_TRUE(at(Level::problem, checks).empty()) << shown(checks);
  for (const Check& check : checks) EXPECT_EQ(check.mend, "") << check.what;
}

TEST(MysqlRights, ChoosesTheGrantThatFitsBestAsTheServerDoes) {
  const Rights rights(
      {"GRANT USAGE ON *.* TO `b`@`%`", "GRANT SELECT ON `a%`.* TO `b`@`%`",
       "GRANT SELECT, INSERT ON `a\\_b`.* TO `b`@`%`", "GRANT DELETE ON `a_b`.* TO `role`"},
      "b@%", true);
  EXPECT_TRUE(rights.on("a_b", "INSERT"));
  EXPECT_TRUE(rights.on("a_b", "DELETE"));  // a role's stand beside
  EXPECT_TRUE(rights.on("axb", "SELECT"));
  EXPECT_FALSE(rights.on("axb", "INSERT"));
  EXPECT_TRUE(rights.on("axb", "DELETE"));
  EXPECT_FALSE(rights.on("b", "SELECT"));
  EXPECT_EQ(rights.grant_on("a_b", {"DROP"}), "GRANT DROP ON `a\\_b`.* TO `b`@`%`");
  EXPECT_EQ(rights.grant_on("axb", {"DROP"}), "GRANT SELECT, DROP ON `axb`.* TO `b`@`%`");
  EXPECT_EQ(rights.grant_on("x_y", {"DROP"}), "GRANT DROP ON `x\\_y`.* TO `b`@`%`");
}

TEST(MysqlRights, ReadsAllPrivilegesColumnsPartialRevokesAndHostileNames) {
  const Rights rights(
      {"GRANT ALL PRIVILEGES ON *.* TO `ON `` TO`@`%` WITH GRANT OPTION",
       "GRANT PROXY ON ``@`%` TO `ON `` TO`@`%`", "GRANT `role`@`%` TO `ON `` TO`@`%`",
       "GRANT SELECT (`ON `), INSERT ON `w`.`t` TO `ON `` TO`@`%`",
       "REVOKE INSERT, DROP ON `w`.* FROM `ON `` TO`@`%`"},
      "ON ` TO@%", false);
  EXPECT_TRUE(rights.everywhere("SUPER"));
  EXPECT_TRUE(rights.on("w", "SELECT"));
  EXPECT_FALSE(rights.on("w", "INSERT"));
  EXPECT_TRUE(rights.on("v", "INSERT"));
  EXPECT_EQ(rights.grant_on("w_", {"DROP"}), "GRANT DROP ON `w_`.* TO `ON `` TO`@`%`");
}

}  // namespace
}  // namespace rollback::mysql

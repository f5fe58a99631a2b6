// A word of `tables:`, `sessions:` or `ledger:` that means no table, and who hears of it.
#include "part/database/idle_pattern.h"

#include <nlohmann/json.hpp>

#include "doctor_fixture.h"

namespace rollback::testing {
namespace {

TEST(IdlePattern, IsOneThatMeansNoTable) {
  DatabaseSettings settings;
  settings.tables = {"playerbot", "Player*", "plyerbot", "t?"};
  settings.sessions = {"sesion", "s_*"};
  settings.ledger = {"updates", "*"};
  const auto idle = idle_patterns(settings, {"PLAYERBOT", "s_1", "git_rollback_backups"});
  std::string words;
  for (const auto& one : idle) {
    words += one.key + " " + one.pattern + (one.may_come() ? " may come, " : ", ");
  }
  EXPECT_EQ(words, "tables plyerbot, tables t? may come, sessions sesion, ledger updates, ");
}

class IdlePatterns : public Doctor {
 protected:
  void SetUp() override {
    Doctor::SetUp();
    ASSERT_STATUS(0, shell("sed -i 's/tables: .*/tables: [playerbot, plyerbot, \"bots_*\"],"
                           " sessions: [playrbot], ledger: [updatez] }/' .rollback.yml"
                           " && git commit -qam misspelt"));
    ASSERT_STATUS(0, rollback({"trust", "--yes"}));
  }

  static std::string about(const std::string& pattern, const std::string& key) {
    return "no table of database 'var/characters.db' is meant by '" + pattern + "' in `" + key +
           ":`";
  }
  void expect_warnings(const Finished& said) {
    EXPECT_STATUS(0, said);
    for (const auto& [pattern, key] :
         {std::pair{"plyerbot", "tables"}, {"playrbot", "sessions"}, {"updatez", "ledger"}}) {
      EXPECT_TRUE(contains(said.err, "warning: " + about(pattern, key))) << said.err;
      EXPECT_TRUE(contains(said.err, "hint: correct `" + std::string(key) +
                                         ":` in .rollback.yml, then: git rollback doctor"))
          << said.err;
    }
    EXPECT_FALSE(contains(said.err, "bots_*")) << said.err;
  }
};

TEST_F(IdlePatterns, AreAWarningOfRecord) { expect_warnings(rollback({"record"})); }

TEST_F(IdlePatterns, AreAWarningOfPreDeploy) { expect_warnings(rollback({"hook", "pre-deploy"})); }

TEST_F(IdlePatterns, AreAWarningOfDoctor) {
  expect_warning("playerbot/database", about("playrbot", "sessions"));
  expect_warning("playerbot/database", about("updatez", "ledger"));
  find(examine(0), "ok", "playerbot/database", about("bots_*", "tables"));
}

TEST_F(IdlePatterns, StandInThePlanOfARollback) {
  const Finished said = rollback({"-n", "--target", point(), "--component", "playerbot/db"});
  EXPECT_STATUS(0, said);
  EXPECT_TRUE(contains(said.out, about("playrbot", "sessions") +
                                     ", so rows that were to stay go back like all others"))
      << said.out;
  EXPECT_FALSE(contains(said.out, "bots_*")) << said.out;
}

// It is gone today, and comes back.
TEST_F(IdlePatterns, AreNoneInThePlanThatBringsTheTableBack) {
  sql("CREATE TABLE updatez(id INTEGER PRIMARY KEY)");
  ASSERT_STATUS(0, rollback({"record"}));
  sql("DROP TABLE updatez");
  const Finished said = rollback({"-n", "--target", point(), "--component", "playerbot/db"});
  EXPECT_STATUS(0, said);
  EXPECT_FALSE(contains(said.out, about("updatez", "ledger"))) << said.out;
}

}  // namespace
}  // namespace rollback::testing

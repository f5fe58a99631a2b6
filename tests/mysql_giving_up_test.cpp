// The database is dropped, lost or restored from an older dump while a rollback is in
// flight: it is given up, and the rest comes to its end.
#include <nlohmann/json.hpp>

#include "giving_up_fixture.h"
#include "mysql_server.h"

namespace rollback::testing {
namespace {

using nlohmann::json;

constexpr const char* swapped = "swap database world after";
constexpr const char* not_swapped = "swap database world before";

class MysqlGivingUp : public GivingUpFixture {
 protected:
  void SetUp() override {
    if (const auto why = MysqlServer::missing()) GTEST_SKIP() << *why;
    server_ = std::make_unique<MysqlServer>();
    server_->use("world");
    server_->sql(older_);
    begin();
    git({"config", "rollback.mysqlOptionFile", server_->option_file("root", "")});
    configure(
        "version: 1\ncomponents:\n  playerbot:\n"
        "    database: { url: \"mysql:///world?socket=" +
        server_->socket() +
        "\", tables: [playerbot] }\n"
        "    config: [etc/playerbot.conf]\n"
        "    binaries: { releases: releases, current: current }\n"
        "verification: { smoke_test: [\"true\"] }\n");
    deploy_good();
    write("src/playerbot.cpp", "version 2\n");
    write("etc/playerbot.conf", "greeting = hello raiders\n");
    git({"commit", "-q", "-am", "feat(raid): add raids"});
    // To the point before this one there is nothing but the server's table.
    ASSERT_STATUS(0, rollback({"deploy", "--", "tools/deploy", "2.0", "build 2.0"}));
    server_->sql(
        "ALTER TABLE playerbot ADD COLUMN guild INT, MODIFY name VARCHAR(20);"
        "INSERT INTO playerbot VALUES (2, 'ben', NULL)");
  }

  void kill_at(const std::string& place, const std::string& component = "playerbot") {
    ASSERT_STATUS(killed, rollback({"--component", component, "--target", "previous", "--yes"},
                                   {{"GIT_ROLLBACK_FAIL_POINT", place}}));
  }
  void drop() {
    server_->use("mysql");
    server_->sql("DROP DATABASE world");
  }
  void restore_older_dump() {
    drop();
    server_->use("world");
    server_->sql(older_ + "; ALTER TABLE playerbot ADD COLUMN old INT");
  }
  // But for the database: 1.1 or 2.0.
  std::string stands() {
    return shell("cat src/playerbot.cpp etc/playerbot.conf current/server").out;
  }

  void expect_end(const Finished& refused, const std::string& way) {
    const std::string wanted = way == "--abort" ? now_ : then_;
    const Finished done = rollback(hinted(refused, way));
    EXPECT_STATUS(1, done);
    EXPECT_TRUE(contains(done.err, "error: playerbot/database was given up: ")) << done.err;
    EXPECT_EQ(stands(), wanted);
    expect_given_up(way == "--abort" ? "reverted" : "partial");
  }
  // Once it is there again, whatever it holds.
  void expect_free_with(const std::string& statements) {
    server_->use("world");
    server_->sql(statements);
    expect_free();
    EXPECT_EQ(server_->sql("SELECT count(*) FROM information_schema.tables WHERE table_schema ="
                           " 'world' AND (table_name LIKE '%\\_in\\_2%' OR table_name LIKE"
                           " 'git\\_rollback\\_2%')"),
              "0\n");
    EXPECT_EQ(triggers(), "0\n");
  }
  std::string triggers() {
    return server_->sql(
        "SELECT count(*) FROM information_schema.triggers WHERE trigger_schema = 'world'");
  }

  const std::string older_ =
      "CREATE TABLE playerbot(id INT PRIMARY KEY, name VARCHAR(9));"
      "INSERT INTO playerbot VALUES (1, 'ann')";
  const std::string then_ = "version 1.1\ngreeting = hello\nrate = 1\nbuild 1.1\n";
  const std::string now_ = "version 2\ngreeting = hello raiders\nbuild 2.0\n";
  std::unique_ptr<MysqlServer> server_;
};

class MysqlGivingUpAt : public MysqlGivingUp, public ::testing::WithParamInterface<const char*> {};

TEST_P(MysqlGivingUpAt, TheRestGoesForwardWhereTheDatabaseWasDropped) {
  kill_at(GetParam());
  drop();
  const Finished refused = rollback({"--continue"});
  EXPECT_TRUE(contains(refused.err, "Unknown database 'world'")) << refused.err;
  expect_end(refused, "--continue");
  EXPECT_TRUE(contains(rollback({"deploy", "--", "true"}).err, "the server has no database"));
  expect_free_with(older_);
}

TEST_P(MysqlGivingUpAt, TheRestGoesBackWhereTheDatabaseWasDropped) {
  kill_at(GetParam());
  drop();
  const Finished refused = rollback({"--abort"});
  expect_end(refused, "--abort");
  expect_free_with(older_);
}

TEST_P(MysqlGivingUpAt, WhatAServerThatIsBackStillHoldsIsEndedByTheNextPoint) {
  kill_at(GetParam());
  server_->stop();
  const Finished refused = rollback({"--abort"});
  expect_end(refused, "--abort");
  server_->start();
  EXPECT_NE(triggers(), "0\n");
  const Finished recorded = rollback({"record"});
  EXPECT_STATUS(0, recorded);
  EXPECT_TRUE(contains(recorded.err, "which was given up")) << recorded.err;
  EXPECT_EQ(triggers(), "0\n");
  EXPECT_EQ(server_->sql("SELECT group_concat(name ORDER BY id) FROM playerbot"), "ann,ben\n");
  const bool salvaged = contains(rollback({"salvage"}).out, "playerbot_out_");
  EXPECT_EQ(salvaged, GetParam() != not_swapped);
  expect_free_with("SELECT 1");
}

INSTANTIATE_TEST_SUITE_P(Places, MysqlGivingUpAt,
                         ::testing::Values(not_swapped, swapped, "verified after"));

TEST_F(MysqlGivingUp, AnOlderDumpThatWasRestoredIsNotTouched) {
  kill_at(swapped);
  restore_older_dump();
  const std::string dump = server_->dump();
  for (const std::string way : {"--continue", "--abort"}) {
    SCOPED_TRACE(way);
    save();
    const Finished refused = rollback({way});
    EXPECT_STATUS(1, refused);
    expect_end(refused, way);
    EXPECT_EQ(server_->dump(), dump);
    restore();
  }
  expect_end(rollback({"--continue"}), "--continue");
  expect_free_with("INSERT INTO playerbot VALUES (3, 'cat', NULL)");
}

TEST_F(MysqlGivingUp, AnOlderDumpOfTheSameTablesIsTakenForTheStart) {
  kill_at(swapped);
  drop();
  server_->use("world");
  server_->sql(older_ + "; ALTER TABLE playerbot ADD COLUMN guild INT, MODIFY name VARCHAR(20)");
  EXPECT_STATUS(0, rollback({"--abort"}));
  EXPECT_EQ(stands(), now_);
}

TEST_F(MysqlGivingUp, AKilledWayOutGoesOnWithoutTheDatabase) {
  kill_at(swapped);
  drop();
  for (const std::string way : {"--continue", "--abort"}) {
    for (const std::string place : {"give up after", "ready", "publish before", "back after"}) {
      SCOPED_TRACE(way + " " + place);
      save();
      const auto words = hinted(rollback({way}), way);
      const Finished cut = rollback(words, {{"GIT_ROLLBACK_FAIL_POINT", place}});
      if (cut.status == killed) {
        EXPECT_STATUS(1, rollback({way}));
      }
      EXPECT_EQ(stands(), way == "--abort" ? now_ : then_);
      expect_given_up(way == "--abort" ? "reverted" : "partial");
      restore();
    }
  }
}

TEST_F(MysqlGivingUp, AnOlderDumpThatLooksLikeThePointIsGivenUp) {
  server_->sql("ALTER TABLE playerbot MODIFY name VARCHAR(9)");  // the rest goes in place
  kill_at("swap database world, table playerbot after");
  drop();
  server_->use("world");
  server_->sql(older_);
  const std::string dump = server_->dump();
  for (const std::string way : {"--continue", "--abort"}) {
    SCOPED_TRACE(way);
    save();
    const Finished refused = rollback({way});
    EXPECT_STATUS(1, refused);
    EXPECT_TRUE(contains(refused.err, "which the database does not know")) << refused.err;
    expect_end(refused, way);
    EXPECT_EQ(server_->dump(), dump);
    restore();
  }
}

TEST_F(MysqlGivingUp, WhatWasAlteredSinceItWentLiveKeepsNoTriggers) {
  server_->sql("INSERT INTO playerbot VALUES (7, 'gil', 7)");
  ASSERT_STATUS(killed, rollback({"--target", "previous", "--yes", "--rows", "keep_all",
                                  "--accept-data-loss", "significant"},
                                 {{"GIT_ROLLBACK_FAIL_POINT", "database swap: displaced"}}));
  server_->sql("ALTER TABLE playerbot ADD COLUMN extra INT");
  expect_end(rollback({"--continue"}), "--continue");
  EXPECT_NE(triggers(), "0\n");
  const Finished recorded = rollback({"record"});
  EXPECT_STATUS(0, recorded);
  EXPECT_TRUE(contains(recorded.err, "cannot come to its end")) << recorded.err;
  EXPECT_EQ(triggers(), "0\n");
  EXPECT_TRUE(contains(rollback({"salvage"}).out, "playerbot_out_"));
  EXPECT_FALSE(contains(rollback({"record"}).err, "given up"));
  expect_free_with("SELECT 1");
}

TEST_F(MysqlGivingUp, WhatAnOlderRegistryDoesNotKnowKeepsNoTriggersAndIsNamed) {
  kill_at(not_swapped);
  EXPECT_NE(triggers(), "0\n");
  server_->sql("DELETE FROM git_rollback_operations");
  EXPECT_STATUS(0, rollback({"--abort"}));
  EXPECT_EQ(stands(), now_);
  EXPECT_EQ(triggers(), "0\n");
  EXPECT_EQ(server_->sql("SELECT count(*) FROM information_schema.tables WHERE table_schema ="
                         " 'world' AND table_name LIKE 'git\\_rollback\\_2%'"),
            "0\n");
  for (const std::string verb : {"doctor", "salvage"}) {
    const std::string said = rollback({verb}).out;
    EXPECT_TRUE(contains(said, "playerbot_in_2")) << said;
    EXPECT_TRUE(contains(said, "known here")) << said;
  }
  expect_free();
}

TEST_F(MysqlGivingUp, OneThatAnswersAndTakesNoWritesIsGivenUpToo) {
  server_->sql(
      "CREATE USER gm@localhost IDENTIFIED BY 'secret'; GRANT ALL ON world.* TO gm@localhost;"
      "GRANT PROCESS ON *.* TO gm@localhost");
  git({"config", "rollback.mysqlOptionFile", server_->option_file("gm", "secret")});
  kill_at(swapped);
  server_->sql("REVOKE ALL ON world.* FROM gm@localhost; GRANT SELECT ON world.* TO gm@localhost");
  for (const std::string way : {"--continue", "--abort"}) {
    SCOPED_TRACE(way);
    save();
    const Finished refused = rollback({way});
    EXPECT_NE(refused.status, 0);
    expect_end(refused, way);
    restore();
  }
}

TEST_F(MysqlGivingUp, AnEmergencyGoesWithoutADatabaseThatTakesNoWrites) {
  server_->sql(
      "CREATE USER gm@localhost IDENTIFIED BY 'secret'; GRANT ALL ON world.* TO gm@localhost;"
      "REVOKE ALTER ON world.* FROM gm@localhost; GRANT PROCESS ON *.* TO gm@localhost");
  git({"config", "rollback.mysqlOptionFile", server_->option_file("gm", "secret")});
  const std::string dump = server_->dump();
  const std::vector<std::string> words{"--target", "previous", "--component", "playerbot"};
  const auto with = [&](const std::string& word) {
    auto all = words;
    all.push_back(word);
    return rollback(all);
  };
  const Finished planned = with("--dry-run");
  EXPECT_STATUS(0, planned);
  EXPECT_TRUE(contains(planned.err, "hint: GRANT ALTER ON `world`.* TO")) << planned.err;
  EXPECT_TRUE(contains(planned.err, "to go back without it, add --emergency")) << planned.err;
  EXPECT_STATUS(1, with("--yes"));
  EXPECT_EQ(stands(), now_);
  const Finished said = with("--emergency");
  EXPECT_STATUS(1, said);
  EXPECT_TRUE(contains(said.err, "error: playerbot/database stays as it is: ")) << said.err;
  EXPECT_TRUE(contains(said.err, "hint: GRANT ALTER ON `world`.* TO")) << said.err;
  EXPECT_EQ(stands(), then_);
  EXPECT_EQ(server_->dump(), dump);
}

TEST_F(MysqlGivingUp, TheOnlyPartIsGivenUpByQuit) {
  kill_at(swapped, "playerbot/db");
  drop();
  EXPECT_STATUS(1, rollback(hinted(rollback({"--abort"}), "--quit")));
  EXPECT_EQ(stands(), now_);
  expect_given_up("reverted");
  expect_free_with(older_);
}

TEST_F(MysqlGivingUp, AServerThatIsDownIsNoDamageToVerify) {
  ASSERT_STATUS(0, rollback({"verify"}));
  server_->stop();
  const Finished said = rollback({"verify"});
  EXPECT_STATUS(1, said);
  const std::string id = point();
  EXPECT_TRUE(contains(said.out, id + ": unknown, since not all of it could be looked at\n"))
      << said.out;
  EXPECT_TRUE(contains(said.out, "  note: playerbot/database: could not be looked at: "))
      << said.out;
  EXPECT_FALSE(contains(said.out, "damaged")) << said.out;
  EXPECT_TRUE(contains(said.err, "hint: when it can be reached: git rollback verify " + id + "\n"))
      << said.err;
  const json answer = json::parse(rollback({"verify", "--json"}).out).at("points").at(0);
  EXPECT_EQ(answer.at("good"), false);
  EXPECT_EQ(answer.at("findings").at(0).at("wrong"), false);
  EXPECT_EQ(answer.at("findings").at(0).at("out_of_reach"), true);
}

TEST_F(MysqlGivingUp, AServerThatIsDownSinceAPreparationDoesNotStopAnEmergency) {
  kill_at("intend before");
  server_->stop();
  const Finished said = rollback({"--emergency", "--target", "previous"});
  EXPECT_STATUS(1, said);
  EXPECT_TRUE(contains(said.err, "stays there until that is used again")) << said.err;
  EXPECT_EQ(stands(), then_);
  server_->start();
  expect_free_with("SELECT 1");
}

}  // namespace
}  // namespace rollback::testing

// `git rollback salvage` as people and programs use it, on a real service.
#include <regex>
#include <thread>

#include <boost/filesystem/operations.hpp>
#include <nlohmann/json.hpp>

#include "service_fixture.h"
#include "terminal.h"

namespace rollback::testing {
namespace {

using nlohmann::json;
using Words = std::vector<std::string>;

// Before the bad deploy: ada, ben and cat. Dan came after it, ben was renamed, and
// the rollback to the point displaced both.
class Salvage : public ServiceFixture {
 protected:
  void SetUp() override {
    a_bad_deploy();
    sql("UPDATE playerbot SET name = 'Ben' WHERE id = 2; INSERT INTO playerbot(name) VALUES "
        "('eve')");
    ASSERT_STATUS(0, rollback({"--component", "playerbot", "--yes", "--rows=restore",
                               "--accept-data-loss=minimal"}));
    operation_ = events("rollback").back().at("operation");
  }

  json list() {
    const Finished said = rollback({"salvage", "--json"});
    EXPECT_STATUS(0, said);
    return json::parse(said.out).at("tables");
  }
  json table(const std::string& name) {
    for (const auto& one : list()) {
      if (one.at("table") == name) return one;
    }
    ADD_FAILURE() << name << " is not listed";
    return {};
  }
  Finished salvage(Words arguments) {
    arguments.insert(arguments.begin(), {"salvage", operation_});
    return rollback(arguments);
  }
  std::string rows() { return sql("SELECT id, name FROM playerbot ORDER BY id"); }

  std::string operation_;
};

TEST_F(Salvage, ListsWhatARollbackDisplacedAndHowMuchOfItIsNotLive) {
  const json players = table("playerbot");
  EXPECT_EQ(players.at("operation"), operation_);
  EXPECT_EQ(players.at("component"), "playerbot");
  EXPECT_EQ(players.at("rows"), 5);
  EXPECT_EQ(players.at("missing"), 2);
  EXPECT_EQ(players.at("changed"), 1);
  EXPECT_EQ(players.at("reason"), nullptr);
  const Finished said = rollback({"salvage"});
  EXPECT_STATUS(0, said);
  EXPECT_TRUE(contains(said.out, operation_ + "\n")) << said.out;
  EXPECT_TRUE(contains(said.out, "5 rows")) << said.out;
  EXPECT_TRUE(contains(said.out, "2 not live, 1 changed since")) << said.out;
  EXPECT_EQ(said.err, "");
}

TEST_F(Salvage, SaysOfAllLiveRowsWhichValuesOfThemAreNot) {
  ASSERT_STATUS(0, rollback({"hook", "pre-deploy"}));
  sql("ALTER TABLE playerbot ADD COLUMN guild; UPDATE playerbot SET guild = 'red' WHERE id < 3");
  ASSERT_STATUS(0, rollback({"hook", "post-deploy", "--status", "0"}));
  ASSERT_STATUS(0, rollback({"--target", "previous", "--component", "playerbot/db", "--yes",
                             "--rows=keep_all", "--accept-data-loss=significant"}));
  const json displaced = list().front();
  EXPECT_EQ(displaced.at("missing"), 0);
  EXPECT_EQ(displaced.at("changed"), 0);
  EXPECT_EQ(displaced.at("values_not_live"), 2);
  EXPECT_EQ(displaced.at("columns_not_live"), json::parse(R"([{"column":"guild","rows":2}])"));
  const Finished said = rollback({"salvage", displaced.at("operation")});
  EXPECT_TRUE(contains(said.out,
                       "all live, but the values of column 'guild' are not live (2 rows differ "
                       "from its default)"))
      << said.out;
  const std::string way = "git rollback salvage " + displaced.at("operation").get<std::string>() +
                          " --export=csv --table " + displaced.at("name").get<std::string>();
  EXPECT_TRUE(contains(said.err, "hint: values that are not live: " + way)) << said.err;
  EXPECT_TRUE(contains(shell(way).out, "red")) << way;
}

// Within a second, which is newer does not show in their names.
TEST_F(Salvage, ListsTheNewestOperationFirst) {
  std::this_thread::sleep_for(std::chrono::milliseconds(1100));
  ASSERT_STATUS(0, rollback({"undo", "--yes", "--accept-data-loss=significant"}));
  const json tables = list();
  EXPECT_GT(tables.front().at("operation"), operation_);
  EXPECT_EQ(tables.back().at("operation"), operation_);
}

TEST_F(Salvage, ListsOneOperationByTheBeginningOfItsId) {
  EXPECT_STATUS(0, rollback({"salvage", operation_.substr(0, 12)}));
  expect_refusal({"salvage", "20200101"}, "'20200101'", 129);
}

TEST_F(Salvage, ExportsWhatTheSqliteProgramTakes) {
  const Finished said = salvage({"--export=sql", "--missing", "--table", "playerbot"});
  EXPECT_STATUS(0, said);
  EXPECT_TRUE(said.out.starts_with("BEGIN;\nINSERT INTO \"playerbot\"")) << said.out;
  EXPECT_TRUE(contains(said.err, "column 'guild' is left out")) << said.err;
  sql(said.out);
  EXPECT_EQ(rows(), "1|ada\n2|ben\n3|cat\n4|dan\n5|eve\n");
}

TEST_F(Salvage, ExportsCsvToAFileThatIsReplacedWhole) {
  write("out.csv", "old");
  EXPECT_STATUS(0, salvage({"--export", "csv", "--table", "playerbot", "--output", "out.csv"}));
  EXPECT_EQ(read("out.csv").substr(0, 15), "id,name,guild\r\n");
  EXPECT_TRUE(contains(read("out.csv"), "\r\n2,Ben,")) << read("out.csv");
  EXPECT_EQ(leftovers(), "");
  EXPECT_STATUS(128, salvage({"--export=csv", "--table=playerbot", "--output=no/such/folder.csv"}));
}

TEST_F(Salvage, PutsRowsBackByTheirKeys) {
  const Finished said = salvage({"--put-back", "--table", "playerbot", "--keys", "4,5", "--yes"});
  EXPECT_STATUS(0, said);
  EXPECT_TRUE(contains(said.out, "playerbot: 2 rows put back")) << said.out;
  EXPECT_EQ(rows(), "1|ada\n2|ben\n3|cat\n4|dan\n5|eve\n");
  EXPECT_EQ(table("playerbot").at("missing"), 0);
}

TEST_F(Salvage, PutsAllMissingRowsBackOnce) {
  EXPECT_STATUS(0, salvage({"--put-back", "--missing", "--yes"}));
  EXPECT_EQ(rows(), "1|ada\n2|ben\n3|cat\n4|dan\n5|eve\n");
  const Finished again = salvage({"--put-back", "--missing", "--yes"});
  EXPECT_STATUS(0, again);
  EXPECT_TRUE(contains(again.out, "playerbot: 0 rows put back")) << again.out;
}

TEST_F(Salvage, LeavesWhatChangedSinceSaysSoAndTakesItOnWord) {
  const Finished said = salvage({"--put-back", "--missing", "--table=playerbot", "--yes"});
  EXPECT_STATUS(0, said);
  EXPECT_TRUE(contains(said.out, "playerbot: 2 rows put back, 1 changed since")) << said.out;
  const std::string command = operation_ + " --put-back --changed --table ";
  EXPECT_TRUE(contains(said.err, command)) << said.err;
  EXPECT_EQ(rows(), "1|ada\n2|ben\n3|cat\n4|dan\n5|eve\n");
  const Finished seen = salvage({"--put-back", "--changed", "--dry-run"});
  EXPECT_STATUS(1, seen);
  EXPECT_TRUE(contains(seen.out, "conflict: 2 is live with another name")) << seen.out;
  EXPECT_TRUE(
      contains(salvage({"--export=csv", "--changed", "--table=playerbot"}).out, "\r\n2,Ben,"));
  EXPECT_STATUS(0, salvage({"--put-back", "--changed", "--overwrite", "--yes"}));
  EXPECT_EQ(rows(), "1|ada\n2|Ben\n3|cat\n4|dan\n5|eve\n");
  const Finished none = salvage({"--put-back", "--missing", "--yes", "--json"});
  EXPECT_EQ(json::parse(none.out).at("tables").at(0).at("changed"), 0);
}

TEST_F(Salvage, TellsTheRecordWhatWasPutBack) {
  EXPECT_STATUS(0, salvage({"--put-back", "--missing", "--table=playerbot", "--yes"}));
  const json told = events("salvage");
  ASSERT_EQ(told.size(), 1U);
  EXPECT_EQ(told[0].at("operation"), operation_);
  EXPECT_EQ(told[0].at("tables").at(0).at("table"), "playerbot");
  EXPECT_EQ(told[0].at("tables").at(0).at("put"), 2);
  EXPECT_STATUS(0, salvage({"--put-back", "--missing", "--table=playerbot", "--yes"}));
  EXPECT_EQ(events("salvage").size(), 1U);
  EXPECT_STATUS(0, rollback({"undo", "--dry-run"}));
}

TEST_F(Salvage, LeavesAConflictAloneAndEndsWithOne) {
  const Words words{"--put-back", "--table=playerbot", "--keys=2,4,5,77", "--yes"};
  const Finished said = salvage(words);
  EXPECT_STATUS(1, said);
  EXPECT_TRUE(contains(said.out, "conflict: 2 is live with another name")) << said.out;
  EXPECT_TRUE(contains(said.out, "not found: 77")) << said.out;
  EXPECT_TRUE(contains(said.err, "--overwrite")) << said.err;
  EXPECT_EQ(rows(), "1|ada\n2|ben\n3|cat\n4|dan\n5|eve\n");
}

TEST_F(Salvage, OverwritesOnWordAndCanBeTakenBack) {
  const Words words{"--put-back", "--table=playerbot", "--keys=2", "--overwrite", "--yes",
                    "--json"};
  const Finished said = salvage(words);
  EXPECT_STATUS(0, said);
  const json object = json::parse(said.out);
  EXPECT_EQ(object.at("tables").at(0).at("overwritten"), 1);
  EXPECT_EQ(rows(), "1|ada\n2|Ben\n3|cat\n");
  operation_ = object.at("salvage");
  EXPECT_STATUS(0, salvage({"--put-back", "--keys=2", "--overwrite", "--yes"}));
  EXPECT_EQ(rows(), "1|ada\n2|ben\n3|cat\n");
}

TEST_F(Salvage, WithoutATerminalNeedsYesAndShowsWhatItWouldDo) {
  const Finished said = salvage({"--put-back", "--missing"});
  EXPECT_STATUS(1, said);
  EXPECT_TRUE(contains(said.out, "playerbot: 2 rows would be put back")) << said.out;
  EXPECT_TRUE(contains(said.err, "--yes")) << said.err;
  EXPECT_EQ(rows(), "1|ada\n2|ben\n3|cat\n");
  EXPECT_STATUS(0, salvage({"--put-back", "--missing", "--dry-run"}));
  EXPECT_STATUS(1, salvage({"--put-back", "--keys=2", "--table=playerbot", "-n"}));
  EXPECT_EQ(rows(), "1|ada\n2|ben\n3|cat\n");
}

TEST_F(Salvage, AsksOnATerminal) {
  const auto asked = [&](const std::string& answer) {
    bool typed = false;
    return run_on_terminal(
        {.argv = {"git-rollback", "salvage", operation_, "--put-back", "--missing"},
         .directory = top(),
         .set = variables(),
         .type = [&](const std::string& seen) {
           if (typed || !contains(seen, "[y/N]")) return std::string();
           typed = true;
           return answer;
         }});
  };
  EXPECT_EQ(asked("n\n").status, 1);
  EXPECT_EQ(rows(), "1|ada\n2|ben\n3|cat\n");
  EXPECT_EQ(asked("y\n").status, 0);
  EXPECT_EQ(rows(), "1|ada\n2|ben\n3|cat\n4|dan\n5|eve\n");
}

TEST_F(Salvage, IsRefusedWithAnOperationInFlight) {
  const Finished killed = rollback({"undo", "--yes", "--accept-data-loss=significant"},
                                   {{"GIT_ROLLBACK_FAIL_POINT", "database swap: within"}});
  EXPECT_NE(killed.status, 0);
  const Finished said = salvage({"--put-back", "--missing", "--yes"});
  EXPECT_STATUS(1, said);
  EXPECT_TRUE(contains(said.err, "git rollback --continue")) << said.err;
  EXPECT_STATUS(0, rollback({"salvage"}));
}

TEST_F(Salvage, RefusesOptionsThatMeanNothingTogether) {
  for (const Words& words : {Words{"--export=xml"},
                             {"--put-back"},
                             {"--export=sql", "--put-back"},
                             {"--put-back", "--keys=1", "--missing"},
                             {"--put-back", "--keys=1", "--changed"},
                             {"--put-back", "--missing", "--changed"},
                             {"--changed"},
                             {"--keys=1"},
                             {"--missing"},
                             {"--export=sql", "--overwrite"},
                             {"--put-back", "--keys=1,,2", "--yes"},
                             {"--output=x"},
                             {"--export=csv"},
                             {"--table=x"},
                             {"-y"},
                             {"-n"},
                             {"--export=sql", "--json"},
                             {"--export=sql", "--table=nosuch"},
                             {"--put-back", "--keys=1", "--yes"}}) {
    EXPECT_STATUS(129, salvage(words)) << words.front() << " " << words.back();
  }
  EXPECT_STATUS(129, rollback({"salvage", "--export=sql"}));
  EXPECT_STATUS(129, rollback({"salvage", "--component=nosuch"}));
  EXPECT_EQ(rows(), "1|ada\n2|ben\n3|cat\n");
}

TEST_F(Salvage, KeysAreValuesAndNeverSql) {
  const Finished said = salvage({"--put-back", "--table=playerbot", "--yes", "--keys",
                                 "4 OR 1=1,'; DROP TABLE playerbot; --,0x4"});
  EXPECT_STATUS(1, said);
  EXPECT_EQ(rows(), "1|ada\n2|ben\n3|cat\n");
}

TEST_F(Salvage, UndoKeepsWhatWasPutBack) {
  EXPECT_STATUS(0, salvage({"--put-back", "--missing", "--table=playerbot", "--yes"}));
  EXPECT_STATUS(0, rollback({"undo", "--yes", "--rows=keep_all"}));
  EXPECT_EQ(rows(), "1|ada\n2|ben\n3|cat\n4|dan\n5|eve\n");
}

TEST_F(Salvage, TellsOfATableThatIsNotLiveAndPutsTheOthersBack) {
  const std::string guilds = table("playerbot_guild").at("name");
  sql("INSERT INTO \"" + guilds + "\"(name) VALUES ('red')");
  sql("UPDATE git_rollback_backups SET rows = 1 WHERE backup = '" + guilds + "'");
  const Finished said = salvage({"--put-back", "--missing", "--yes"});
  EXPECT_STATUS(1, said);
  EXPECT_TRUE(contains(said.out, "playerbot_guild: there is no table")) << said.out;
  EXPECT_EQ(rows(), "1|ada\n2|ben\n3|cat\n4|dan\n5|eve\n");
  EXPECT_STATUS(1, salvage({"--put-back", "--missing", "--table=playerbot_guild", "--yes"}));
}

// The bad deploy's migration is in the ledger that the rollback displaced.
class SalvageOfALedger : public ServiceFixture {
 protected:
  void SetUp() override {
    begin();
    configure(std::regex_replace(read(".rollback.yml"), std::regex("\\}\n    config"),
                                 ", ledger: [updates] }\n    config"));
    sql("CREATE TABLE updates(name TEXT PRIMARY KEY); INSERT INTO updates VALUES ('first')");
    deploy_good();
    ASSERT_STATUS(0, rollback({"hook", "pre-deploy"}));
    sql("ALTER TABLE playerbot ADD COLUMN guild; INSERT INTO updates VALUES ('guild');"
        "INSERT INTO playerbot(name) VALUES ('dan')");
    ASSERT_STATUS(0, rollback({"hook", "post-deploy", "--status", "0"}));
    ASSERT_STATUS(0, rollback({"--target", "previous", "--component", "playerbot/db", "--yes",
                               "--rows=restore", "--accept-data-loss=minimal"}));
    operation_ = events("rollback").back().at("operation");
  }

  Finished salvage(Words arguments) {
    arguments.insert(arguments.begin(), {"salvage", operation_});
    return rollback(arguments);
  }
  std::string ledger() { return sql("SELECT name FROM updates ORDER BY name"); }

  std::string operation_;
};

TEST_F(SalvageOfALedger, PassesOverItAndSaysSo) {
  EXPECT_TRUE(contains(rollback({"salvage"}).out, "updates")) << "still listed";
  const Finished said = salvage({"--put-back", "--missing", "--yes"});
  EXPECT_STATUS(0, said);
  EXPECT_TRUE(said.out.starts_with("playerbot: 1 row put back\n")) << said.out;
  EXPECT_FALSE(contains(said.out, "updates")) << said.out;
  EXPECT_TRUE(contains(said.err, "which migrations ran: 'updates'")) << said.err;
  EXPECT_TRUE(contains(said.err, "--table")) << said.err;
  EXPECT_EQ(ledger(), "first\n");
  EXPECT_EQ(sql("SELECT name FROM playerbot WHERE name = 'dan'"), "dan\n");
  const Finished exported = salvage({"--export=sql"});
  EXPECT_STATUS(0, exported);
  EXPECT_FALSE(contains(exported.out, "updates")) << exported.out;
  EXPECT_TRUE(contains(exported.err, "'updates'")) << exported.err;
}

TEST_F(SalvageOfALedger, TakesItWhereItIsNamed) {
  EXPECT_TRUE(contains(salvage({"--export=csv", "--table=updates"}).out, "guild"));
  const Finished said = salvage({"--put-back", "--missing", "--table=updates", "--yes"});
  EXPECT_STATUS(0, said);
  EXPECT_EQ(said.err, "");
  EXPECT_EQ(ledger(), "first\nguild\n");
}

TEST_F(SalvageOfALedger, SaysHowToTakeItWhereNothingElseWasDisplaced) {
  const json listed = json::parse(rollback({"salvage", "--json"}).out);
  for (const auto& one : listed.at("tables")) {
    const bool ledger = one.at("table") == "updates";
    EXPECT_EQ(one.at("ledger"), ledger);
    if (!ledger) sql("DROP TABLE \"" + one.at("name").get<std::string>() + "\"");
  }
  const Finished said = salvage({"--put-back", "--missing", "--yes"});
  EXPECT_STATUS(129, said);
  EXPECT_TRUE(contains(said.err, "hint: --table updates\n")) << said.err;
}

class SalvageOfNothing : public ServiceFixture {};

TEST_F(SalvageOfNothing, SaysThatThereIsNothing) {
  begin();
  const Finished said = rollback({"salvage"});
  EXPECT_STATUS(0, said);
  EXPECT_EQ(said.out, "");
  EXPECT_TRUE(contains(said.err, "no rollback displaced anything")) << said.err;
  EXPECT_EQ(json::parse(rollback({"salvage", "--json"}).out).at("tables"), json::array());
}

}  // namespace
}  // namespace rollback::testing

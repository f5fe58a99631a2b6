// A part of an operation in flight that can go neither forward nor back is given up, and
// the others come to their end.
#include <boost/filesystem/operations.hpp>
#include <nlohmann/json.hpp>
#include <regex>

#include "giving_up_fixture.h"
#include "store/git.h"

namespace rollback::testing {
namespace {

using nlohmann::json;

constexpr const char* swapped = "swap database var/characters.db after";
constexpr const char* not_swapped = "swap database var/characters.db before";
constexpr const char* others = "code config binaries ";

class GivingUp : public GivingUpFixture {
 protected:
  void SetUp() override {
    begin();
    ASSERT_STATUS(0, shell("sqlite3 var/characters.db '.backup ../older.db'"));
    deploy_good();
    sql("INSERT INTO playerbot(name) VALUES ('cat')");
    deploy_bad();
    sql("INSERT INTO playerbot(name) VALUES ('dan')");
    ASSERT_STATUS(0, shell("sqlite3 ../older.db 'ALTER TABLE playerbot ADD COLUMN old TEXT'"));
  }

  void restore_older_dump() {
    ASSERT_STATUS(0, shell("rm var/characters.db* && cp ../older.db var/characters.db"));
  }
  void lose() { ASSERT_STATUS(0, shell("mkdir var/away && mv var/characters.db* var/away")); }
  void find_again() {
    ASSERT_STATUS(0, shell("rm -f var/characters.db* && mv var/away/* var && rmdir var/away"));
  }
  std::string back_but_for_database() {
    std::string parts = back();
    const size_t at = parts.find("database ");
    return at == std::string::npos ? parts : parts.erase(at, std::string("database ").size());
  }
  std::string hash_of_database() { return shell("sha256sum var/characters.db").out; }
  void hold() {
    configure(std::regex_replace(read(".rollback.yml"), std::regex("smoke_test: .*"),
                                 "smoke_test: [\"false\"], on_failure: hold }"));
  }
};

TEST_F(GivingUp, WhatSomebodyElseChangedIsRefusedWithTheWordsToGiveItUp) {
  for (const char* const place : {not_swapped, swapped}) {
    SCOPED_TRACE(place);
    save();
    kill_at(place);
    restore_older_dump();
    const std::string before = hash_of_database();
    for (const std::string way : {"--continue", "--abort"}) {
      const Finished said = rollback({way});
      EXPECT_STATUS(1, said);
      EXPECT_TRUE(contains(said.err, "has another definition")) << said.err;
      const std::string list = "playerbot/config,playerbot/binaries,playerbot/code\n";
      EXPECT_TRUE(contains(said.err,
                           "hint: to give up playerbot/database and go forward with the "
                           "rest: git rollback --continue --components " +
                               list))
          << said.err;
      EXPECT_TRUE(contains(said.err,
                           "hint: to give up playerbot/database and go back with the "
                           "rest: git rollback --abort --components " +
                               list))
          << said.err;
      EXPECT_FALSE(contains(said.err, "--quit")) << said.err;
    }
    const Finished status = rollback({"status"});
    EXPECT_TRUE(contains(status.out, "changed by somebody else")) << status.out;
    EXPECT_EQ(hinted(status, "--continue"), hinted(rollback({"--continue"}), "--continue"));
    EXPECT_EQ(hash_of_database(), before);
    restore();
  }
}

TEST_F(GivingUp, TheOthersGoForwardAndTheRollbackIsPartial) {
  for (const char* const place : {"intend after", not_swapped, swapped, "verified after"}) {
    SCOPED_TRACE(place);
    save();
    const json before = live();
    kill_at(place);
    restore_older_dump();
    const std::string database = hash_of_database();
    const Finished done = rollback(hinted(rollback({"status"}), "--continue"));
    EXPECT_STATUS(1, done);
    EXPECT_TRUE(contains(done.out, "back, in part, at 20")) << done.out;
    EXPECT_TRUE(contains(done.err,
                         "error: playerbot/database was given up: database "
                         "var/characters.db: table 'playerbot' has another definition"))
        << done.err;
    EXPECT_TRUE(contains(done.err, "to bring it back when it can be: git rollback --target 20"))
        << done.err;
    EXPECT_EQ(back(), others);
    EXPECT_EQ(hash_of_database(), database);
    expect_given_up("partial");
    EXPECT_EQ(live().at("parent"), before.at("parent"));
    EXPECT_EQ(live().at("deploy"), before.at("deploy"));
    EXPECT_NE(live().at("git_hash"), before.at("git_hash"));
    EXPECT_EQ(live().at("partly_back").at("left_out").size(), 1U);
    EXPECT_TRUE(contains(rollback({"status"}).out, "given up\n"));
    EXPECT_STATUS(128, rollback({"--continue"}));
    EXPECT_TRUE(contains(rollback({"undo", "--dry-run"}).err,
                         ", and stays as it is in this undo\nhint: rows that it displaced"));
    expect_free();
    restore();
  }
}

TEST_F(GivingUp, TheOthersGoBackAndNothingElseIsRecorded) {
  for (const char* const place : {"intend after", not_swapped, swapped, "verified after"}) {
    SCOPED_TRACE(place);
    save();
    kill_at(place);
    lose();
    const Finished refused = rollback({"--abort"});
    EXPECT_STATUS(128, refused);
    const Finished done = rollback(hinted(refused, "--abort"));
    EXPECT_STATUS(1, done);
    EXPECT_TRUE(contains(done.out, "all is as it began, but for what was given up")) << done.out;
    EXPECT_TRUE(contains(done.err, "error: playerbot/database was given up: ")) << done.err;
    EXPECT_EQ(back_but_for_database(), "");
    expect_given_up("reverted");
    EXPECT_TRUE(live().at("partly_back").is_null());
    find_again();
    expect_free();
    EXPECT_EQ(leftovers(), "");
    restore();
  }
}

TEST_F(GivingUp, APartThatCanGoIsNotLeftOut) {
  kill_at(swapped);
  for (const std::string way : {"--continue", "--abort"}) {
    const Finished said = rollback({way, "--components", "playerbot/code,config,db"});
    EXPECT_STATUS(1, said);
    EXPECT_TRUE(contains(said.err, "error: playerbot/binaries can go ")) << said.err;
    EXPECT_TRUE(contains(said.err, "hint: git rollback " + way + "\n")) << said.err;
  }
  restore_older_dump();
  const Finished both = rollback({"--abort", "--components", "playerbot/code,config"});
  EXPECT_STATUS(1, both);
  EXPECT_TRUE(contains(both.err, "playerbot/binaries can go back")) << both.err;
  const Finished stuck = rollback({"--abort", "--components", "playerbot"});
  EXPECT_STATUS(1, stuck);
  EXPECT_TRUE(contains(stuck.err, "playerbot/database cannot go back: ")) << stuck.err;
  EXPECT_EQ(in_flight().at("given_up"), json::object());
  EXPECT_STATUS(1, rollback(hinted(both, "--continue")));
}

TEST_F(GivingUp, NamesWhatIsThereAndStandsBesideNothingElse) {
  kill_at(swapped);
  EXPECT_STATUS(129, rollback({"--continue", "--components", "nosuch"}));
  EXPECT_STATUS(129, rollback({"--continue", "--components", ""}));
  EXPECT_STATUS(129, rollback({"--continue", "--components"}));
  EXPECT_STATUS(129, rollback({"--continue", "--abort"}));
  EXPECT_STATUS(129, rollback({"--continue", "--yes"}));
  EXPECT_STATUS(129, rollback({"--abort", "--components", "playerbot", "--yes"}));
  EXPECT_STATUS(129, rollback({"--quit", "--components", "playerbot"}));
  EXPECT_STATUS(0, rollback({"--continue", "--components=playerbot/db", "--component",
                             "code,config,binaries"}));
  EXPECT_EQ(back(), "code database config binaries ");
  EXPECT_STATUS(128, rollback({"--abort", "--components", "playerbot"}));
}

TEST_F(GivingUp, AKillOnTheWayOutKeepsWhatWasDecided) {
  for (const std::string way : {"--continue", "--abort"}) {
    save();
    kill_at(swapped);
    restore_older_dump();
    const auto words = hinted(rollback({way}), way);
    ASSERT_STATUS(0, shell("rm -rf ../midway && cp -a . ../midway"));
    const auto begin_again = [&] {
      ASSERT_STATUS(0, shell("cd .. && rm -rf world && cp -a midway world"));
    };
    const fs::path log = scratch() / ("places" + way);
    ASSERT_STATUS(1, rollback(words, {{"GIT_ROLLBACK_FAIL_POINT_LOG", log.string()}}));
    const std::string expected = world(), event = events("rollback").back().at("outcome");
    const std::string places = shell("cat '" + log.string() + "'").out;
    bool given_up = false;
    size_t kills = 0;
    for (const auto view : split(places, '\n')) {
      const std::string place(view);
      given_up = given_up || place == "give up after";
      if (!given_up || place.empty()) continue;
      SCOPED_TRACE(way + " killed at " + place);
      begin_again();
      ASSERT_STATUS(killed, rollback(words, {{"GIT_ROLLBACK_FAIL_POINT", place}}));
      const Finished again = rollback({way});
      EXPECT_TRUE(again.status == 1 || again.status == 128) << again.status << again.err;
      EXPECT_EQ(world(), expected);
      EXPECT_EQ(events("rollback").back().at("outcome"), event);
      EXPECT_EQ(live().at("given_up").size(), 1U);
      ++kills;
    }
    EXPECT_GT(kills, 8U);
    begin_again();
    ASSERT_STATUS(killed, rollback(words, {{"GIT_ROLLBACK_FAIL_POINT", "give up before"}}));
    EXPECT_EQ(in_flight().at("given_up"), json::object());
    restore();
  }
}

TEST_F(GivingUp, TheOtherWayIsOpenAfterAKillAndTheWordsCanBeTypedAgain) {
  kill_at(swapped);
  restore_older_dump();
  const auto words = hinted(rollback({"--continue"}), "--continue");
  ASSERT_STATUS(killed, rollback(words, {{"GIT_ROLLBACK_FAIL_POINT", "give up after"}}));
  const Finished status = rollback({"status"});
  EXPECT_TRUE(contains(status.out, "playerbot/database")) << status.out;
  EXPECT_EQ(in_flight().at("given_up").size(), 1U);
  EXPECT_TRUE(contains(rollback({"status", "--porcelain"}).out, "\ngiven-up playerbot/database "));
  const Finished named = rollback({"--continue", "--components", "playerbot"});
  EXPECT_STATUS(1, named);
  EXPECT_TRUE(contains(named.err, "playerbot/database was given up, and stays so")) << named.err;
  ASSERT_STATUS(killed, rollback(words, {{"GIT_ROLLBACK_FAIL_POINT", "ready"}}));
  EXPECT_STATUS(1, rollback({"--abort"}));
  EXPECT_EQ(back(), "");
  expect_given_up("reverted");
}

TEST_F(GivingUp, TheOnlyPartIsGivenUpByQuit) {
  for (const char* const place : {"intend after", swapped}) {
    for (const bool lost : {false, true}) {
      SCOPED_TRACE(place);
      save();
      kill_at(place, "playerbot/db");
      EXPECT_STATUS(1, rollback({"--quit"}));
      lost ? lose() : restore_older_dump();
      const Finished refused = rollback({"--continue"});
      EXPECT_EQ(refused.status, lost ? 128 : 1) << refused.err;
      EXPECT_FALSE(contains(refused.err, "--components")) << refused.err;
      const auto words = hinted(refused, "--quit");
      ASSERT_STATUS(killed, rollback(words, {{"GIT_ROLLBACK_FAIL_POINT", "give up after"}}));
      const Finished quit = rollback(lost ? words : std::vector<std::string>{"--continue"});
      EXPECT_STATUS(1, quit);
      EXPECT_TRUE(contains(quit.err, "playerbot/database was given up: ")) << quit.err;
      expect_given_up("reverted");
      EXPECT_STATUS(128, rollback({"--quit"}));
      if (lost) find_again();
      expect_free();
      EXPECT_EQ(leftovers(), "");
      restore();
    }
  }
}

TEST_F(GivingUp, ADryRunSaysThatAnOperationIsInFlight) {
  kill_at(swapped);
  const Finished said = rollback({"--dry-run", "--target", "previous"});
  EXPECT_STATUS(0, said);
  EXPECT_TRUE(contains(said.err, " is in flight, and must end before\nhint: git rollback status"))
      << said.err;
}

TEST_F(GivingUp, QuitIsRefusedWhereAPartCanGo) {
  kill_at(swapped);
  restore_older_dump();
  const Finished said = rollback({"--quit"});
  EXPECT_STATUS(1, said);
  EXPECT_TRUE(contains(said.err, "cannot be forgotten")) << said.err;
  EXPECT_STATUS(1, rollback(hinted(said, "--abort")));
}

TEST_F(GivingUp, OfWhatIsDoneOnlyTheCleaningIsGivenUp) {
  script("tools/smoke", "exit 0");
  for (const std::string component : {"playerbot", "playerbot/db"}) {
    SCOPED_TRACE(component);
    save();
    kill_at("published after", component);
    lose();
    const Finished refused = rollback({"--continue"});
    EXPECT_STATUS(1, refused);
    const auto words = hinted(refused, component == "playerbot" ? "--continue" : "--quit");
    const Finished done = rollback(words);
    EXPECT_STATUS(0, done);
    EXPECT_TRUE(contains(done.out, "back at 20")) << done.out;
    EXPECT_TRUE(contains(done.err, "what it no longer needs stays in playerbot/database: "))
        << done.err;
    EXPECT_EQ(events("rollback").back().at("outcome"), "done");
    EXPECT_TRUE(in_flight().is_null());
    find_again();
    EXPECT_STATUS(0, rollback({"record"}));
    EXPECT_EQ(leftovers(), "");
    restore();
  }
}

TEST_F(GivingUp, WhatIsHeldEndsEitherWay) {
  hold();
  for (const std::string way : {"--continue", "--abort"}) {
    save();
    ASSERT_STATUS(1, rollback({"--component", "playerbot", "--yes"}));
    restore_older_dump();
    EXPECT_STATUS(1, rollback(hinted(rollback({"status"}), way)));
    EXPECT_EQ(back_but_for_database(), way == "--abort" ? "" : others);
    expect_given_up(way == "--abort" ? "reverted" : "partial");
    restore();
  }
}

TEST_F(GivingUp, AServiceThatDoesNotStartWithoutItHoldsNothingUp) {
  script("tools/ctl",
         "[ \"$1\" = stop ] || { test -e var/characters.db && cat current/server >var/running; }");
  kill_at(swapped);
  lose();
  const Finished said = rollback(hinted(rollback({"--continue"}), "--continue"));
  EXPECT_STATUS(1, said);
  EXPECT_TRUE(contains(said.err, "the service could not be started: ")) << said.err;
  EXPECT_TRUE(contains(said.err, "all was put back as it was, but for what was given up"))
      << said.err;
  EXPECT_EQ(back_but_for_database(), "");
  expect_given_up("reverted");
}

TEST_F(GivingUp, AnotherKindOfPartIsGivenUpTheSameWay) {
  kill_at("swap binaries link " + (top() / "current").string() + " after");
  ASSERT_STATUS(0, shell("mkdir releases/9 && echo 'build 9' >releases/9/server &&"
                         " ln -sfn releases/9 current"));
  const Finished refused = rollback({"--abort"});
  EXPECT_STATUS(1, refused);
  EXPECT_TRUE(contains(refused.err, "ln -sfn")) << refused.err;
  EXPECT_STATUS(1, rollback(hinted(refused, "--continue")));
  EXPECT_EQ(back(), "code database config ");
  EXPECT_EQ(events("rollback").back().at("given_up"), json::array({"playerbot/binaries"}));
  EXPECT_EQ(fs::read_symlink(top() / "current"), "releases/9");
}

TEST_F(GivingUp, CodeThatWasGivenUpIsNotSaidToBeLive) {
  kill_at(swapped);
  git({"switch", "-q", "-c", "elsewhere"});
  const Finished refused = rollback({"--continue"});
  const json before = live();
  EXPECT_STATUS(1, rollback(hinted(refused, "--continue")));
  EXPECT_EQ(back(), "database config binaries ");
  EXPECT_EQ(live().at("git_hash"), before.at("git_hash"));
}

TEST_F(GivingUp, WhatWaitsForAPersonHasNothingToGiveUp) {
  write("src/raid.cpp", "raids\nfixed\n");
  git({"commit", "-q", "-am", "fix(security): raids"});
  ASSERT_STATUS(1, rollback({"--component", "playerbot", "--yes", "--preserve", "security_fixes",
                             "--drop-undeployed"}));
  const Finished said = rollback({"--continue", "--components", "playerbot/code"});
  EXPECT_STATUS(1, said);
  EXPECT_TRUE(contains(said.err, "nothing is left out")) << said.err;
  lose();
  EXPECT_STATUS(0, rollback({"--abort"}));
}

TEST_F(GivingUp, WhatWasOnlyPreparedInAStoreOutOfReachHoldsNothingUp) {
  kill_at("intend before");
  ASSERT_STATUS(0, shell("mkdir var/away && mv var/characters.db* var/away"
                         " && echo none >var/characters.db"));
  const Finished said = rollback({"--emergency"});
  EXPECT_STATUS(1, said);
  EXPECT_TRUE(contains(said.err, "stays there until that is used again")) << said.err;
  find_again();
  EXPECT_EQ(back(), others);
  EXPECT_NE(leftovers(), "");
  EXPECT_STATUS(0, rollback({"record"}));
  EXPECT_EQ(leftovers(), "");
}

}  // namespace
}  // namespace rollback::testing

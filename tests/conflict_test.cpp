// A rollback that stops at a conflict, waits for a person, and goes on: the real
// program, the person's real git.
#include "conflict_fixture.h"
#include "terminal.h"

namespace rollback::testing {
namespace {

using nlohmann::json;

using Conflict = ConflictFixture;

TEST_F(Conflict, IsLaidOutForAPersonAndContinuedWithWhatCameOfIt) {
  const std::string before = world(), refs = git({"for-each-ref"});
  const Finished stopped = stop();
  EXPECT_EQ(world(), before);
  EXPECT_EQ(git({"for-each-ref"}), refs);
  EXPECT_TRUE(contains(stopped.err, "to be resolved: src/playerbot.cpp")) << stopped.err;
  EXPECT_TRUE(contains(stopped.err, folder())) << stopped.err;
  EXPECT_TRUE(contains(stopped.err, "git rollback --continue")) << stopped.err;
  EXPECT_TRUE(contains(stopped.err, "git rollback --abort")) << stopped.err;

  const Finished early = rollback({"--continue"});
  EXPECT_STATUS(1, early);
  EXPECT_TRUE(contains(early.err, "not resolved yet in 'src/playerbot.cpp'")) << early.err;
  EXPECT_EQ(world(), before);

  resolve("src/playerbot.cpp", "version 1.1 fixed");
  const Finished done = rollback({"--continue"});
  ASSERT_STATUS(0, done);
  EXPECT_TRUE(contains(done.out, "back at ")) << done.out;
  EXPECT_EQ(back(), "database config binaries ");
  expect_resolved("version 1.1 fixed");
  EXPECT_EQ(git({"rev-list", "--count", "HEAD@{1}..HEAD"}), "1");
  EXPECT_STATUS(128, rollback({"--continue"}));
  ASSERT_STATUS(0, rollback({"undo", "--yes"}));
  EXPECT_EQ(read("src/playerbot.cpp"), "version 2 fixed\n");
}

TEST_F(Conflict, AnotherOneIsLaidOutInTheSamePlace) {
  commit("src/raid.cpp", "raids, fixed\n");
  const std::string before = world();
  stop();
  resolve("src/playerbot.cpp", "version 1.1 fixed");
  const std::string first = folder();
  const Finished again = rollback({"--continue"});
  EXPECT_STATUS(1, again);
  EXPECT_TRUE(contains(again.err, "to be resolved: src/raid.cpp")) << again.err;
  EXPECT_EQ(folder(), first);
  EXPECT_EQ(world(), before);
  ASSERT_STATUS(0, ask_git({"gc", "-q", "--prune=now"}));
  ASSERT_STATUS(0, shell("cd '" + first + "' && git rm -q src/raid.cpp"));
  const Finished nothing = rollback({"--continue"});
  EXPECT_STATUS(1, nothing);
  EXPECT_TRUE(contains(nothing.err, "nothing is left of the commit")) << nothing.err;
  ASSERT_STATUS(0, shell("cd '" + first + "' && git commit -q --allow-empty -m resolved"));
  ASSERT_STATUS(0, rollback({"--continue"}));
  expect_resolved("version 1.1 fixed");
}

TEST_F(Conflict, AbortAndQuitLeaveAllAsItWas) {
  const std::string before = world(), refs = git({"for-each-ref"});
  for (const std::string way : {"--abort", "--quit"}) {
    for (const bool resolved : {false, true}) {
      stop();
      if (resolved) resolve("src/playerbot.cpp", "version 1.1 fixed");
      const Finished said = rollback({way});
      ASSERT_STATUS(0, said);
      EXPECT_EQ(world(), before);
      EXPECT_EQ(git({"for-each-ref"}), refs);
      expect_nothing_is_left();
      EXPECT_STATUS(128, rollback({way}));
    }
  }
}

TEST_F(Conflict, WhileItWaitsStatusTellsAndChangingVerbsStop) {
  stop();
  const json conflict = in_flight().at("conflict");
  EXPECT_EQ(conflict.at("git_hash"), git({"rev-parse", "HEAD"}));
  EXPECT_EQ(conflict.at("unresolved"), json({"src/playerbot.cpp"}));
  const Finished people = rollback({"status"});
  EXPECT_TRUE(contains(people.out, "conflicted")) << people.out;
  EXPECT_TRUE(contains(people.out, folder())) << people.out;
  EXPECT_TRUE(contains(people.out, "src/playerbot.cpp")) << people.out;
  const Finished scripts = rollback({"status", "--porcelain"});
  EXPECT_TRUE(contains(scripts.out, "unresolved src/playerbot.cpp\n")) << scripts.out;
  EXPECT_TRUE(contains(scripts.out, "conflict " + conflict.at("git_hash").get<std::string>()))
      << scripts.out;
  EXPECT_STATUS(0, rollback({"list"}));
  for (const std::vector<std::string>& verb : std::vector<std::vector<std::string>>{
           {"--yes"}, {"record"}, {"hook", "pre-deploy"}, {"undo", "--yes"}, {"prune", "--yes"}}) {
    const Finished refused = rollback(verb);
    EXPECT_STATUS(1, refused) << verb.front();
    EXPECT_TRUE(contains(refused.err, "waits for you to resolve a conflict")) << refused.err;
    EXPECT_TRUE(contains(refused.err, "git rollback --continue")) << refused.err;
  }
  const Finished doctor = rollback({"doctor"});
  EXPECT_TRUE(contains(doctor.out + doctor.err, "waits for you to resolve a conflict"));
  resolve("src/playerbot.cpp", "version 1.1 fixed");
  EXPECT_EQ(in_flight().at("conflict").at("unresolved"), json::array());
  EXPECT_STATUS(0, rollback({"--continue"}));
}

TEST_F(Conflict, LeftForADayAndContinuedOnAnotherBranchIsRefusedUntilOneSwitchesBack) {
  stop();
  resolve("src/playerbot.cpp", "version 1.1 fixed");
  git({"switch", "-q", "-c", "other"});
  commit("src/more.cpp", "more\n");
  const std::string before = world();
  const Finished refused = rollback({"--continue"});
  EXPECT_STATUS(1, refused);
  EXPECT_TRUE(contains(refused.err, "HEAD moved since operation")) << refused.err;
  EXPECT_TRUE(contains(refused.err, "'main' at ")) << refused.err;
  EXPECT_TRUE(contains(refused.err, "'other' at ")) << refused.err;
  EXPECT_TRUE(contains(refused.err, "switch main")) << refused.err;
  EXPECT_EQ(world(), before);
  EXPECT_EQ(state(), "conflicted");
  git({"switch", "-q", "main"});
  ASSERT_STATUS(0, rollback({"--continue"}));
  expect_resolved("version 1.1 fixed");
}

TEST_F(Conflict, IsNotContinuedWhereHeadOrLiveMoved) {
  stop();
  resolve("src/playerbot.cpp", "version 1.1 fixed");
  const std::string head = git({"rev-parse", "HEAD"});
  commit("src/more.cpp", "more\n");
  const Finished moved = rollback({"--continue"});
  EXPECT_STATUS(1, moved);
  EXPECT_TRUE(contains(moved.err, "reset --keep " + head)) << moved.err;
  git({"reset", "-q", "--keep", head});
  const std::string live = git({"rev-parse", "refs/rollback/production/live"});
  git({"update-ref", "refs/rollback/production/live", live + "^"});
  const Finished elsewhere = rollback({"--continue"});
  EXPECT_STATUS(1, elsewhere);
  EXPECT_TRUE(contains(elsewhere.err, "what is live changed since")) << elsewhere.err;
  git({"update-ref", "refs/rollback/production/live", live});
  EXPECT_STATUS(0, rollback({"--continue"}));
  expect_resolved("version 1.1 fixed");
}

TEST_F(Conflict, RowsThatWouldBeLostMeanwhileAreToldOfAndItWaitsOn) {
  stop({"--component", "playerbot", "--rows", "restore", "--accept-data-loss", "minimal"});
  resolve("src/playerbot.cpp", "version 1.1 fixed");
  sql("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20)"
      " INSERT INTO playerbot(name) SELECT 'new' || i FROM n");
  const std::string before = world();
  const Finished refused = rollback({"--continue"});
  EXPECT_STATUS(1, refused);
  EXPECT_TRUE(contains(refused.err, "rows would be lost")) << refused.err;
  EXPECT_TRUE(contains(refused.err, "still waits")) << refused.err;
  EXPECT_EQ(world(), before);
  EXPECT_EQ(state(), "conflicted");
  sql("DELETE FROM playerbot WHERE name LIKE 'new%'");
  ASSERT_STATUS(0, rollback({"--continue"}));
  expect_resolved("version 1.1 fixed");
}

TEST_F(Conflict, MayBeContinuedFromWithinItsOwnWorkTree) {
  stop();
  resolve("src/playerbot.cpp", "version 1.1 fixed");
  ASSERT_STATUS(0,
                shell("cd '" + folder() + "' && git-rollback status && git-rollback --continue"));
  expect_resolved("version 1.1 fixed");
}

TEST_F(Conflict, MayBeAbortedFromWithinItsOwnWorkTree) {
  const std::string before = world();
  stop();
  ASSERT_STATUS(0, shell("cd '" + folder() + "/src' && git-rollback --abort"));
  EXPECT_EQ(world(), before);
  expect_nothing_is_left();
}

TEST_F(Conflict, InALinkedWorkTreeIsContinuedFromAnyOther) {
  script("tools/smoke", "true");
  git({"commit", "-q", "-am", "chore: trust everything"});
  git({"switch", "-q", "--detach"});
  ASSERT_STATUS(0, shell("git worktree add -q ../linked main"));
  ASSERT_EQ(shell("cd ../linked && git-rollback --yes --component playerbot/code").status, 1);
  resolve("src/playerbot.cpp", "version 1.1 fixed");
  ASSERT_STATUS(0, rollback({"--continue"}));
  EXPECT_EQ(shell("cat ../linked/src/playerbot.cpp").out, "version 1.1 fixed\n");
  EXPECT_EQ(read("src/playerbot.cpp"), "version 2 fixed\n");
  EXPECT_EQ(shell("ls .git/worktrees").out, "linked\n");
}

TEST_F(Conflict, InABareRepositoryIsResolvedAndContinuedToo) {
  configure("version: 1\ncomponents: { playerbot: {} }\n");
  ASSERT_STATUS(0, shell("git config core.bare true && cp -a .git ../bare.git && cd ../bare.git &&"
                         " git-rollback trust --yes"));
  const std::string stop_there = "cd ../bare.git && git-rollback --yes --component playerbot/code";
  ASSERT_EQ(shell(stop_there).status, 1);
  const std::string there = json::parse(shell("cd ../bare.git && git-rollback status --json").out)
                                .at("in_flight")
                                .at("conflict")
                                .at("folder");
  ASSERT_STATUS(0, shell("cd '" + there + "' && echo bare > src/playerbot.cpp && git add src"));
  ASSERT_STATUS(0, shell("cd '" + there + "' && git-rollback --continue"));
  EXPECT_EQ(shell("cd ../bare.git && git show main:src/playerbot.cpp").out, "bare\n");
  EXPECT_FALSE(fs::exists(there));
}

TEST_F(Conflict, OfABranchOnlyMakesTheBranchAndNothingElse) {
  const std::string before = world(), head = git({"rev-parse", "HEAD"});
  stop({"--branch-only"});
  resolve("src/playerbot.cpp", "version 1.1 fixed");
  const Finished made = rollback({"--continue"});
  ASSERT_STATUS(0, made);
  EXPECT_TRUE(contains(made.out, "made the branch rollback/")) << made.out;
  const std::string branch = git({"for-each-ref", "--format=%(refname)", "refs/heads/rollback"});
  EXPECT_EQ(git({"show", branch + ":src/playerbot.cpp"}), "version 1.1 fixed");
  EXPECT_EQ(git({"rev-parse", branch + "^"}), head);
  git({"update-ref", "-d", branch});
  EXPECT_EQ(world(), before);
  expect_nothing_is_left();
}

TEST_F(Conflict, OfAnUndoIsResolvedAsTheUndoThatItWas) {
  ASSERT_STATUS(0, rollback({"--component", "playerbot", "--drop-undeployed", "--yes"}));
  commit("src/playerbot.cpp", "version 1.1 mended\n");
  const Finished stopped = rollback({"undo", "--yes"});
  EXPECT_STATUS(1, stopped);
  resolve("src/playerbot.cpp", "version 2 mended");
  ASSERT_STATUS(0, rollback({"--continue"}));
  EXPECT_EQ(read("src/playerbot.cpp"), "version 2 mended\n");
  EXPECT_EQ(read("src/raid.cpp"), "raids\n");
  EXPECT_EQ(events("undo").back().at("outcome"), "done");
  EXPECT_TRUE(events("undo").back().contains("undoes"));
  expect_nothing_is_left();
}

TEST_F(Conflict, WhatRerereRecordedNeedsNoPersonTheNextTime) {
  git({"config", "rerere.enabled", "true"});
  stop({"--branch-only"});
  resolve("src/playerbot.cpp", "version 1.1 fixed");
  ASSERT_STATUS(0, rollback({"--continue"}));
  const Finished again = rollback({"--component", "playerbot", "--yes"});
  ASSERT_STATUS(0, again);
  expect_resolved("version 1.1 fixed");
}

TEST_F(Conflict, WithoutBeingAgreedToNothingWaits) {
  const std::string before = world();
  EXPECT_STATUS(0, rollback({"--component", "playerbot", "--dry-run"}));
  EXPECT_EQ(state(), "");
  const Finished unasked = rollback({"--component", "playerbot"});
  EXPECT_STATUS(1, unasked);
  EXPECT_TRUE(contains(unasked.err, "run it with --yes")) << unasked.err;
  EXPECT_EQ(state(), "");
  EXPECT_STATUS(1, rollback({"--component", "playerbot", "--emergency"}));
  EXPECT_STATUS(1, rollback({"--component", "playerbot", "--emergency", "--yes"}));
  EXPECT_EQ(world(), before);
  expect_nothing_is_left();
}

TEST_F(Conflict, AnswersInJsonWithWhereItIsResolved) {
  const Finished stopped = stop({"--component", "playerbot", "--json"});
  const json object = json::parse(stopped.out);
  EXPECT_EQ(object.at("in_conflict").at("folder"), folder());
  EXPECT_EQ(object.at("in_conflict").at("unresolved"), json({"src/playerbot.cpp"}));
}

TEST_F(Conflict, OfALostWorkTreeSaysHowToBeginAgain) {
  const std::string before = world();
  stop();
  fs::remove_all(folder());
  const Finished gone = rollback({"--continue"});
  EXPECT_STATUS(1, gone);
  EXPECT_TRUE(contains(gone.err, "is gone")) << gone.err;
  EXPECT_TRUE(contains(gone.err, "git rollback --abort")) << gone.err;
  EXPECT_STATUS(0, rollback({"status"}));
  ASSERT_STATUS(0, rollback({"--abort"}));
  EXPECT_EQ(world(), before);
  expect_nothing_is_left();
}

TEST_F(Conflict, OnATerminalIsAskedAbout) {
  const std::string before = world();
  for (const std::string answer : {"n\n", "y\n"}) {
    size_t asked = 0;
    OnTerminal command{{"git-rollback", "--component", "playerbot"}, top(), variables()};
    command.type = [&](const std::string& seen) -> std::string {
      const char* questions[] = {"Keep the commits that it stands on, too? [y/N]",
                                 "Lay the conflict out, so that you can resolve it? [y/N]"};
      if (asked == 2 || !contains(seen, questions[asked])) return "";
      return ++asked == 1 ? "n\n" : answer;
    };
    const Seen seen = run_on_terminal(command);
    EXPECT_EQ(seen.status, 1) << seen.screen;
    EXPECT_EQ(asked, 2U) << seen.screen;
    EXPECT_EQ(state(), answer == "y\n" ? "conflicted" : "") << seen.screen;
    EXPECT_EQ(world(), before);
  }
}

// Only what the component names goes back; the rest of the commit stays.
TEST_F(Conflict, OfAFixThatIsKeptInOneComponentLeavesOtherPathsAlone) {
  configure("version: 1\ncomponents: { playerbot: { code: [src] } }\n");
  ASSERT_STATUS(0, rollback({"deploy", "--", "true"}));
  write("src/playerbot.cpp", "version 3\n");
  write("docs/notes", "notes\n");
  git({"add", "."});
  git({"commit", "-q", "-m", "feat(late): go"});
  write("src/playerbot.cpp", "version 3 secured\n");
  write("docs/notes", "notes, secured\n");
  git({"commit", "-q", "-am", "fix(security): close the hole"});
  ASSERT_STATUS(0, rollback({"deploy", "--", "true"}));
  stop({"--target", "previous"});
  EXPECT_EQ(in_flight().at("conflict").at("subject"), "fix(security): close the hole");
  EXPECT_EQ(shell("cat '" + folder() + "/docs/notes'").out, "notes, secured\n");
  resolve("src/playerbot.cpp", "version 2 secured");
  ASSERT_STATUS(0, rollback({"--continue"}));
  EXPECT_EQ(read("src/playerbot.cpp"), "version 2 secured\n");
  EXPECT_EQ(read("docs/notes"), "notes, secured\n");
  EXPECT_TRUE(contains(git({"log", "-1", "--format=%B"}), "close the hole"));
  expect_nothing_is_left();
}

TEST_F(Conflict, InAJournalIsRefusedByAProgramThatDoesNotKnowSuchAState) {
  stop();
  ASSERT_STATUS(0, shell("sqlite3 .git/rollback/journal.db"
                         " \"UPDATE operations SET state = 'of the future'"
                         " WHERE state = 'conflicted'\""));
  for (const std::string verb : {"--continue", "--abort", "record"}) {
    const Finished refused = rollback({verb});
    EXPECT_STATUS(128, refused);
    EXPECT_TRUE(contains(refused.err, "unknown state 'of the future'")) << refused.err;
  }
}

}  // namespace
}  // namespace rollback::testing

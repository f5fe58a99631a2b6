// A publication that was cut short, and what stands in its way: a ref that
// somebody moved meanwhile, a lock that somebody holds, a log that git cannot
// write when half of its transaction is done.
#include <boost/filesystem/operations.hpp>
#include <nlohmann/json.hpp>

#include "doctor_fixture.h"
#include "os/file.h"

namespace rollback::testing {
namespace {

constexpr int killed = 128 + 9;
constexpr const char* live_ref = "refs/rollback/production/live";

class CutShort : public Doctor {
 protected:
  // A post-deploy that was killed when it had begun to publish.
  void kill_post_deploy() {
    ASSERT_STATUS(0, rollback({"hook", "pre-deploy"}));
    ASSERT_STATUS(0, shell("tools/deploy 1.2 'build 1.2'"));
    ASSERT_STATUS(killed, rollback({"hook", "post-deploy", "--status", "0"},
                                   {{"GIT_ROLLBACK_FAIL_POINT", "publish intent after"}}));
  }
  // Somebody puts a record of their own on the live chain.
  std::string move_live() {
    const std::string commit =
        git({"commit-tree", "-p", live_ref, "-p", "HEAD", "-m",
             git({"log", "-1", "--format=%B", live_ref}), std::string(live_ref) + "^{tree}"});
    git({"update-ref", live_ref, commit});
    return commit;
  }
  size_t ends_of_deploys() {
    size_t count = 0;
    for (const auto& event : events("deploy")) count += event.value("phase", "") == "finished";
    return count;
  }
  // Of what is live.
  std::string recorded_verdict() { return live().at("verdict"); }
  static void expect_warning_of_live(const Finished& said, const std::string& at) {
    EXPECT_TRUE(contains(said.err, "warning: a command was cut short before it moved '" +
                                       std::string(live_ref) +
                                       "', and somebody else moved it since: it stays at " + at))
        << said.err;
    EXPECT_TRUE(contains(said.err, "hint: what was to be there: git show ")) << said.err;
  }
  void expect_quiet(const std::vector<std::string>& arguments, int status = 0) {
    const Finished said = rollback(arguments);
    EXPECT_STATUS(status, said);
    EXPECT_FALSE(contains(said.err, "cut short")) << said.err;
  }
};

TEST_F(CutShort, ARefThatSomebodyMovedSinceIsLeftAndNamedAndEveryVerbGoesOn) {
  kill_post_deploy();
  const std::string theirs = move_live();
  const size_t before = ends_of_deploys();
  expect_warning("journal", "'" + std::string(live_ref) + "' was moved by somebody else since");

  const Finished marked = rollback({"mark", point(), "stable"});
  EXPECT_STATUS(0, marked);
  expect_warning_of_live(marked, theirs);
  EXPECT_EQ(git({"rev-parse", live_ref}), theirs);
  EXPECT_EQ(ends_of_deploys(), before + 1);

  expect_quiet({"record"});
  expect_quiet({"prune", "--yes"});
  expect_quiet({"--continue"}, 128);  // none is in progress
  expect_quiet({"--abort"}, 128);
  expect_quiet({"--quit"}, 128);
  expect_quiet({"hook", "post-deploy", "--status", "0"});
  EXPECT_EQ(git({"rev-parse", std::string(live_ref) + "^1"}), theirs);
  expect_quiet({"hook", "pre-deploy"});
  expect_quiet({"hook", "post-deploy", "--status", "0"});
  expect_quiet({"--target", "previous", "--yes"});
  expect_quiet({"init", "--uninstall", "--yes"});
}

TEST_F(CutShort, TheHintPutsThereWhatWasToBe) {
  kill_post_deploy();
  move_live();
  const Finished recorded = rollback({"record"});
  ASSERT_STATUS(0, recorded);
  const std::string hint = "to put it there after all: ";
  ASSERT_TRUE(contains(recorded.err, hint)) << recorded.err;
  const size_t from = recorded.err.find(hint) + hint.size();
  ASSERT_STATUS(0, shell(recorded.err.substr(from, recorded.err.find('\n', from) - from)));
  EXPECT_EQ(live().at("deploy"), point(1));
}

TEST_F(CutShort, AVerbThatIsRefusedNamesTheRefAllTheSame) {
  ASSERT_STATUS(killed, rollback({"--target", "previous", "--yes"},
                                 {{"GIT_ROLLBACK_FAIL_POINT", "publish intent after"}}));
  const std::string theirs = move_live();
  const Finished refused = rollback({"record"});
  EXPECT_STATUS(1, refused);
  EXPECT_TRUE(contains(refused.err, "is in flight")) << refused.err;
  expect_warning_of_live(refused, theirs);
  EXPECT_EQ(git({"rev-parse", live_ref}), theirs);
  expect_quiet({"--continue"});
  EXPECT_EQ(git({"rev-parse", std::string(live_ref) + "^1"}), theirs);
  expect_quiet({"record"});
  EXPECT_EQ(leftovers(), "");
}

TEST_F(CutShort, TheOperationCanBeTakenBackToo) {
  const std::string start = service();
  ASSERT_EQ(recorded_verdict(), "stable");
  ASSERT_STATUS(killed, rollback({"--target", "previous", "--yes"},
                                 {{"GIT_ROLLBACK_FAIL_POINT", "publish intent after"}}));
  const std::string theirs = move_live();
  const Finished aborted = rollback({"--abort"});
  EXPECT_STATUS(0, aborted);
  expect_warning_of_live(aborted, theirs);
  EXPECT_EQ(service(), start);
  EXPECT_EQ(git({"rev-parse", live_ref}), theirs);
  EXPECT_EQ(recorded_verdict(), "stable") << "it was not rolled back from";
  EXPECT_EQ(leftovers(), "");
}

TEST_F(CutShort, WhileSomebodyHoldsTheLockOfARefNothingIsPublishedNorLater) {
  const std::string refs = git({"for-each-ref"}), before = point();
  write(".git/" + std::string(live_ref) + ".lock", "");
  ASSERT_STATUS(0, rollback({"hook", "pre-deploy"}));
  const std::string started = git({"for-each-ref"});
  const size_t ends = ends_of_deploys();
  const Finished failed = rollback({"hook", "post-deploy", "--status", "0"});
  EXPECT_STATUS(128, failed);
  EXPECT_TRUE(contains(failed.err, "live.lock")) << failed.err;
  EXPECT_EQ(git({"for-each-ref"}), started);
  fs::remove(top() / ".git" / (std::string(live_ref) + ".lock"));
  EXPECT_STATUS(0, rollback({"record"}));
  EXPECT_EQ(ends_of_deploys(), ends);
  expect_quiet({"hook", "post-deploy", "--status", "0"});
  EXPECT_EQ(ends_of_deploys(), ends + 1);
}

// git takes all its locks, moves the live chain, and then cannot write the log
// of the notes: as on a disk that gets full there.
TEST_F(CutShort, WhatGitPublishedByHalfIsPublishedToTheEndOnceItCan) {
  ASSERT_STATUS(0, rollback({"hook", "pre-deploy"}));
  const size_t ends = ends_of_deploys();
  const std::string live_before = git({"rev-parse", live_ref});
  ASSERT_STATUS(0, shell("cd .git/logs/refs/notes && mv rollback ../../kept &&"
                         " mkdir rollback && touch rollback/in-the-way"));
  const Finished failed = rollback({"hook", "post-deploy", "--status", "0"});
  EXPECT_STATUS(128, failed);
  ASSERT_NE(git({"rev-parse", live_ref}), live_before) << "git's transaction was not cut in half";
  EXPECT_EQ(ends_of_deploys(), ends);
  expect_warning("journal", "a command was cut short while it recorded");
  ASSERT_STATUS(0, shell("cd .git/logs/refs/notes && rm -r rollback && mv ../../kept rollback"));
  expect_quiet({"record"});
  EXPECT_EQ(ends_of_deploys(), ends + 1);
  expect_nothing("problem");
}

}  // namespace
}  // namespace rollback::testing

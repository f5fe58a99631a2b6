// Which remote a sync takes, one that refuses, one that does not answer, and
// repositories of other kinds.
#include "sync_fixture.h"

namespace rollback::testing {
namespace {

class SyncRemotes : public SyncFixture {
 protected:
  void SetUp() override { begin_with_remote(); }
  void remote_hook(const std::string& name, const std::string& lines) {
    ASSERT_STATUS(
        0, in("remote.git",
              "printf '#!/bin/sh\\n%s\\n' \"$HOOK\" > hooks/" + name + " && chmod +x hooks/" + name,
              {{"HOOK", lines}}));
  }
};

class SyncRefuses : public SyncRemotes {};

// --- a remote that does not want it --------------------------------------------------

TEST_F(SyncRefuses, ByAnUpdateHookIsToldWithTheRemotesWordsAndTheRestGoes) {
  remote_hook("update", "case $1 in refs/notes/*) echo 'no \033[31mnotes here' >&2; exit 1;; esac");
  const Finished said = sync("world");
  EXPECT_STATUS(1, said);
  EXPECT_TRUE(contains(said.err, "remote: no \\x1b[31mnotes here")) << said.err;
  EXPECT_TRUE(contains(said.err, "'origin' refused 'refs/notes/rollback': hook declined"))
      << said.err;
  EXPECT_EQ(record("remote.git"), record("world"));
}

TEST_F(SyncRefuses, ByAPreReceiveHookOfOneKindStillTakesTheOthers) {
  remote_hook("pre-receive", "! grep -q refs/tags/");
  const Finished said = sync("world");
  EXPECT_STATUS(1, said);
  EXPECT_EQ(refs("remote.git", "refs/rollback"),
            in("world",
               "git for-each-ref --format='%(objectname) %(refname)' refs/rollback |"
               " grep -v -e /config$")
                .out);
  EXPECT_EQ(events_in("remote.git"), events_in("world"));
  EXPECT_EQ(refs("remote.git", "refs/tags"), "");
}

TEST_F(SyncRefuses, WhenTheRemoteDoesNotAnswer) {
  git({"remote", "set-url", "origin", "/nowhere/at/all.git"});
  expect_refusal({"sync"},
                 "fatal: cannot read from 'origin': '/nowhere/at/all.git' does not appear", 128);
}

TEST_F(SyncRefuses, WithoutShowingAPassword) {
  for (const std::string url :
       {"http://me:secret@127.0.0.1:1/x", "ssh://me:secret@127.0.0.1:1/x"}) {
    const Finished said = rollback({"sync", url}, {{"GIT_SSH_COMMAND", "false"}});
    EXPECT_STATUS(128, said);
    EXPECT_TRUE(contains(said.err, "fatal: cannot read from '" + url.substr(0, url.find(':'))));
    EXPECT_FALSE(contains(said.err, "secret")) << said.err;
  }
}

TEST_F(SyncRefuses, WhenItMayReadButNotWrite) {
  synced("world");
  clone("laptop");
  ASSERT_STATUS(0, in("laptop", "git-rollback sync && git-rollback mark " + point() + " stable"));
  remote_hook("pre-receive", "echo 'you may only read' >&2; exit 1");
  const Finished said = sync("laptop");
  EXPECT_STATUS(1, said);
  EXPECT_TRUE(contains(said.err, "remote: you may only read")) << said.err;
  EXPECT_TRUE(contains(said.err, "git rollback sync --no-push")) << said.err;
}

TEST_F(SyncRefuses, ARemoteThatNobodyConfigured) {
  expect_refusal({"sync", "nobody"}, "error: 'nobody' names no remote", 129);
  expect_refusal({"sync", "a\n\033[31mb"}, "'a\\x0a\\x1b[31mb' names no remote", 129);
  expect_refusal({"sync", "origin", "other"}, "too many arguments", 129);
}

TEST_F(SyncRefuses, WhereThereIsNoRemoteOrNoneIsChosen) {
  git({"remote", "rename", "origin", "one"});
  synced("world");  // the only one
  git({"remote", "add", "two", "/nowhere"});
  synced("world");  // the branch's
  git({"checkout", "-q", "--detach"});
  expect_refusal({"sync"}, "there are several remotes, and none of them is chosen", 128);
  git({"remote", "remove", "one"});
  git({"remote", "remove", "two"});
  expect_refusal({"sync"}, "there is no remote to exchange with", 128);
}

TEST_F(SyncRemotes, TakesOddNamesAndUrls) {
  ASSERT_STATUS(0, shell("git config remote.-odd.url ../remote.git &&"
                         " git config 'remote.a b * c.url' ../remote.git"));
  EXPECT_STATUS(0, rollback({"sync", "--", "-odd"}));
  EXPECT_EQ(record("remote.git"), record("world"));
  EXPECT_STATUS(0, rollback({"sync", "a b * c"}));
  EXPECT_STATUS(0, rollback({"sync", "../remote.git"}));
  EXPECT_STATUS(0, rollback({"sync", "file://" + (scratch() / "remote.git").string()}));
  EXPECT_STATUS(129, rollback({"sync", "-odd"}));
}

TEST_F(SyncRemotes, WorksInABareRepositoryAndInALinkedWorkTree) {
  synced("world");
  ASSERT_STATUS(0, shell("git clone -q --bare ../remote.git ../bare.git &&"
                         " git worktree add -q ../linked"));
  synced("bare.git");
  EXPECT_EQ(record("bare.git"), record("world"));
  ASSERT_STATUS(0, in("linked", "git-rollback mark " + point() + " failed"));
  synced("linked", "origin");
  EXPECT_EQ(events_in("remote.git"), events_in("world"));
}

// --- other repositories -----------------------------------------------------------------

TEST_F(SyncFixture, WorksWithSha256) {
  ASSERT_STATUS(0, shell(R"(
    cd .. && git init -q --object-format=sha256 -b main new && cd new &&
    git config user.name Tester && git config user.email tester@example.org &&
    echo 1 > file && git add file && git commit -q -m one && git-rollback init &&
    git add .rollback.yml && git commit -q -m two && git-rollback record &&
    git init -q --bare --object-format=sha256 -b main ../remote.git &&
    git remote add origin ../remote.git && git push -q origin main && git-rollback sync)"));
  clone("laptop");
  synced("laptop");
  EXPECT_EQ(record("laptop"), record("new"));
  ASSERT_STATUS(0, in("laptop",
                      "git-rollback mark $(git-rollback list -n 1 --json |"
                      " grep -o '[0-9]*T[0-9]*Z-[0-9a-f]*' | head -n 1) stable"));
  synced("laptop");
  synced("new");
  EXPECT_EQ(events_in("new"), events_in("laptop"));
  EXPECT_EQ(events_in("new").size(), 1);
}

TEST_F(SyncRemotes, WorksInAShallowClone) {
  synced("world");
  ASSERT_STATUS(0, shell("git clone -q --depth 1 \"file://$PWD/../remote.git\" ../laptop &&"
                         " git -C ../laptop config user.name x &&"
                         " git -C ../laptop config user.email x@y"));
  synced("laptop");
  EXPECT_EQ(record("laptop"), record("world"));
  ASSERT_STATUS(0, in("laptop", "git-rollback mark " + point() + " failed"));
  synced("laptop");
  EXPECT_EQ(events_in("remote.git"), events_in("laptop"));
}

}  // namespace
}  // namespace rollback::testing

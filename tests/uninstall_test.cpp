// git rollback init --uninstall: exactly our own goes, and what holds data stays.
#include <gtest/gtest.h>

#include <boost/filesystem/operations.hpp>
#include <nlohmann/json.hpp>

#include "service_fixture.h"
#include "store/git.h"
#include "terminal.h"

namespace rollback::testing {
namespace {

constexpr int killed = 128 + 9;

class Uninstall : public ServiceFixture {
 protected:
  std::string refs_of_ours() {
    return git({"for-each-ref", "--format=%(refname)", "refs/rollback", "refs/notes",
                "refs/tags/rollback"});
  }
  // Nothing of ours is in the repository.
  void expect_gone() {
    EXPECT_EQ(refs_of_ours(), "");
    EXPECT_FALSE(fs::exists(top() / ".git/rollback"));
    EXPECT_FALSE(fs::exists(top() / ".git/hooks/pre-deploy"));
    EXPECT_FALSE(fs::exists(top() / ".git/hooks/post-deploy"));
    EXPECT_FALSE(contains(read(".git/info/exclude"), "git-rollback"));
  }
};

TEST_F(Uninstall, TakesAwayHooksRecordAndStateAndNothingElse) {
  ASSERT_STATUS(0, shell("git init -q -b main && cp .git/info/exclude ../exclude && rm -rf .git"));
  a_bad_deploy();
  ASSERT_STATUS(0, rollback({"--component", "playerbot", "--yes"}));
  git({"tag", "v1", "HEAD~1"});
  git({"notes", "add", "-m", "mine", "HEAD"});
  const std::string before = service();
  const std::string tables = sql("SELECT name FROM sqlite_schema ORDER BY name");
  const Finished said = rollback({"init", "--uninstall", "--yes"});
  ASSERT_STATUS(0, said);
  EXPECT_TRUE(contains(said.out, "tables in database 'var/characters.db'")) << said.out;
  EXPECT_TRUE(contains(said.out, "the releases in 'releases'")) << said.out;
  EXPECT_TRUE(contains(said.out, "1 branch below 'rollback/'")) << said.out;
  EXPECT_EQ(refs_of_ours(), "refs/notes/commits");
  git({"notes", "remove", "HEAD"});
  git({"update-ref", "-d", "refs/notes/commits"});
  expect_gone();
  EXPECT_EQ(read(".git/info/exclude"), read("../exclude"));
  EXPECT_EQ(service(), before);
  EXPECT_EQ(sql("SELECT name FROM sqlite_schema ORDER BY name"), tables);
  EXPECT_TRUE(fs::exists(top() / "releases/1.1"));
  EXPECT_EQ(git({"tag"}), "v1");
  EXPECT_STATUS(0, ask_git({"fsck", "--no-dangling"}));
}

TEST_F(Uninstall, AfterItInitBeginsAgainAndARollbackWorks) {
  begin();
  ASSERT_STATUS(0, rollback({"init", "--uninstall", "--yes"}));
  EXPECT_EQ(rollback({"init", "--uninstall"}).out,
            "nothing to do: nothing of git-rollback is here\n");
  ASSERT_STATUS(0, rollback({"init"}));
  ASSERT_EQ(points().size(), 1U);
  deploy_good();
  deploy_bad();
  ASSERT_STATUS(0, rollback({"--component", "playerbot", "--yes"}));
  EXPECT_EQ(back(), "code database config binaries ");
}

TEST_F(Uninstall, ShowsWhatWouldGoAndWithoutATerminalNeedsYes) {
  begin();
  expect_refusal({"init", "--uninstall"}, "without a terminal nobody can be asked");
  const Finished said = rollback({"init", "--uninstall"});
  EXPECT_TRUE(contains(said.out, "the hook '" + (top() / ".git/hooks/pre-deploy").string() + "'"));
  EXPECT_TRUE(contains(said.out, "among them 1 point")) << said.out;
  expect_refusal({"init", "--yes"}, "--yes is for --uninstall", 129);
}

TEST_F(Uninstall, AHookThatWasChangedAndOneOfSomebodyElseStay) {
  begin();
  const std::string changed = read(".git/hooks/pre-deploy") + "echo and more\n";
  write(".git/hooks/pre-deploy", changed);
  write(".git/hooks/post-deploy", "#!/bin/sh\necho mine\n");
  write(".git/hooks/pre-commit", "#!/bin/sh\nexit 0\n");
  const Finished said = rollback({"init", "--uninstall", "--yes"});
  ASSERT_STATUS(0, said);
  EXPECT_TRUE(contains(said.out, "pre-deploy', which was changed since")) << said.out;
  EXPECT_EQ(read(".git/hooks/pre-deploy"), changed);
  EXPECT_EQ(read(".git/hooks/post-deploy"), "#!/bin/sh\necho mine\n");
  EXPECT_TRUE(fs::exists(top() / ".git/hooks/pre-commit"));
}

TEST_F(Uninstall, ATagBelowRollbackThatIsNoPointsStays) {
  begin();
  git({"tag", "rollback/production/mine"});
  git({"tag", "-a", "-m", "not a point", "rollback/production/20260101T000000Z-abcdef0"});
  const Finished said = rollback({"init", "--uninstall", "--yes"});
  ASSERT_STATUS(0, said);
  EXPECT_EQ(git({"tag"}), "rollback/production/20260101T000000Z-abcdef0\nrollback/production/mine");
  EXPECT_TRUE(contains(said.out,
                       "'refs/tags/rollback/production/mine', which is no tag of a"
                       " point"));
}

TEST_F(Uninstall, EveryEnvironmentGoes) {
  begin();
  git({"config", "rollback.environment", "production/web1"});
  ASSERT_STATUS(0, rollback({"init"}));
  ASSERT_STATUS(0, rollback({"init", "--uninstall", "--yes"}));
  expect_gone();
  EXPECT_EQ(git({"config", "rollback.environment"}), "production/web1") << "that is the user's";
}

TEST_F(Uninstall, WhatFollowsRemotesGoesAlsoOfAUrlAndOfARemoteThatIsNoMore) {
  begin();
  ASSERT_STATUS(0, rollback({"mark", point(), "stable"}));
  ASSERT_STATUS(0, shell("git init -q --bare ../r.git && git init -q --bare ../gone.git &&"
                         " git remote add gone ../gone.git && git-rollback sync ../r.git &&"
                         " git-rollback sync gone && git config --remove-section remote.gone"));
  git({"update-ref", "refs/notes/remotes/gone/rollback", "HEAD"});
  const std::string tracking = git({"for-each-ref", "--format=%(refname)", "refs/rollback-remotes",
                                    "refs/rollback-remote-notes"});
  for (const char* folder :
       {"refs/rollback-remotes/by-hash-", "refs/rollback-remote-notes/by-hash-",
        "refs/rollback-remotes/gone/", "refs/rollback-remote-notes/gone/"}) {
    EXPECT_TRUE(contains(tracking, folder)) << tracking;
  }
  const Finished said = rollback({"init", "--uninstall", "--yes"});
  ASSERT_STATUS(0, said);
  EXPECT_TRUE(contains(said.out, "6 refs with what remotes had")) << said.out;
  EXPECT_EQ(git({"for-each-ref", "--format=%(refname)"}),
            "refs/heads/main\nrefs/notes/remotes/gone/rollback");
}

TEST_F(Uninstall, HooksInAFolderThatRepositoriesShareStay) {
  ASSERT_STATUS(0, shell("git config --global core.hooksPath \"$PWD/../hooks of all\""));
  begin();
  ASSERT_STATUS(0, shell("git init -q ../other && cd ../other && echo x > x && git add x &&"
                         " git -c user.name=T -c user.email=t@e commit -q -m x &&"
                         " git-rollback init"));
  const std::string hook = (scratch() / "hooks of all/pre-deploy").string();
  ASSERT_TRUE(fs::exists(hook));
  const Finished said = rollback({"init", "--uninstall", "--yes"});
  ASSERT_STATUS(0, said);
  EXPECT_TRUE(contains(said.out.substr(said.out.find("this stays:")),
                       "the hook '" + hook + "', which other repositories may use"))
      << said.out;
  expect_gone();
  EXPECT_STATUS(0, shell("cd ../other && git hook run pre-deploy &&"
                         " git hook run post-deploy -- --status 0"));
}

// A person at the question, who deploys elsewhere before the answer.
TEST_F(Uninstall, ADeployGoesThroughWhileItAsksAndThenItStops) {
  begin();
  bool asked = false;
  OnTerminal command{{"git-rollback", "init", "--uninstall"}, top(), variables()};
  command.type = [&](const std::string& seen) -> std::string {
    if (asked || !contains(seen, "Take it away? [y/N]")) return "";
    asked = true;
    deploy_good();
    return "y\n";
  };
  const Seen seen = run_on_terminal(command);
  EXPECT_TRUE(asked);
  EXPECT_EQ(seen.status, 1) << seen.bytes;
  EXPECT_TRUE(contains(seen.bytes, "what would go has changed since it was shown")) << seen.bytes;
  EXPECT_EQ(points().size(), 2U);
  EXPECT_TRUE(fs::exists(top() / ".git/hooks/pre-deploy"));
  asked = false;
  command.type = [&](const std::string& text) -> std::string {
    if (asked || !contains(text, "Take it away? [y/N]")) return "";
    asked = true;
    return "y\n";
  };
  EXPECT_EQ(run_on_terminal(command).status, 0);
  expect_gone();
}

TEST_F(Uninstall, IsRefusedWhileADeployIsOpenOrAnOperationInFlight) {
  a_bad_deploy();
  ASSERT_STATUS(0, rollback({"hook", "pre-deploy"}));
  expect_refusal({"init", "--uninstall", "--yes"}, "of 'production' is open");
  ASSERT_STATUS(0, rollback({"hook", "post-deploy", "--status", "1"}));
  ASSERT_STATUS(killed, rollback({"--component", "playerbot", "--yes"},
                                 {{"GIT_ROLLBACK_FAIL_POINT", "intend after"}}));
  const Finished said = rollback({"init", "--uninstall", "--yes"});
  EXPECT_STATUS(1, said);
  EXPECT_TRUE(contains(said.err, "is in flight")) << said.err;
  EXPECT_TRUE(fs::exists(top() / ".git/hooks/pre-deploy"));
  EXPECT_STATUS(0, rollback({"--abort"}));
}

TEST_F(Uninstall, KilledAnywhereItIsRunAgain) {
  a_bad_deploy();
  save();
  const fs::path log = scratch() / "places";
  ASSERT_STATUS(0, rollback({"init", "--uninstall", "--yes"},
                            {{"GIT_ROLLBACK_FAIL_POINT_LOG", log.string()}}));
  const std::string places = shell("cat '" + log.string() + "'").out;
  int kills = 0;
  for (const auto view : split(places, '\n')) {
    if (view.empty()) continue;
    const std::string place(view);
    restore();
    ASSERT_STATUS(killed,
                  rollback({"init", "--uninstall", "--yes"}, {{"GIT_ROLLBACK_FAIL_POINT", place}}));
    EXPECT_STATUS(0, rollback({"init", "--uninstall", "--yes"})) << place;
    expect_gone();
    ++kills;
  }
  EXPECT_GE(kills, 5);
}

}  // namespace
}  // namespace rollback::testing

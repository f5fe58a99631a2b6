// Repositories of every make: hash, storage, configuration, hooks, place.
#include <unistd.h>

#include <boost/filesystem/operations.hpp>
#include <nlohmann/json.hpp>

#include "git_ways_fixture.h"

namespace rollback::testing {
namespace {

TEST_F(GitWays, WithSha256IdsItIsTheSame) {
  git({"init", "-q", "-b", "main", "--object-format=sha256"});
  begin();
  deploy_good();
  deploy_bad();
  commit("src/late.cpp", "late\n");  // laid on the point's tree, which libgit2 cannot open
  const std::string bad = service();
  ASSERT_STATUS(0, rollback({"--component", "playerbot", "--yes"}));
  EXPECT_EQ(back(), "code database config binaries ");
  EXPECT_EQ(read("src/late.cpp"), "late\n");
  EXPECT_EQ(git({"rev-parse", "HEAD"}).size(), 64U);
  ASSERT_STATUS(0, rollback({"undo", "--yes"}));
  EXPECT_EQ(service(), bad);
  EXPECT_STATUS(0, ask_git({"fsck", "--no-dangling"}));
}

TEST_F(GitWays, WithASplitIndexItIsTheSame) {
  begin();
  git({"config", "core.splitIndex", "true"});
  git({"update-index", "--split-index"});
  go_round();
}

TEST_F(GitWays, WithAConfigurationOfTheWorktreeItIsTheSame) {
  begin();
  git({"config", "core.repositoryFormatVersion", "1"});
  git({"config", "extensions.worktreeConfig", "true"});
  git({"config", "--worktree", "rollback.minimalLoss", "3"});
  deploy_good();
  deploy_bad();
  commit("src/late.cpp", "late\n");
  roll_back_keeping("src/late.cpp");
}

TEST_F(GitWays, WithTheRepositoryElsewhereItIsTheSame) {
  ASSERT_STATUS(0, shell("git init -q -b main --separate-git-dir ../elsewhere.git"));
  begin();
  go_round();
}

// Settings of the user's that change what git's commands print or do.
TEST_F(GitWays, SettingsOfTheUsersDoNotDisturb) {
  begin();
  for (const auto& [key, value] :
       std::map<std::string, std::string>{{"log.showSignature", "true"},
                                          {"log.follow", "true"},
                                          {"log.decorate", "full"},
                                          {"log.date", "relative"},
                                          {"log.mailmap", "true"},
                                          {"format.pretty", "fuller"},
                                          {"gc.auto", "1"},
                                          {"core.commentChar", "R"},
                                          {"commit.cleanup", "strip"},
                                          {"commit.template", "/nowhere"},
                                          {"i18n.commitEncoding", "ISO-8859-1"},
                                          {"i18n.logOutputEncoding", "UTF-16"},
                                          {"core.quotePath", "true"},
                                          {"core.precomposeUnicode", "true"},
                                          {"core.abbrev", "4"},
                                          {"color.ui", "always"},
                                          {"column.ui", "always"},
                                          {"diff.noprefix", "true"},
                                          {"diff.renames", "copies"},
                                          {"diff.orderFile", "/dev/null"},
                                          {"status.short", "true"},
                                          {"alias.rollback", "!false"},
                                          {"alias.update-ref", "!false"},
                                          {"alias.notes", "!false"},
                                          {"tag.gpgSign", "false"},
                                          {"notes.displayRef", "refs/notes/*"},
                                          {"notes.rewriteRef", "refs/notes/*"},
                                          {"core.notesRef", "refs/notes/other"},
                                          {"core.logAllRefUpdates", "always"},
                                          {"merge.conflictStyle", "diff3"},
                                          {"core.pager", "false"},
                                          {"pager.rollback", "false"},
                                          {"core.fsyncMethod", "batch"},
                                          {"index.version", "4"},
                                          {"core.untrackedCache", "true"},
                                          {"feature.manyFiles", "true"}}) {
    git({"config", key, value});
  }
  git({"commit", "-q", "--allow-empty", "-m",
       "feat(caf\xc3\xa9): sm\xc3\xb8rrebr\xc3\xb8"
       "d"});
  const std::string id = point();
  ASSERT_STATUS(0, rollback({"mark", id, "stable", "--reason",
                             "sm\xc3\xb8rrebr\xc3\xb8"
                             "d"}));
  deploy_good();
  sql("INSERT INTO playerbot(name) VALUES ('cat')");
  deploy_bad();
  commit("src/late.cpp", "late\n");
  const Finished dry = rollback({"--component", "playerbot", "--dry-run"});
  EXPECT_TRUE(contains(dry.out, "feat(raid): add raids")) << dry.out;
  roll_back_keeping("src/late.cpp");
  EXPECT_TRUE(contains(git({"-c", "i18n.logOutputEncoding=UTF-8", "log", "--format=%B", "-2"}),
                       "Rollback-To: "));
}

TEST_F(GitWays, AMessageThatIsNoUtf8IsReadAsGitReadsIt) {
  begin();
  git({"config", "i18n.commitEncoding", "ISO-8859-1"});
  git({"commit", "-q", "--allow-empty", "-m", "feat(caf\xe9): latin"});
  deploy_good();
  write("src/naive.cpp", "latin\n");
  git({"add", "."});
  git({"commit", "-q", "-m", "feat(na\xefve): latin"});
  deploy_bad();
  const Finished dry = rollback({"--component", "playerbot", "--dry-run"});
  EXPECT_TRUE(contains(dry.out, "feat(na\xc3\xafve): latin")) << dry.out;
  roll_back_and_undo("HEAD~2^{tree}");
}

// --- names that ours stand beside ------------------------------------------

TEST_F(GitWays, ABranchCalledRollbackIsNamedBeforeAnythingChanges) {
  begin();
  deploy_good();
  deploy_bad();
  git({"branch", "rollback"});
  expect_refusal({"--component", "playerbot", "--yes"}, "a branch called 'rollback'");
  EXPECT_TRUE(contains(rollback({"--yes"}).err, "git branch -m rollback "));
  ASSERT_STATUS(0, rollback({"--component", "database,config,binaries", "--yes"}));
  ASSERT_STATUS(0, rollback({"undo", "--yes"}));
  git({"branch", "-m", "rollback", "other"});
  roll_back_and_undo();
}

TEST_F(GitWays, ATagCalledRollbackIsNamedBeforeAnythingChanges) {
  begin();
  for (const std::string tag : {"rollback", "rollback/production"}) {
    ASSERT_STATUS(0, shell("git tag -d $(git tag -l 'rollback/*') && git tag " + tag));
    expect_refusal({"record"}, "a tag called '" + tag + "'");
    expect_refusal({"hook", "pre-deploy"}, "a tag called '" + tag + "'");
    ASSERT_STATUS(0, shell("git -c rollback.tags=false rollback record"));
    git({"tag", "-d", tag});
  }
  EXPECT_STATUS(0, rollback({"record"}));
  deploy_good();
  deploy_bad();
  ASSERT_STATUS(0, shell("git tag -d $(git tag -l 'rollback/*') && git tag rollback"));
  expect_refusal({"--component", "playerbot", "--yes"}, "a tag called 'rollback'");
  git({"tag", "-d", "rollback"});
  roll_back_and_undo();
}

// --- hooks -----------------------------------------------------------------

TEST_F(GitWays, HooksInAFolderOfTheUsersAreInstalledAndRunThere) {
  git({"init", "-q", "-b", "main"});
  git({"config", "core.hooksPath", "../my hooks"});
  begin();
  ASSERT_TRUE(fs::exists(scratch() / "my hooks/pre-deploy"));
  ASSERT_STATUS(0, shell("git hook run pre-deploy && tools/deploy 1.1 'build 1.1' &&"
                         " git hook run post-deploy -- --status 0"));
  EXPECT_EQ(live().at("releases").at("playerbot"), "1.1");
}

TEST_F(GitWays, AHookAfterCheckoutsIsToldThatFilesChanged) {
  begin();
  write(".git/hooks/post-checkout", "#!/bin/sh\necho \"$@\" >> ../checkouts.log\nexit 1\n");
  ASSERT_STATUS(0, shell("chmod +x .git/hooks/post-checkout"));
  deploy_good();
  deploy_bad();
  ASSERT_STATUS(0, rollback({"--component", "playerbot", "--yes"}));
  const std::string head = git({"rev-parse", "HEAD"});
  EXPECT_EQ(shell("cat ../checkouts.log").out, head + " " + head + " 0\n");
}

TEST_F(GitWays, AHookOnRefsThatWatchesSeesWholeTransactions) {
  begin();
  write(".git/hooks/reference-transaction", "#!/bin/sh\n{ echo \"$1\"; cat; } >> ../refs.log\n");
  ASSERT_STATUS(0, shell("chmod +x .git/hooks/reference-transaction"));
  go_round();
  EXPECT_TRUE(contains(shell("cat ../refs.log").out, "refs/rollback/production/live"));
}

TEST_F(GitWays, AHookOnRefsThatForbidsIsHeardAndNothingChanges) {
  a_bad_deploy();
  write(".git/hooks/reference-transaction",
        "#!/bin/sh\n[ \"$1\" != prepared ] || ! grep -q refs/heads/\n");
  ASSERT_STATUS(0, shell("chmod +x .git/hooks/reference-transaction"));
  expect_refusal({"--component", "playerbot", "--yes"}, "hook");
  expect_refusal({"--component", "code", "--yes"}, "hook");
  write(".git/hooks/reference-transaction",
        "#!/bin/sh\n[ \"$1\" != prepared ] || ! grep -q refs/rollback/\n");
  expect_refusal({"record"}, "hook", 128);
  fs::remove(top() / ".git/hooks/reference-transaction");
  EXPECT_STATUS(0, rollback({"record"}));
  roll_back_and_undo();
}

TEST_F(GitWays, AHookOnRefsThatForbidsTheRecordLeavesTheOperationToBeFinished) {
  a_bad_deploy();
  const std::string start = world();
  for (const char* end : {"--abort", "--continue"}) {
    write(".git/hooks/reference-transaction",
          "#!/bin/sh\n[ \"$1\" != prepared ] || ! grep -q refs/rollback/production/live\n");
    ASSERT_STATUS(0, shell("chmod +x .git/hooks/reference-transaction"));
    const Finished said = rollback({"--component", "playerbot", "--yes"});
    EXPECT_STATUS(1, said);
    EXPECT_TRUE(contains(said.err, "the swap is done, the record is not")) << said.err;
    EXPECT_TRUE(contains(said.err, "hint: put that right, then git rollback --continue"));
    fs::remove(top() / ".git/hooks/reference-transaction");
    ASSERT_STATUS(0, rollback({end}));
    if (std::string(end) == "--abort") {
      EXPECT_EQ(world(), start);
    }
    EXPECT_EQ(leftovers(), "");
  }
  EXPECT_EQ(back(), "code database config binaries ");
  EXPECT_EQ(events("rollback").size(), 2U);
}

// --- history that is not all here ------------------------------------------

class PartOfHistory : public GitWays {
 protected:
  // The service is deployed by pulling from a repository of developers.
  void begin_behind(const std::vector<std::string>& clone_with) {
    ASSERT_STATUS(0,
                  shell("git init -q -b main ../developers && cd ../developers &&"
                        " git config user.name T && git config user.email t@example.org &&"
                        " git config uploadpack.allowFilter true &&"
                        " git config uploadpack.allowAnySHA1InWant true &&"
                        " mkdir src && for i in 1 2 3; do echo \"version $i\" > src/playerbot.cpp"
                        " && git add . && git commit -qm \"feat(dev): $i\"; done"));
    std::string options;
    for (const auto& option : clone_with) options += " " + option;
    ASSERT_STATUS(0, shell("cd .. && rmdir world && git clone -q" + options +
                           " \"file://$PWD/developers\" world"));
    begin();
  }
  void develop(const std::string& version) {
    ASSERT_STATUS(0,
                  shell("cd ../developers && echo '" + version +
                        "' > src/playerbot.cpp && git commit -qam 'feat(dev): " + version + "'"));
  }
};

TEST_F(PartOfHistory, InAShallowCloneItIsTheSame) {
  begin_behind({"--depth=1"});
  go_round();
}

TEST_F(PartOfHistory, WhereEachPullIsShallowTheFilesStillGoBackAndTheGapIsTold) {
  begin_behind({"--depth=1"});
  ASSERT_STATUS(0,
                shell("git reset -q --hard origin/main && git checkout -q HEAD@{1} -- .rollback.yml"
                      " .gitignore etc tools && cp -a .rollback.yml .gitignore etc tools"
                      " ../developers/ && cd ../developers && git add -f . && git commit -qm all"));
  const std::string pull = "git fetch -q --depth=1 && git reset -q --hard origin/main";
  ASSERT_STATUS(0, shell(pull));
  ASSERT_STATUS(0, rollback({"deploy", "--", "true"}));
  develop("version 7");
  develop("version 8");
  ASSERT_STATUS(0, shell(pull));
  ASSERT_STATUS(0, rollback({"deploy", "--", "true"}));
  const Finished dry = rollback({"--target", "previous", "--dry-run"});
  EXPECT_TRUE(contains(dry.out, "shallow")) << dry.out;
  ASSERT_STATUS(0, rollback({"--target", "previous", "--yes"}));
  EXPECT_EQ(read("src/playerbot.cpp"), "version 3\n");
  ASSERT_STATUS(0, rollback({"undo", "--yes"}));
  EXPECT_EQ(read("src/playerbot.cpp"), "version 8\n");
  // What came since and is not deployed cannot be told from what is: never dropped silently.
  develop("version 9");
  ASSERT_STATUS(0, shell(pull));
  expect_refusal({"--target", "previous", "--component", "code", "--yes"}, "shallow");
  const Finished said = rollback({"--target", "previous", "--component", "code", "--yes"});
  EXPECT_TRUE(contains(said.err, "git fetch --unshallow")) << said.err;
}

TEST_F(PartOfHistory, APointWhoseCommitIsNotHereIsRefusedWithTheWayToGetIt) {
  begin_behind({"--depth=1"});
  deploy_good();
  const std::string id = point();
  const std::string commit =
      git({"rev-parse", "refs/rollback/production/points/" + id + "^{commit}"});
  deploy_bad();
  // As after a fetch of the tag alone: the tag object is here, its commit is not.
  ASSERT_STATUS(0, shell("git cat-file commit " + commit + " >/dev/null && rm -f .git/objects/" +
                         commit.substr(0, 2) + "/" + commit.substr(2)));
  const Finished said = rollback({"--target", id, "--component", "code", "--yes"});
  EXPECT_STATUS(1, said);
  EXPECT_TRUE(contains(said.err, "is not in this repository")) << said.err;
  EXPECT_TRUE(contains(said.err, "git fetch")) << said.err;
}

TEST_F(PartOfHistory, InAPartialCloneGitFetchesWhatIsMissing) {
  begin_behind({"--filter=blob:none", "--no-checkout"});
  ASSERT_STATUS(0, shell("git push -q origin HEAD:refs/heads/service"));
  deploy_good();
  deploy_bad();
  commit("src/late.cpp", "late\n");
  roll_back_keeping("src/late.cpp");
}

// --- merges ----------------------------------------------------------------

TEST_F(GitWays, AMergeDriverOfTheUsersLaysKeptCommits) {
  begin();
  write("list.txt", "a\nb\nc\n");
  write(".gitattributes", "list.txt merge=ours-then-theirs\n");
  git({"add", "."});
  git({"commit", "-qm", "feat(list): begin"});
  git({"config", "merge.ours-then-theirs.driver", "cat %B | head -n 1 >> %A; true"});
  deploy_good();
  write("list.txt", "bad\nb\nc\n");
  deploy_bad();
  write("list.txt", "late\nbad\nb\nc\n");
  git({"commit", "-qam", "feat(list): late"});
  ASSERT_STATUS(0, rollback({"--component", "playerbot", "--yes"}));
  EXPECT_EQ(read("list.txt"), "a\nb\nc\nlate\n");
}

// --- odd places ------------------------------------------------------------

class OddFolder : public GitWays, public ::testing::WithParamInterface<const char*> {
 protected:
  OddFolder() : GitWays(GetParam()) {}
};

TEST_P(OddFolder, IsAPlaceLikeAnyOther) {
  begin();
  go_round();
  EXPECT_STATUS(0, rollback({"status"}));
}

INSTANTIATE_TEST_SUITE_P(Places, OddFolder,
                         ::testing::Values("with space", "new\nline", "caf\xe9", "-dash",
                                           "quo'te\"d", "100%?mode=ro#x", "tab\tand\x1b[31m",
                                           "trailing\n"));

// --- owners ----------------------------------------------------------------

TEST_F(GitWays, InARepositoryOfSomebodyElseGitsOwnAdviceIsTheHint) {
  if (geteuid() != 0) GTEST_SKIP() << "needs root to be somebody else";
  begin();
  ASSERT_STATUS(0, shell("chmod 755 .. && mkdir ../theirs && chown 65534 ../theirs"));
  const std::string as =
      "setpriv --reuid 65534 --clear-groups env HOME=\"$PWD/../theirs\" "
      "XDG_CONFIG_HOME= git-rollback ";
  const Finished said = shell(as + "list");
  EXPECT_STATUS(128, said);
  EXPECT_TRUE(contains(said.err, "fatal: detected dubious ownership")) << said.err;
  EXPECT_TRUE(contains(said.err, "hint: git config --global --add safe.directory ")) << said.err;
  write("../theirs/.gitconfig", "[safe]\n\tdirectory = " + top().string() + "\n");
  for (const char* verb : {"list", "status", "--dry-run --target previous"}) {
    const Finished reading = shell(as + verb);
    EXPECT_TRUE(reading.status == 0 || reading.status == 1) << verb << reading.err;
  }
  const Finished changing = shell(as + "record");
  EXPECT_STATUS(128, changing);
  EXPECT_TRUE(contains(changing.err, "Permission denied")) << changing.err;
}

}  // namespace
}  // namespace rollback::testing

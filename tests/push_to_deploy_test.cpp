// Pushes to a server that deploys them: what the pusher reads, what is live
// after it, and what is refused.
#include <boost/filesystem/operations.hpp>
#include <nlohmann/json.hpp>

#include "os/file.h"
#include "push_to_deploy_fixture.h"
#include "store/git.h"

namespace rollback::testing {
namespace {

using nlohmann::json;

class PushToDeploy : public PushToDeployFixture {
 protected:
  // Newest first.
  std::vector<std::string> points_by_age() {
    const std::string list = server_git(
        "for-each-ref --sort=-refname '--format=%(refname:lstrip=4)'"
        " refs/rollback/production/points/");
    std::vector<std::string> ids;
    for (const auto id : split(list, '\n')) ids.emplace_back(id);
    return ids;
  }
  // The push must be refused, saying so, with branch, files and record as they were.
  void expect_refused(const std::string& saying) {
    const std::string files =
        shell("cd ../app && find . -type f -exec cat {} + -printf '%p\n'").out;
    const std::string refs = server_git("for-each-ref");
    const Finished said = push();
    EXPECT_NE(said.status, 0);
    EXPECT_TRUE(contains(said.err, "remote: error: this push is refused: ")) << said.err;
    EXPECT_TRUE(contains(said.err, saying)) << said.err;
    EXPECT_EQ(server_git("for-each-ref"), refs);
    EXPECT_EQ(shell("cd ../app && find . -type f -exec cat {} + -printf '%p\n'").out, files);
  }
};

// --- good pushes ------------------------------------------------------------

TEST_F(PushToDeploy, TheFirstPushIsCheckedOutAndBuiltAndBeginsTheRecord) {
  prepare();
  const Finished said = push();
  EXPECT_STATUS(0, said);
  EXPECT_EQ(at("src/app"), "1\n");
  EXPECT_EQ(at("current/server"), "1\n");
  EXPECT_TRUE(contains(said.err, "remote: building 1")) << said.err;
  EXPECT_TRUE(contains(said.err, "remote: recorded today as the first point")) << said.err;
  EXPECT_TRUE(contains(said.err, "git rollback trust") || contains(said.err, "rollback trust"));
  EXPECT_EQ(server_status().at("live").at("git_hash"), head());
  EXPECT_EQ(server_status().at("live").at("releases").at("app"), "1");
  EXPECT_EQ(points_there(), 1U);
  EXPECT_EQ(differing(), "");
}

TEST_F(PushToDeploy, APushRecordsAPointAndIsBuiltTestedAndLive) {
  begin_deployed();
  const std::string before = head();
  change("2");
  const Finished said = push();
  EXPECT_STATUS(0, said);
  const json status = server_status();
  const std::string deploy = status.at("live").at("deploy");
  for (const std::string& line :
       {"remote: recorded point " + deploy, "remote: checking out " + head().substr(0, 10),
        std::string("remote: running tools/build"), std::string("remote: building 2"),
        "remote: deploy " + deploy + " is live, and passed its smoke test"}) {
    EXPECT_TRUE(contains(said.err, line)) << line << " is not in " << said.err;
  }
  EXPECT_EQ(status.at("live").at("git_hash"), head());
  EXPECT_EQ(status.at("live").at("verdict"), "stable");
  EXPECT_TRUE(status.at("open_deploy").is_null());
  EXPECT_TRUE(status.at("push").is_null());
  EXPECT_EQ(server_git("rev-parse refs/tags/rollback/production/" + deploy + "^{commit}"),
            before + "\n");
  EXPECT_EQ(at("current/server"), "2\n");
}

TEST_F(PushToDeploy, TheBuildIsToldWhichDeployItBelongsTo) {
  begin_deployed();
  const std::string before = head();
  change("2");
  ASSERT_STATUS(0, push());
  const std::string told = at("var/environment");
  const std::string deploy = server_status().at("live").at("deploy");
  EXPECT_TRUE(contains(told, "GIT_ROLLBACK_DEPLOY=" + deploy)) << told;
  EXPECT_TRUE(contains(told, "GIT_ROLLBACK_COMMIT=" + head())) << told;
  EXPECT_TRUE(contains(told, "GIT_ROLLBACK_OLD_COMMIT=" + before)) << told;
  EXPECT_FALSE(contains(told, "GIT_DIR=")) << told;
}

TEST_F(PushToDeploy, TheOutputOfTheBuildArrivesWhileItRuns) {
  begin_deployed();
  change("waits");
  ASSERT_STATUS(0, shell("git push origin main > ../said 2>&1 & true"));
  EXPECT_TRUE(soon([&] {
    return contains(read_file_if_there(scratch() / "said").value_or(""), "building waits");
  }));
  EXPECT_TRUE(server_status().at("push").at("running"));
  EXPECT_TRUE(contains(on_server("status").out, "is being deployed, by process "));
  write_at("var/go", "");
  EXPECT_TRUE(soon([&] {
    return contains(read_file_if_there(scratch() / "said").value_or(""), "passed its smoke test");
  }));
}

TEST_F(PushToDeploy, IsDeployedToTheEndAlthoughThePusherLeaves) {
  begin_deployed();
  change("waits");
  ASSERT_STATUS(0, shell("git push origin main > ../said 2>&1 & echo $! > ../pid"));
  ASSERT_TRUE(soon([&] {
    return contains(read_file_if_there(scratch() / "said").value_or(""), "building waits");
  }));
  ASSERT_STATUS(0, shell("kill -9 $(cat ../pid)"));
  write_at("var/go", "");
  EXPECT_TRUE(soon([&] { return server_status().at("live").at("verdict") == "stable"; }));
  EXPECT_EQ(server_status().at("live").at("git_hash"), head());
}

TEST_F(PushToDeploy, OtherBranchesAndTagsAreNoneOfItsBusiness) {
  begin_deployed();
  change("2");
  git({"tag", "v2"});
  const Finished said = shell("git push origin main:topic/two v2");
  EXPECT_STATUS(0, said);
  EXPECT_FALSE(contains(said.err, "remote:")) << said.err;
  EXPECT_EQ(at("src/app"), "1\n");
  EXPECT_EQ(points_there(), 1U);
}

TEST_F(PushToDeploy, SaysWhichBranchIsDeployedWhereOnlyAnotherWasPushed) {
  prepare();
  const Finished said = shell("git push origin main:master");
  EXPECT_STATUS(0, said);
  EXPECT_TRUE(contains(said.err, "that is done here for pushes to 'main'")) << said.err;
}

TEST_F(PushToDeploy, WorksWithSha256) {
  begin_deployed("sha256");
  change("2");
  EXPECT_STATUS(0, push());
  EXPECT_EQ(head().size(), 64U);
  EXPECT_EQ(server_status().at("live").at("git_hash"), head());
  EXPECT_STATUS(0, on_server("--yes --target previous"));
  EXPECT_EQ(at("src/app"), "1\n");
}

TEST_F(PushToDeploy, LeavesIgnoredFilesAndLocalChangesOfOtherFiles) {
  begin_deployed();
  write_at("var/players", "kept");
  write_at("etc/app.conf", "rate = 5\n");
  ASSERT_STATUS(0, shell("rm ../app/tools/smoke"));
  change("2");
  const Finished said = push();
  EXPECT_NE(said.status, 0);  // a script that is gone is not the one that was trusted
  ASSERT_STATUS(0, shell("cp -p tools/smoke ../app/tools/smoke; rm ../app/.gitignore"));
  const Finished again = push();
  EXPECT_STATUS(0, again);
  EXPECT_TRUE(contains(again.err, "kept as they were changed on the server: 'etc/app.conf'"));
  EXPECT_EQ(at("var/players"), "kept");
  EXPECT_EQ(at("etc/app.conf"), "rate = 5\n");
  EXPECT_EQ(at(".gitignore"), read(".gitignore"));  // a missing file comes back
}

TEST_F(PushToDeploy, MayLeaveCommitsOutWhereGitAllowsItAndSaysSo) {
  begin_deployed();
  change("2");
  ASSERT_STATUS(0, push());
  git({"reset", "-q", "--hard", "HEAD~1"});
  change("3");
  server_git("config receive.denyNonFastForwards true");
  EXPECT_NE(shell("git push -f origin main").status, 0);
  EXPECT_EQ(at("src/app"), "2\n");
  server_git("config receive.denyNonFastForwards false");
  const Finished said = shell("git push -f origin main");
  EXPECT_STATUS(0, said);
  EXPECT_TRUE(contains(said.err, "this push leaves out 1 commit that the branch has here"));
  EXPECT_EQ(at("src/app"), "3\n");
  EXPECT_STATUS(0, on_server("--yes --target previous"));
  EXPECT_EQ(at("src/app") + at("current/server"), "2\n2\n");
}

TEST_F(PushToDeploy, FollowsFoldersThatBecomeFilesAndLinks) {
  begin_deployed();
  commit("src/part/one", "1\n");
  commit("src/link", "1\n");
  ASSERT_STATUS(0, push());
  ASSERT_STATUS(0, shell("git rm -q -r src/part src/link && echo file > src/part && ln -s app"
                         " src/link && git add src && git commit -q -m 'feat: turned'"));
  ASSERT_STATUS(0, push());
  EXPECT_EQ(at("src/part"), "file\n");
  EXPECT_EQ(fs::read_symlink(deployed() / "src/link"), "app");
  EXPECT_EQ(differing(), "");
  ASSERT_STATUS(0, shell("git revert --no-edit HEAD && echo mine > ../app/src/link.new"));
  EXPECT_STATUS(0, push());
  EXPECT_EQ(at("src/part/one") + at("src/link"), "1\n1\n");
  EXPECT_EQ(differing(), "?? src/link.new\n");
}

// --- bad pushes -------------------------------------------------------------

TEST_F(PushToDeploy, ARollbackOnTheServerBringsAllBackAndUndoBringsItAgain) {
  begin_deployed();
  change("2");
  ASSERT_STATUS(0, push());
  write("src/migration.sql", "ALTER TABLE players ADD COLUMN guild TEXT;\n");
  write("etc/app.conf", "rate = 9\n");
  change("broken");
  git({"add", "."});
  git({"commit", "-q", "--amend", "--no-edit"});
  push();
  const auto columns = [&] {
    return shell(
               "sqlite3 ../app/var/app.db 'SELECT group_concat(name) FROM"
               " pragma_table_info(\"players\")'")
        .out;
  };
  EXPECT_EQ(columns(), "id,name,guild\n");
  const Finished said = on_server("--yes");
  EXPECT_STATUS(0, said);
  EXPECT_TRUE(contains(said.err, "those who push here: git pull first")) << said.err;
  EXPECT_EQ(at("src/app") + at("etc/app.conf") + at("current/server") + columns(),
            "2\nrate = 1\n2\nid,name\n");
  EXPECT_FALSE(fs::exists(deployed() / "src/migration.sql"));
  EXPECT_EQ(differing(), "");
  EXPECT_STATUS(0, on_server("undo --yes"));
  EXPECT_EQ(at("src/app") + at("etc/app.conf") + at("current/server") + columns(),
            "broken\nrate = 9\nbroken\nid,name,guild\n");
}

TEST_F(PushToDeploy, GoesOnAndGoesBackWhereTheServersIndexIsLost) {
  begin_deployed();
  change("2");
  ASSERT_STATUS(0, push());
  fs::remove(server() / "index");
  write_at("etc/app.conf", "rate = 5\n");
  commit("etc/app.conf", "rate = 3\n");
  expect_refused("'etc/app.conf'");
  write_at("etc/app.conf", "rate = 1\n");
  EXPECT_STATUS(0, push());
  fs::remove(server() / "index");
  EXPECT_STATUS(0, on_server("--yes --target " + points_by_age().at(1)));
  EXPECT_EQ(at("src/app") + at("etc/app.conf"), "1\nrate = 1\n");
  EXPECT_EQ(differing(), "");
}

TEST_F(PushToDeploy, AfterARollbackThePusherMergesItAndDeploysAgain) {
  begin_deployed();
  change("broken");
  push();
  ASSERT_STATUS(0, on_server("--yes --target previous"));
  change("3");
  const Finished said = push();
  EXPECT_NE(said.status, 0);
  EXPECT_TRUE(contains(said.err, "[rejected]")) << said.err;
  ASSERT_STATUS(0, shell("git fetch -q origin && git merge -q -s ours -m merge origin/main"));
  EXPECT_STATUS(0, push());
  EXPECT_EQ(at("current/server"), "3\n");
  EXPECT_EQ(server_status().at("live").at("verdict"), "stable");
}

// --- refused pushes ---------------------------------------------------------

TEST_F(PushToDeploy, IsRefusedUntilTheCommandsAreTrusted) {
  prepare();
  ASSERT_STATUS(0, push());
  change("2");
  expect_refused("are not trusted as they stand now");
  ASSERT_STATUS(0, on_server("trust --yes"));
  EXPECT_STATUS(0, push());
}

TEST_F(PushToDeploy, OfANewConfigurationIsDeployedButRunsNoneOfItsCommands) {
  begin_deployed();
  write(".rollback.yml", read(".rollback.yml") + "# mine\n");
  change("broken");
  git({"commit", "-q", "-a", "--amend", "--no-edit"});
  const Finished said = push();
  EXPECT_STATUS(0, said);
  EXPECT_TRUE(contains(said.err, "this push changes .rollback.yml")) << said.err;
  EXPECT_TRUE(contains(said.err, "the smoke test did not run")) << said.err;
  EXPECT_TRUE(contains(said.err, server().string() + " rollback trust")) << said.err;
  EXPECT_EQ(server_status().at("live").at("git_hash"), head());
  change("3");
  expect_refused("are not trusted");
}

TEST_F(PushToDeploy, OfABrokenOrMissingConfigurationIsRefused) {
  begin_deployed();
  commit(".rollback.yml", "version: 1\ncomponents:\n  app: { cod: [] }\n");
  expect_refused(".rollback.yml of " + head().substr(0, 10) + ":3:");
  git({"rm", "-q", ".rollback.yml"});
  git({"commit", "-q", "-m", "chore: none"});
  expect_refused("has no .rollback.yml");
}

TEST_F(PushToDeploy, IsRefusedWhereNoPointCanBeRecorded) {
  begin_deployed();
  ASSERT_STATUS(0, shell("rm -f ../app/var/app.db-*; echo no database > ../app/var/app.db"));
  change("2");
  expect_refused("var/app.db");
  EXPECT_TRUE(server_status().at("open_deploy").is_null());
}

TEST_F(PushToDeploy, IsRefusedWhereAChangeOnTheServerWouldBeOverwritten) {
  begin_deployed();
  write_at("src/app", "edited here\n");
  change("2");
  expect_refused("these files on the server would be overwritten: 'src/app'");
  server_git("add src/app");
  expect_refused("'src/app'");
  ASSERT_STATUS(0, shell("rm ../app/src/app"));
  server_git("reset -q src/app");
  write_at("src/extra", "made here\n");
  commit("src/extra", "made there\n");
  expect_refused("'src/extra'");
  ASSERT_STATUS(0, shell("cp src/extra ../app/src/extra"));
  EXPECT_STATUS(0, push());  // the same file is in nobody's way
  EXPECT_EQ(differing(), "");
}

TEST_F(PushToDeploy, IsRefusedWhereHeadIsOnAnotherBranch) {
  begin_deployed();
  server_git("symbolic-ref HEAD refs/heads/elsewhere");
  change("2");
  expect_refused("HEAD of the repository is on 'elsewhere', not on 'main'");
}

TEST_F(PushToDeploy, IsRefusedWhereTheFolderIsGone) {
  begin_deployed();
  ASSERT_STATUS(0, shell("mv ../app ../away"));
  change("2");
  const Finished said = push();
  EXPECT_NE(said.status, 0);
  EXPECT_TRUE(contains(said.err, "that pushes are deployed into is not there")) << said.err;
  ASSERT_STATUS(0, shell("mv ../away ../app"));
  EXPECT_STATUS(0, push());
}

TEST_F(PushToDeploy, DeletesNeitherItsBranchNorTheRecord) {
  begin_deployed();
  change("2");
  ASSERT_STATUS(0, push());
  server_git("config receive.denyDeleteCurrent false");
  const std::string kept = "for-each-ref refs/heads refs/rollback refs/notes refs/tags";
  const std::string refs = server_git(kept);
  for (const std::string words :
       {"origin :main", "origin :refs/rollback/production/live", "origin :refs/notes/rollback",
        "origin +main:refs/rollback/production/live"}) {
    EXPECT_NE(shell("git push " + words).status, 0) << words;
  }
  EXPECT_NE(shell("git push --mirror origin").status, 0);
  EXPECT_EQ(server_git(kept), refs);
}

}  // namespace
}  // namespace rollback::testing

// init --push-to-deploy: what it sets up, and what it says where it cannot.
#include <boost/filesystem/operations.hpp>
#include <nlohmann/json.hpp>

#include "os/file.h"
#include "push_to_deploy_fixture.h"

namespace rollback::testing {
namespace {

class PushToDeployInit : public PushToDeployFixture {
 protected:
  void bare() { ASSERT_STATUS(0, shell("git init -q --bare -b main ../app.git")); }

  // Says so, and changes nothing.
  void expect_no(int status, const std::string& words, const std::string& saying) {
    const char* all = "find .. | sort; cat ../app.git/config ../app.git/HEAD";
    const std::string before = shell(all).out;
    const Finished said = on_server("init " + words);
    EXPECT_STATUS(status, said);
    EXPECT_TRUE(contains(said.err, saying)) << said.err;
    EXPECT_EQ(shell(all).out, before);
  }
};

TEST_F(PushToDeployInit, MakesTheFolderAndInstallsTheHooks) {
  bare();
  const Finished said = on_server("init --push-to-deploy --work-tree ../app -- make 'a b' ''");
  EXPECT_STATUS(0, said);
  EXPECT_TRUE(contains(said.out, "pushes to 'main' are deployed into '" + deployed().string()));
  EXPECT_TRUE(fs::is_directory(deployed()));
  EXPECT_EQ(server_git("config rollback.deployWorkTree"), deployed().string() + "\n");
  EXPECT_EQ(server_git("config --get-all rollback.deployCommand"), "make\na b\n\n");
  for (const std::string name : {"pre-deploy", "post-deploy", "update", "post-receive"}) {
    EXPECT_TRUE(contains(read_file(server() / "hooks" / name), "git rollback hook " + name));
  }
}

TEST_F(PushToDeployInit, ASecondTimeDoesNothingAndChangesWhatIsGiven) {
  begin_deployed();
  const std::string before = server_git("config --list --local");
  const Finished said = on_server("init --push-to-deploy");
  EXPECT_STATUS(0, said);
  EXPECT_TRUE(contains(said.out, "nothing to do")) << said.out << said.err;
  EXPECT_EQ(server_git("config --list --local"), before);
  EXPECT_STATUS(0, on_server("init --push-to-deploy -- true"));
  EXPECT_EQ(server_git("config --get-all rollback.deployCommand"), "true\n");
  change("unbuildable");
  EXPECT_STATUS(0, push());
  EXPECT_EQ(server_status().at("live").at("verdict"), "stable");
}

TEST_F(PushToDeployInit, WorksWithoutABuildCommand) {
  bare();
  ASSERT_STATUS(0, on_server("init --push-to-deploy --work-tree=../app"));
  git({"init", "-q", "-b", "main"});
  git({"config", "user.name", "Dev"});
  git({"config", "user.email", "dev@example.org"});
  commit("index.html", "hello\n");
  const Finished said = shell("git push ../app.git main");
  EXPECT_TRUE(contains(said.err, "there is no .rollback.yml in it")) << said.err;
  EXPECT_EQ(at("index.html"), "hello\n");
  commit(".rollback.yml", "version: 1\ncomponents:\n  site: {}\n");
  ASSERT_STATUS(0, shell("git push ../app.git main"));
  commit("index.html", "bye\n");
  ASSERT_STATUS(0, shell("git push ../app.git main"));
  EXPECT_STATUS(0, on_server("--yes --target previous"));
  EXPECT_EQ(at("index.html"), "hello\n");
}

TEST_F(PushToDeployInit, TakesWhatAnotherToolCheckedOutForLive) {
  bare();
  prepare();
  ASSERT_STATUS(0, shell("rm -r ../app.git ../app; git init -q --bare -b main ../app.git;"
                         " git push -q origin main; mkdir ../app; git archive main |"
                         " tar -x -C ../app; echo 'rate = 7' > ../app/etc/app.conf"));
  const Finished said = on_server("init --push-to-deploy --work-tree ../app -- tools/build");
  EXPECT_STATUS(0, said);
  EXPECT_TRUE(contains(said.err, "1 file in '" + deployed().string() +
                                     "' differs from HEAD, such as 'etc/app.conf'"))
      << said.err;
  EXPECT_EQ(server_status().at("live").at("git_hash"), head());
  ASSERT_STATUS(0, on_server("trust --yes"));
  change("2");
  EXPECT_STATUS(0, push());
  EXPECT_EQ(at("src/app"), "2\n");
  EXPECT_EQ(at("etc/app.conf"), "rate = 7\n");
}

TEST_F(PushToDeployInit, LeavesHooksOfSomebodyElseAlone) {
  bare();
  write_file(server() / "hooks/post-receive", "#!/bin/sh\necho theirs\n");
  const Finished said = on_server("init --push-to-deploy --work-tree ../app");
  EXPECT_TRUE(contains(said.err, "hooks/post-receive' alone")) << said.err;
  EXPECT_TRUE(contains(said.err, "git rollback hook post-receive")) << said.err;
  EXPECT_EQ(read_file(server() / "hooks/post-receive"), "#!/bin/sh\necho theirs\n");
}

TEST_F(PushToDeployInit, DeploysBranchesOfAnyName) {
  prepare();
  for (const std::string name :
       {"release/1.0", "a'b;touch ${IFS}x", "\xc3\xbc$(true)", "\xff\xfe", "--"}) {
    if (name == "--") continue;
    const Finished valid = shell("git check-ref-format --branch \"$B\"", {{"B", name}});
    if (valid.status != 0) continue;
    ASSERT_STATUS(0, shell("git --git-dir=../app.git symbolic-ref HEAD \"refs/heads/$B\" && cd"
                           " ../app.git && git rollback init --push-to-deploy --branch \"$B\"",
                           {{"B", name}}));
    change(std::to_string(name.size()) + "x");
    const Finished said = shell("git push origin \"main:refs/heads/$B\"", {{"B", name}});
    EXPECT_STATUS(0, said);
    EXPECT_EQ(at("src/app"), read("src/app")) << name << said.err;
    ASSERT_STATUS(0, on_server("trust --yes"));
  }
}

TEST_F(PushToDeployInit, RefusesARepositoryThatHasAWorkTree) {
  git({"init", "-q", "-b", "main"});
  const Finished said = rollback({"init", "--push-to-deploy", "--work-tree", "../app"});
  EXPECT_STATUS(128, said);
  EXPECT_TRUE(contains(said.err, "hint: git clone --bare " + top().string())) << said.err;
  EXPECT_FALSE(fs::exists(top() / ".git/hooks/update"));
}

TEST_F(PushToDeployInit, RefusesFoldersThatDoNotFit) {
  bare();
  const std::string to = "--push-to-deploy --work-tree ";
  expect_no(128, to + "../no/such/app", "there is no folder");
  expect_no(128, to + "work", "would be inside the repository");
  expect_no(128, to + "..", "is inside the work tree");
  expect_no(128, to + "../app.git", "would be inside the repository");
  ASSERT_STATUS(0, shell("echo > ../file; git init -q ../theirs"));
  expect_no(128, to + "../file", "is no folder");
  expect_no(128, to + "../theirs", "is the work tree of another repository");
  expect_no(129, to + "''", "requires a folder");
}

TEST_F(PushToDeployInit, RefusesWordsThatDoNotFit) {
  bare();
  expect_no(129, "--push-to-deploy", "where pushes shall be deployed is missing");
  expect_no(129, "--work-tree ../app", "are for pushes that are deployed");
  expect_no(129, "--push-to-deploy --work-tree ../app --", "after '--' is missing");
  expect_no(129, "--push-to-deploy --work-tree ../app --branch 'a b'", "no valid name of a branch");
  expect_no(129, "--push-to-deploy --work-tree ../app --branch=-x", "no valid name of a branch");
  expect_no(1, "--push-to-deploy --work-tree ../app --branch other",
            "HEAD of the repository is on 'main', not on 'other'");
}

}  // namespace
}  // namespace rollback::testing

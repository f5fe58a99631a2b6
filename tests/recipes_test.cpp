// The recipes of tools/recipes, each run by its own tool where that is installed
// (apt-get install ansible-core capistrano php-cli; Deployer as `dep` in PATH).
#include <yaml-cpp/yaml.h>

#include <boost/filesystem/operations.hpp>
#include <nlohmann/json.hpp>

#include "service_fixture.h"

namespace rollback::testing {
namespace {

using nlohmann::json;

const fs::path recipes = GIT_ROLLBACK_RECIPES;

class Recipe : public ServiceFixture {
 protected:
  void SetUp() override {
    begin();
    git({"remote", "add", "origin", "."});
    write("build/server", "build by recipe\n");
    write(".git/info/exclude", "/build/\n/deploy.sh\n/cap/\n/dep/\n");
  }

  bool installed(const std::string& program) { return shell("command -v " + program).status == 0; }
  Finished must(const Finished& finished) {
    EXPECT_STATUS(0, finished);
    return finished;
  }

  // A recipe around a deploy that works: a point, a verdict, nothing left open.
  void expect_good(const Finished& said) {
    EXPECT_STATUS(0, said);
    expect_recorded("stable", said);
  }
  void expect_bad(const Finished& said) {
    EXPECT_NE(said.status, 0) << said.out << said.err;
    expect_recorded("failed", said);
  }

 private:
  void expect_recorded(const std::string& verdict, const Finished& said) {
    EXPECT_EQ(points().size(), 2) << said.out << said.err;
    const json status = json::parse(rollback({"status", "--json"}).out);
    EXPECT_TRUE(status.at("open_deploy").is_null());
    EXPECT_EQ(live().at("verdict"), verdict) << said.out << said.err;
    EXPECT_EQ(live().at("deploy"), point());
  }
};

// --- a shell script -------------------------------------------------------------

TEST_F(Recipe, ForTheShellRecordsADeploy) {
  must(shell("cp " + (recipes / "deploy.sh").string() + " ."));
  expect_good(shell("./deploy.sh"));
  EXPECT_EQ(read("current/server"), "build by recipe\n");
  EXPECT_EQ(read("current/REVISION"), git({"rev-parse", "HEAD"}) + "\n");
}

TEST_F(Recipe, ForTheShellRecordsOneThatBreaksAndEndsWithItsStatus) {
  ASSERT_STATUS(
      0, shell("sed 's/^cp .*/exit 7/' " + (recipes / "deploy.sh").string() + " > deploy.sh"));
  const Finished said = shell("sh ./deploy.sh");
  EXPECT_STATUS(7, said);
  expect_bad(said);
}

TEST_F(Recipe, ForTheShellFailsWithItsSmokeTest) {
  must(shell("cp " + (recipes / "deploy.sh").string() + " ."));
  script("tools/smoke", "exit 5");
  const Finished said = shell("./deploy.sh");
  EXPECT_STATUS(1, said);
  expect_bad(said);
}

TEST_F(Recipe, ForTheShellDeploysNothingWhereThereIsNoPoint) {
  must(shell("cp " + (recipes / "deploy.sh").string() + " ."));
  write("tools/smoke", "changed\n");  // no longer trusted
  EXPECT_NE(shell("./deploy.sh").status, 0);
  EXPECT_EQ(read("current/server"), "build 1.0\n");
}

// --- Ansible --------------------------------------------------------------------

class AnsibleRecipe : public Recipe {
 protected:
  void SetUp() override {
    if (!installed("ansible-playbook")) GTEST_SKIP() << "ansible-playbook is not installed";
    Recipe::SetUp();
  }
  Finished play(const std::string& deploy) {
    return shell("ansible-playbook -i localhost, -c local -e repo=\"$PWD\" -e '{\"deploy\": \"" +
                     deploy + "\"}' " + (recipes / "ansible.yml").string(),
                 {{"ANSIBLE_LOCALHOST_WARNING", "false"}, {"LC_ALL", "C.UTF-8"}});
  }
};

TEST_F(AnsibleRecipe, RecordsADeploy) {
  expect_good(play("tools/deploy 2.0 build"));
  EXPECT_EQ(read("current/server"), "build\n");
}

TEST_F(AnsibleRecipe, RecordsOneThatBreaks) { expect_bad(play("false")); }

// --- Capistrano -------------------------------------------------------------------

class CapistranoRecipe : public Recipe {
 protected:
  void SetUp() override {
    if (!installed("cap")) GTEST_SKIP() << "cap is not installed";
    Recipe::SetUp();
  }

  // A stage that deploys this repository to cap/app on this machine.
  void capify(const std::string& more) {
    write("cap/Capfile",
          "require 'capistrano/setup'\nrequire 'capistrano/deploy'\n"
          "require 'capistrano/scm/git'\ninstall_plugin Capistrano::SCM::Git\n");
    write("cap/config/deploy.rb", "set :application, 'app'\nset :repo_url, '" + top().string() +
                                      "'\nset :branch, 'main'\nset :deploy_to, '" +
                                      (top() / "cap/app").string() +
                                      "'\nset :sshkit_backend, SSHKit::Backend::Local\n"
                                      "load '" +
                                      (recipes / "capistrano.rb").string() +
                                      "'\nset :rollback_repo, '" + top().string() + "'\n" + more);
    write("cap/config/deploy/production.rb", "server 'localhost', roles: %w{app}\n");
    configure(
        "version: 1\ncomponents: { playerbot: { binaries: { releases: cap/app/releases,"
        " current: cap/app/current } } }\n"
        "verification: { smoke_test: [\"tools/smoke\"] }\n");
  }
  Finished deploy() { return shell("cd cap && cap production deploy", {{"LC_ALL", "C.UTF-8"}}); }
};

TEST_F(CapistranoRecipe, RecordsADeployAndTheReleaseWithItsRevision) {
  capify("");
  expect_good(deploy());
  EXPECT_EQ(live().at("git_hash"), git({"rev-parse", "HEAD"}));
  EXPECT_EQ(live().at("releases").at("playerbot").get<std::string>().size(), 14);
}

TEST_F(CapistranoRecipe, RecordsOneThatBreaks) {
  capify("after('deploy:updated', 'break') { raise 'broken' }\n");
  expect_bad(deploy());
}

TEST_F(CapistranoRecipe, CleansUpItsReleasesAsBeforeAndARollbackSwapsTheRest) {
  capify("set :keep_releases, 2\n");
  for (int i = 0; i < 3; ++i) {
    must(deploy());
    ASSERT_STATUS(0, shell("sleep 1.1"));
  }
  EXPECT_EQ(shell("ls cap/app/releases | wc -l").out, "2\n");
  EXPECT_TRUE(fs::is_directory(top() / "cap/app/releases/.git-rollback"));
  const fs::path third = fs::read_symlink(top() / "cap/app/current");
  ASSERT_STATUS(0, rollback({"--yes", "--target", "previous", "--component", "binaries"}));
  EXPECT_NE(fs::read_symlink(top() / "cap/app/current"), third);
  EXPECT_TRUE(fs::read_symlink(top() / "cap/app/current").is_absolute());
  must(deploy());
}

// --- Deployer ---------------------------------------------------------------------

TEST_F(Recipe, ForDeployerIsPhp) {
  if (!installed("php")) GTEST_SKIP() << "php is not installed";
  EXPECT_STATUS(0, shell("php -l " + (recipes / "deployer.php").string()));
}

class DeployerRecipe : public Recipe {
 protected:
  void SetUp() override {
    if (!installed("dep")) GTEST_SKIP() << "dep is not installed";
    Recipe::SetUp();
    write("dep/deploy.php",
          "<?php\nnamespace Deployer;\nrequire 'recipe/common.php';\nrequire '" +
              (recipes / "deployer.php").string() + "';\nset('repository', '" + top().string() +
              "');\nset('branch', 'main');\n"
              "localhost()->set('deploy_path', '" +
              (top() / "dep/app").string() + "')->set('rollback_repo', '" + top().string() +
              "');\n"
              "task('deploy', ['deploy:prepare', 'break', 'deploy:publish']);\n"
              "task('break', fn() => run(getenv('BREAK') ?: 'true'));\n");
    configure(
        "version: 1\ncomponents: { playerbot: { binaries: { releases: dep/app/releases,"
        " current: dep/app/current } } }\n"
        "verification: { smoke_test: [\"tools/smoke\"] }\n");
  }
  Finished deploy(const Variables& set) { return shell("cd dep && dep deploy -n", set); }
};

TEST_F(DeployerRecipe, RecordsADeployAndItsRelease) {
  expect_good(deploy({}));
  EXPECT_EQ(live().at("releases").at("playerbot"), "1");
  must(deploy({}));  // beside what the first point left in releases/
  EXPECT_EQ(live().at("releases").at("playerbot"), "2");
}

TEST_F(DeployerRecipe, RecordsOneThatBreaks) { expect_bad(deploy({{"BREAK", "false"}})); }

// --- GitHub Actions -----------------------------------------------------------------

class ActionsRecipe : public Recipe {
 protected:
  // The workflow's steps as its runner takes them: `bash -e` for each `run`, the
  // second only after the first, the third always.
  Finished run_workflow() {
    const YAML::Node steps =
        YAML::LoadFile((recipes / "github-actions.yml").string())["jobs"]["deploy"]["steps"];
    Finished last;
    int status = 0;
    Variables set{{"REPO", top().string()}, {"GITHUB_SHA", git({"rev-parse", "HEAD"})}};
    for (const auto& step : steps) {
      const bool always = step["if"] && contains(step["if"].as<std::string>(), "always()");
      if (status != 0 && !always) continue;
      if (step["env"]) set["OUTCOME"] = status == 0 ? "success" : "failure";
      last = shell(step["run"].as<std::string>(), set);
      if (status == 0) status = last.status;
    }
    last.status = status;
    return last;
  }
};

TEST_F(ActionsRecipe, RecordsADeploy) {
  commit("tools/deploy", "#!/bin/sh\necho build two > current/server\n");
  expect_good(run_workflow());
}

TEST_F(ActionsRecipe, RecordsOneThatBreaks) {
  commit("tools/deploy", "#!/bin/sh\nexit 3\n");
  expect_bad(run_workflow());
}

}  // namespace
}  // namespace rollback::testing

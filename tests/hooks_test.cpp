// What a deploy tool meets: the hooks that init installs, the points and events
// that they record, and who may run which commands.
#include <sys/stat.h>

#include <boost/filesystem/operations.hpp>
#include <nlohmann/json.hpp>

#include "service_fixture.h"
#include "store/git.h"

namespace rollback::testing {
namespace {

using nlohmann::json;

class Hooks : public ServiceFixture {
 protected:
  using Words = std::vector<std::string>;

  void SetUp() override { begin(); }

  Finished hook(const std::string& name, const Words& more = {}) {
    Words all{"hook", "run", name};
    if (!more.empty()) all.emplace_back("--");
    all.insert(all.end(), more.begin(), more.end());
    return ask_git(all);
  }
  json status() { return json::parse(rollback({"status", "--json"}).out); }
  std::string chain() {
    return git({"rev-list", "--count", "--first-parent", "refs/rollback/production/live"});
  }

  // What `git pull` brings before the deploy: new code and a new config file.
  void pull() {
    write("src/playerbot.cpp", "version 2\n");
    write("etc/playerbot.conf", "greeting = pulled\n");
    git({"commit", "-q", "-am", "feat(pull): pulled"});
  }
  void forget_the_record() {
    ASSERT_STATUS(0, shell("rm -r .git/rollback; git for-each-ref --format='delete %(refname)'"
                           " refs/rollback refs/tags refs/notes | git update-ref --stdin"));
  }
  void change_the_configuration() { write(".rollback.yml", read(".rollback.yml") + "# mine\n"); }
};

class Init : public Hooks {};
class Trust : public Hooks {};
class CommandLine : public Hooks {};

// --- init -------------------------------------------------------------------

TEST_F(Hooks, AreInstalledWhereGitSaysThatHooksLive) {
  git({"config", "core.hooksPath", "../elsewhere"});
  ASSERT_STATUS(0, rollback({"init"}));
  for (const std::string name : {"pre-deploy", "post-deploy"}) {
    EXPECT_EQ(access((scratch() / "elsewhere" / name).c_str(), X_OK), 0) << name;
  }
}

TEST_F(Hooks, OfSomebodyElseAreLeftAloneAndNamed) {
  write(".git/hooks/pre-deploy", "#!/bin/sh\necho theirs\n");
  const Finished said = rollback({"init"});
  EXPECT_TRUE(contains(said.err, ".git/hooks/pre-deploy' alone")) << said.err;
  EXPECT_EQ(read(".git/hooks/pre-deploy"), "#!/bin/sh\necho theirs\n");
}

TEST_F(Init, ASecondTimeDoesNothing) {
  const std::string before =
      world() + git({"for-each-ref"}) + shell("ls -l --full-time .git/hooks").out;
  const Finished said = rollback({"init"});
  EXPECT_STATUS(0, said);
  EXPECT_TRUE(contains(said.out, "nothing to do")) << said.out;
  EXPECT_EQ(world() + git({"for-each-ref"}) + shell("ls -l --full-time .git/hooks").out, before);
}

TEST_F(Init, AdoptsTodayAsAPointWithoutParentOrDeploy) {
  const json first = points().at(0);
  EXPECT_EQ(points().size(), 1);
  EXPECT_TRUE(first.at("parent").is_null());
  EXPECT_TRUE(first.at("deploy").is_null());
  EXPECT_EQ(live().at("parent"), first.at("point"));
  EXPECT_EQ(live().at("releases").at("playerbot"), "1.0");
}

TEST_F(Init, TakesTheCommitFromTheReleasesRevision) {
  const std::string first = git({"rev-parse", "HEAD"});
  pull();
  forget_the_record();
  write("releases/1.0/REVISION", first + "\n");
  ASSERT_STATUS(0, rollback({"init"}));
  EXPECT_EQ(live().at("git_hash"), first);
}

TEST_F(Init, WritesAConfigurationThatItCanRead) {
  forget_the_record();
  ASSERT_STATUS(0, shell("rm .rollback.yml"));
  EXPECT_STATUS(0, rollback({"init"}));
  EXPECT_STATUS(0, rollback({"record"}));
}

// --- pre-deploy -------------------------------------------------------------

TEST_F(Hooks, PreDeployRecordsAPoint) {
  EXPECT_STATUS(0, hook("pre-deploy"));
  EXPECT_EQ(points().size(), 2);
  EXPECT_TRUE(status().at("open_deploy").is_string());
}

TEST_F(Hooks, PreDeployTakesTheNextIdWhereATagOfThatNameCameFromElsewhere) {
  ASSERT_STATUS(0, shell("now=$(date +%s); for s in $(seq $((now + 1)) $((now + 20))); do git tag"
                         " rollback/production/$(date -u -d @$s +%Y%m%dT%H%M%SZ)-$(git rev-parse"
                         " --short=7 HEAD) || exit 1; done; sleep 1"));
  EXPECT_STATUS(0, hook("pre-deploy"));
  EXPECT_TRUE(contains(status().at("open_deploy"), "-2"));
}

TEST_F(Hooks, PreDeployTakesTheCommitFromLiveAndNotFromHead) {
  const json old = live().at("git_hash");
  pull();
  EXPECT_STATUS(0, hook("pre-deploy"));
  EXPECT_EQ(recorded(status().at("open_deploy")).at("git_hash"), old);
}

TEST_F(Hooks, PreDeployTakesConfigFilesThatWerePulledFromLiveToo) {
  pull();
  ASSERT_STATUS(0, hook("pre-deploy"));
  ASSERT_STATUS(0, shell("tools/deploy 2.0 'build 2.0'"));
  ASSERT_STATUS(0, hook("post-deploy", {"--status", "0"}));
  ASSERT_STATUS(0, rollback({"--yes", "--target", "previous"}));
  EXPECT_EQ(read("etc/playerbot.conf"), "greeting = hello\nrate = 1\n");
}

TEST_F(Hooks, PreDeployKeepsAConfigFileAsThisHostChangedIt) {
  write("etc/playerbot.conf", "greeting = ours\n");
  ASSERT_STATUS(0, hook("pre-deploy"));
  write("etc/playerbot.conf", "greeting = theirs\n");
  ASSERT_STATUS(0, hook("post-deploy", {"--status", "0"}));
  ASSERT_STATUS(0, rollback({"--yes", "--target", "previous", "--component", "config"}));
  EXPECT_EQ(read("etc/playerbot.conf"), "greeting = ours\n");
}

TEST_F(Hooks, PreDeployFailsWhereTheDatabaseCannotBeBackedUp) {
  ASSERT_STATUS(0, shell("rm -f var/characters.db-*; echo no database > var/characters.db"));
  const Finished said = hook("pre-deploy");
  EXPECT_NE(said.status, 0);
  EXPECT_TRUE(contains(said.err, "var/characters.db")) << said.err;
  EXPECT_EQ(points().size(), 1);
  EXPECT_TRUE(status().at("open_deploy").is_null());
}

TEST_F(Hooks, DeployRunsNothingWherePreDeployFails) {
  change_the_configuration();
  EXPECT_NE(rollback({"deploy", "--", "touch", "var/deployed"}).status, 0);
  EXPECT_FALSE(fs::exists(top() / "var/deployed"));
}

// --- post-deploy ------------------------------------------------------------

TEST_F(Hooks, PostDeployWithoutAnOpenDeployFails) {
  const std::string before = chain();
  const Finished said = hook("post-deploy", {"--status", "0"});
  EXPECT_STATUS(128, said);
  EXPECT_TRUE(contains(said.err, "no deploy is open")) << said.err;
  EXPECT_EQ(chain(), before);
}

TEST_F(Hooks, PostDeployExtendsTheChainWhateverTheStatus) {
  const int before = std::stoi(chain());
  ASSERT_STATUS(0, hook("pre-deploy"));
  hook("post-deploy", {"--status", "3"});
  EXPECT_EQ(std::stoi(chain()), before + 1);
  EXPECT_TRUE(status().at("open_deploy").is_null());
}

TEST_F(Hooks, PostDeployWithAStatusMakesTheDeployAFailedOne) {
  ASSERT_STATUS(0, hook("pre-deploy"));
  const json point = status().at("open_deploy");
  hook("post-deploy", {"--status", "3"});
  EXPECT_EQ(live().at("verdict"), "failed");
  EXPECT_EQ(events("deploy").back().at("status"), 3);
  EXPECT_EQ(events("deploy").back().at("deploy"), point);
}

TEST_F(Hooks, PostDeployTakesTheCommitFromHead) {
  ASSERT_STATUS(0, hook("pre-deploy"));
  pull();
  ASSERT_STATUS(0, hook("post-deploy", {"--status", "0"}));
  EXPECT_EQ(live().at("git_hash"), git({"rev-parse", "HEAD"}));
}

TEST_F(Hooks, PostDeployTakesTheCommitThatItIsTold) {
  pull();
  ASSERT_STATUS(0, hook("pre-deploy"));
  ASSERT_STATUS(0, hook("post-deploy", {"--status", "0", "--commit", "HEAD~1"}));
  EXPECT_EQ(live().at("git_hash"), git({"rev-parse", "HEAD~1"}));
}

TEST_F(Hooks, PostDeployTakesASmokeTestThatPassesForFullHealth) {
  ASSERT_STATUS(0, hook("pre-deploy"));
  EXPECT_STATUS(0, hook("post-deploy", {"--status", "0"}));
  EXPECT_EQ(events("health").back().at("score"), 100);
  EXPECT_EQ(live().at("verdict"), "stable");
}

TEST_F(Hooks, PostDeployTakesASmokeTestThatFailsForAFailedBuild) {
  script("tools/smoke", "exit 1");
  ASSERT_STATUS(0, hook("pre-deploy"));
  EXPECT_STATUS(1, hook("post-deploy", {"--status", "0"}));
  EXPECT_EQ(events("trigger").back().at("trigger"), "build_failure");
  EXPECT_EQ(live().at("verdict"), "failed");
}

TEST_F(Hooks, PostDeployNeedsAStatus) {
  ASSERT_STATUS(0, hook("pre-deploy"));
  for (const Words& arguments :
       {Words{}, {"--status", "garbage"}, {"--status", "-1"}, {"--status"}}) {
    EXPECT_STATUS(129, hook("post-deploy", arguments));
  }
}

// --- deploy -----------------------------------------------------------------

TEST_F(Hooks, DeployEndsWithTheStatusOfItsCommand) {
  EXPECT_STATUS(7, rollback({"deploy", "--", "sh", "-c", "exit 7"}));
  EXPECT_STATUS(127, rollback({"deploy", "--", "no-such-command"}));
  EXPECT_STATUS(0, rollback({"deploy", "--", "true"}));
}

TEST_F(Hooks, DeployEndsWithOneWhereItsSmokeTestFails) {
  script("tools/smoke", "exit 5");
  EXPECT_STATUS(1, rollback({"deploy", "--", "true"}));
}

TEST_F(Hooks, InsideADeployRecordNothingTwice) {
  const size_t before = points().size();
  const int records = std::stoi(chain());
  ASSERT_STATUS(0, rollback({"deploy", "--", "sh", "-c",
                             "git hook run pre-deploy && tools/deploy 1.2 'build 1.2' &&"
                             " git hook run post-deploy -- --status 0"}));
  EXPECT_EQ(points().size(), before + 1);
  EXPECT_EQ(std::stoi(chain()), records + 1);
}

TEST_F(Hooks, FindTheLockFreeWhileADeploysCommandRuns) {
  EXPECT_STATUS(0, rollback({"deploy", "--", "git-rollback", "record"}));  // the lock is free
}

TEST_F(Hooks, TheLastFiveGoodBuildsAreKeptAndBadOnesPushNoneOut) {
  const auto deploy = [this](const std::string& name, const std::string& how) {
    return rollback({"deploy", "--", "sh", "-c", "tools/deploy " + name + " 'build'; exit " + how});
  };
  for (const std::string name : {"g1", "g2", "g3"}) ASSERT_STATUS(0, deploy(name, "0"));
  for (const std::string name : {"b1", "b2", "b3"}) ASSERT_STATUS(1, deploy(name, "1"));
  for (const std::string name : {"g4", "g5", "g6"}) ASSERT_STATUS(0, deploy(name, "0"));
  EXPECT_EQ(shell("ls releases | grep -v b").out, "g2\ng3\ng4\ng5\ng6\n");
}

// --- trust ------------------------------------------------------------------

TEST_F(Trust, IsLostWhenTheConfigurationChanges) {
  deploy_good();
  change_the_configuration();
  expect_refusal({"--yes", "--target", "previous"}, "git rollback trust");
  EXPECT_STATUS(1, hook("pre-deploy"));
}

TEST_F(Trust, IsLostWhenAScriptChanges) {
  deploy_good();
  write("tools/smoke", read("tools/smoke") + "# mine\n");
  expect_refusal({"--yes", "--target", "previous"}, "git rollback trust");
  EXPECT_STATUS(1, hook("pre-deploy"));
}

TEST_F(Trust, IsNeededBeforePreDeployRecordsAnything) {
  ASSERT_STATUS(0, shell("rm -r \"$XDG_DATA_HOME\""));
  const Finished said = hook("pre-deploy");
  EXPECT_STATUS(1, said);
  EXPECT_TRUE(contains(said.err, "git rollback trust")) << said.err;
  EXPECT_EQ(points().size(), 1);
}

TEST_F(Trust, DoesNotComeWithAClone) {
  git({"clone", "-q", "--no-tags", ".", "../clone"});
  const Finished said = shell("cd ../clone && git-rollback init && git-rollback hook pre-deploy");
  EXPECT_EQ(said.status, 1);
  EXPECT_TRUE(contains(said.err, "git rollback trust")) << said.err;
}

TEST_F(Trust, IsNotNeededForReadingVerbs) {
  deploy_good();
  change_the_configuration();
  const std::string first = points().at(0).at("point");
  for (const Words& verb :
       {Words{"list"}, {"show", first}, {"status"}, {"--dry-run", "--target", first}}) {
    EXPECT_STATUS(0, rollback(verb)) << verb[0];
  }
}

TEST_F(Trust, AsksAPersonOrNeedsYes) {
  change_the_configuration();
  const Finished said = rollback({"trust"});
  EXPECT_STATUS(1, said);
  EXPECT_TRUE(contains(said.out, "tools/smoke")) << said.out;
  EXPECT_STATUS(1, hook("pre-deploy"));
}

TEST_F(Trust, OfTheNewConfigurationLetsTheHooksRunAgain) {
  change_the_configuration();
  ASSERT_STATUS(0, rollback({"trust", "--yes"}));
  EXPECT_STATUS(0, hook("pre-deploy"));
}

TEST_F(Trust, ThatOthersMayWriteIsNone) {
  ASSERT_STATUS(0, shell("chmod -R o+w \"$XDG_DATA_HOME\""));
  EXPECT_STATUS(1, hook("pre-deploy"));
}

// --- the command line -------------------------------------------------------

TEST_F(Hooks, PutBackTagsThatAFetchHasDeleted) {
  deploy_good();
  const std::string tags = git({"for-each-ref", "refs/tags/"});
  ASSERT_STATUS(0, shell("git clone -q --bare . ../remote.git"
                         " && git -C ../remote.git tag | xargs git -C ../remote.git tag -d"
                         " && git remote add origin ../remote.git"));
  git({"fetch", "-q", "--prune", "--prune-tags", "origin"});
  ASSERT_EQ(git({"for-each-ref", "refs/tags/"}), "");
  const Finished hook = rollback({"hook", "pre-deploy"});
  ASSERT_STATUS(0, hook);
  EXPECT_TRUE(contains(hook.out, "put back the tags of 2 points")) << hook.out;
  for (const auto line : split(tags, '\n')) {
    EXPECT_TRUE(contains(git({"for-each-ref", "refs/tags/"}), std::string(line)));
  }
}

TEST_F(CommandLine, RefusesVerbsAndOptionsThatDoNotExist) {
  expect_refusal({"nosuch"}, "'nosuch'", 129);
  expect_refusal({"hook", "nosuch"}, "'nosuch'", 129);
  expect_refusal({"hook"}, "which hook", 129);
  expect_refusal({"--nosuch"}, "'--nosuch'", 129);
  expect_refusal({"list", "--nosuch"}, "'--nosuch'", 129);
}

TEST_F(CommandLine, NamesTheArgumentThatIsMissing) {
  expect_refusal({"show"}, "'<point>' is missing", 129);
  expect_refusal({"mark", point()}, "'<verdict>' is missing", 129);
}

TEST_F(CommandLine, SaysOfVerbsThatTheyAreNotBuiltYet) {
  for (const std::string verb :
       {"health", "check", "watch", "unlatch", "drill", "schedule", "report"}) {
    expect_refusal({verb}, "'git rollback " + verb + "' is not built yet", 129);
  }
}

TEST_F(CommandLine, SaysOfOptionsThatTheyAreNotBuiltYet) {
  for (const Words& arguments : {
           Words{"--schedule", "2024-01-23 03:00"},
           {"--canary"},
           {"--canary=1,25%"},
           {"show", "--script", "HEAD"},
       }) {
    const Finished said = rollback(arguments);
    EXPECT_STATUS(129, said) << arguments[0];
    EXPECT_TRUE(contains(said.err, "not built yet")) << arguments.back() << ": " << said.err;
  }
}

TEST_F(CommandLine, HelpOfEveryVerbNamesItsOptions) {
  const std::map<std::string, Words> options{
      {"",
       {"--target", "--component", "--components", "--rows", "--emergency", "--dry-run", "-n",
        "--drop-undeployed", "--preserve", "--no-preserve", "--conflicts", "--accept-data-loss",
        "--again", "--reason", "--yes", "-y", "--json", "--continue", "--abort"}},
      {"undo",
       {"--rows", "--conflicts", "--accept-data-loss", "--dry-run", "--reason", "--yes", "--json"}},
      {"init", {"--commit"}},
      {"doctor", {"--json"}},
      {"trust", {"--yes", "--system"}},
      {"deploy", {"<command>"}},
      {"hook", {"pre-deploy", "post-deploy"}},
      {"record", {"--version", "--component", "--reason", "--at", "--commit", "--release"}},
      {"list", {"--max-count", "--json"}},
      {"show", {"--json"}},
      {"status", {"--json"}},
      {"mark", {"stable", "failed", "--reason"}}};
  for (const auto& [verb, names] : options) {
    const Finished help = rollback(verb.empty() ? Words{"-h"} : Words{verb, "-h"});
    EXPECT_STATUS(129, help);
    EXPECT_TRUE(help.out.starts_with("usage: git rollback " + verb)) << help.out;
    for (const auto& name : names) EXPECT_TRUE(contains(help.out, name)) << verb << " " << name;
  }
}

}  // namespace
}  // namespace rollback::testing

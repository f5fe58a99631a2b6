// What is typed wrongly: one clear sentence, the exit code of the contract, and
// nothing changed. Disks that are full, and a link moved under our feet.
#include <sys/mount.h>
#include <unistd.h>

#include <boost/filesystem/operations.hpp>
#include <nlohmann/json.hpp>

#include "os/error.h"
#include "part/binaries/binaries_part.h"
#include "service_fixture.h"

namespace rollback::testing {
namespace {

struct Typed {
  std::vector<std::string> arguments;
  int status;
  std::string saying;
};

class BadArguments : public ServiceFixture {
 protected:
  void expect_each_refused(const std::vector<Typed>& all) {
    const std::string before = world(), refs = git({"for-each-ref"});
    for (const auto& [arguments, status, saying] : all) {
      const Finished said = rollback(arguments);
      std::string typed;
      for (const auto& argument : arguments) typed += " '" + argument.substr(0, 60) + "'";
      EXPECT_STATUS(status, said) << typed;
      EXPECT_TRUE(contains(said.err, saying)) << typed << " said: " << said.err;
      EXPECT_EQ(said.err.find("error: ", 1), std::string::npos) << typed << said.err;
      EXPECT_EQ(said.err.find("fatal: ", 1), std::string::npos) << typed << said.err;
      EXPECT_EQ(git({"for-each-ref"}), refs) << typed;
    }
    EXPECT_EQ(world(), before);
    EXPECT_EQ(leftovers(), "");
  }
};

TEST_F(BadArguments, EachIsOneClearErrorThatChangesNothing) {
  a_bad_deploy();
  const std::string id = point(), longer(100000, 'x');
  expect_each_refused({
      {{"lst"}, 129, "did you mean: git rollback list"},
      {{"stauts"}, 129, "did you mean: git rollback status"},
      {{"reco"}, 129, "did you mean: git rollback record"},
      {{"frobnicate"}, 129, "'frobnicate' is no verb"},
      {{""}, 129, "'' is no verb"},
      {{longer}, 129, "is no verb"},
      {{"--frobnicate"}, 129, "unknown option '--frobnicate'"},
      {{"--schedule", "03:00"}, 129, "hint: at or cron can run it: git rollback --target <point> "},
      {{"-x"}, 129, "unknown option '-x'"},
      {{"--", "-x"}, 129, ""},
      {{"--target"}, 129, "'--target' requires a value"},
      {{"--target=--foo", "--yes"}, 129, "'--foo' is no point"},
      {{"--target=-x", "--yes"}, 129, "'-x' is no point"},
      {{"--target=", "--yes"}, 129, "'' is no point"},
      {{"--target", "", "--yes"}, 129, "'' is no point"},
      {{"--target", "HEAD\n--foo", "--yes"}, 129, "is no point"},
      {{"--target", "^HEAD", "--yes"}, 129, "is no point"},
      {{"--target", "HEAD..main", "--yes"}, 129, "is no point"},
      {{"--target", "HEAD:src", "--yes"}, 129, "is no point"},
      {{"--target", ":/feat", "--yes"}, 129, "is no point"},
      {{"--target", "main@{garbage}", "--yes"}, 129, "is no point"},
      {{"--target", "garbage", "--yes"}, 129, "is no point"},
      {{"--target", "../../etc/passwd", "--yes"}, 129, "is no point"},
      {{"--target", "caf\xe9", "--yes"}, 129, "caf\\xe9"},
      {{"--target", longer, "--yes"}, 129, "is no point"},
      {{"--component", "nobody", "--yes"}, 129, "'nobody'"},
      {{"--component", "", "--yes"}, 129, "its value is empty"},
      {{"--component=", "--yes"}, 129, "option '--component' names nothing: its value is empty"},
      {{"--components=", "--yes"}, 129, "option '--components' names nothing"},
      {{"--components", "", "--yes"}, 129, "option '--components' names nothing"},
      {{"--components", "", "--yes"}, 129, "hint: git rollback -h\n"},
      {{"--component", ",", "--yes"}, 129, "its value is empty"},
      {{"--component", "playerbot/", "--yes"}, 129, "'' is no part"},
      {{"--component", "playerbot/nothing", "--yes"}, 129, "nothing"},
      {{"--component", "../x", "--yes"}, 129, "'..' is neither a component nor a part"},
      {{"--component", "play\ner", "--yes"}, 129, "play\\x0aer"},
      {{"--rows", "some", "--yes"}, 129, "'some' is no value of --rows"},
      {{"--accept-data-loss", "all", "--yes"}, 129, "'all' is no value of --accept-data-loss"},
      {{"--component", "code", "--rows", "restore", "--yes"}, 129, "about a database"},
      {{"--component", "config", "--drop-undeployed", "--yes"}, 129, "about code"},
      {{"--preserve"}, 129, "'--preserve' requires a value"},
      {{"--preserve=", "--yes"}, 129, "option '--preserve' names nothing: its value is empty"},
      {{"--preserve", ",", "--yes"}, 129, "option '--preserve' names nothing"},
      {{"--preserve", "hotfixes,", "--yes"}, 129, "an empty name in '--preserve hotfixes,'"},
      {{"--preserve", "hotfixes,,HEAD", "--yes"}, 129, "an empty name in '--preserve hotfixes,,H"},
      {{"--preserve=,HEAD", "--yes"}, 129, "an empty name in '--preserve ,HEAD'"},
      {{"--no-preserve"}, 129, "'--no-preserve' requires a value"},
      {{"--no-preserve", "", "--yes"}, 129, "option '--no-preserve' names nothing"},
      {{"--no-preserve", "HEAD,", "--yes"}, 129, "an empty name in '--no-preserve HEAD,'"},
      {{"--preserve", "hotfix", "--yes"}, 129, "'hotfix' of --preserve is neither a class of com"},
      {{"--preserve", "hotfix", "--dry-run"}, 129, "'hotfix' of --preserve is neither a class"},
      {{"--no-preserve", "hotfixes", "--yes"}, 129, "'hotfixes' of --no-preserve is no commit"},
      {{"--preserve", "HEAD", "--no-preserve", "main"},
       129,
       "in both --preserve and --no-preserve"},
      {{"--preserve", "--all", "--yes"}, 129, ""},
      {{"--preserve=--all", "--yes"}, 129, "'--all' of --preserve is neither"},
      {{"--conflicts"}, 129, "'--conflicts' requires a value"},
      {{"--conflicts=", "--yes"}, 129, "'' is no value of --conflicts"},
      {{"--conflicts=theirs", "--yes"}, 129, "'theirs' is no value of --conflicts"},
      {{"--component", "config", "--preserve", "hotfixes"}, 129, "--preserve is about code"},
      {{"--component", "config", "--no-preserve", "HEAD"}, 129, "--no-preserve is about code"},
      {{"--component", "config", "--conflicts=stop"}, 129, "--conflicts is about code"},
      {{"--continue", "--abort"}, 129, "stand alone"},
      {{"--continue", "--conflicts=skip"}, 129, "stand alone"},
      {{"--continue", "--target", id}, 129, "stand alone"},
      {{"--abort", "--dry-run"}, 129, "stand alone"},
      {{"--continue"}, 128, "no rollback is in progress"},
      {{"--abort"}, 128, "no rollback is in progress"},
      {{"undo", "--target", id}, 129, "unknown option '--target'"},
      {{"undo", id}, 129, "too many arguments"},
      {{"undo", "--preserve", "hotfixes"}, 129, "unknown option '--preserve'"},
      {{"undo", "--no-preserve", "HEAD"}, 129, "unknown option '--no-preserve'"},
      {{"undo", "--conflicts=ours"}, 129, "'ours' is no value of --conflicts"},
      {{"undo", "--yes"}, 1, "no rollback"},
      {{"list", "-n", "0"}, 129, "'0' is no number of points"},
      {{"list", "-n", "-1"}, 129, "-1"},
      {{"list", "-n", "99999999999999"}, 129, "is no number"},
      {{"list", "extra"}, 129, "too many arguments: 'extra'"},
      {{"show"}, 129, "'<point>' is missing"},
      {{"show", "nothing"}, 129, "'nothing' names no point"},
      {{"show", ""}, 129, "'' names no point"},
      {{"show", "--", "-x"}, 129, "'-x' names no point"},
      {{"mark", id}, 129, "missing"},
      {{"mark", id, "good"}, 129, "'good' is no value"},
      {{"mark", "", "stable"}, 129, "'' names no point"},
      {{"mark", "nothing", "stable"}, 129, "'nothing' names no point"},
      {{"record", "--component", "nobody"}, 129, "'nobody'"},
      {{"record", "extra"}, 129, "too many arguments"},
      {{"deploy"}, 129, "missing"},
      {{"deploy", "true"}, 129, "hint: git rollback deploy -- true\n"},
      {{"deploy", "sh", "-c", "a b"}, 129, "hint: git rollback deploy -- sh -c 'a b'\n"},
      {{"deploy", "-x"}, 129, "hint: git rollback deploy -h\n"},
      {{"deploy", "--"}, 129, "missing"},
      {{"hook"}, 129, "which hook"},
      {{"hook", "post-commit"}, 129, "'post-commit' is no hook"},
      {{"hook", "post-deploy"}, 129, "--status is missing"},
      {{"hook", "post-deploy", "--status", "many"}, 129, "'many' is no exit status"},
      {{"hook", "post-deploy", "--status", "-1"}, 129, "-1"},
      {{"hook", "post-deploy", "--status", "256"},
       129,
       "'256' is no exit status: allowed are 0 to 255"},
      {{"hook", "post-deploy", "--status", "256"}, 129, "hint: git rollback hook post-deploy --st"},
      {{"hook", "post-deploy", "--statu"}, 129, "hint: git rollback hook post-deploy -h\n"},
      {{"hook", "post-deploy", "--status", "0", "--commit", "--all"}, 128, "'--all' names no"},
      {{"trust", "extra"}, 129, "too many arguments"},
      {{"init", "--bare"}, 129, "unknown option '--bare'"},
  });
}

TEST_F(BadArguments, ADeployCommandThatIsNotThereIsAFailedDeploy) {
  begin();
  const Finished said = rollback({"deploy", "--", "no-such-command"});
  EXPECT_STATUS(127, said);
  EXPECT_TRUE(contains(said.err, "no-such-command")) << said.err;
}

TEST_F(BadArguments, BadValuesInGitsConfigurationAreNamedByTheirKey) {
  a_bad_deploy();
  for (const auto& [key, value] :
       std::vector<std::pair<std::string, std::string>>{{"rollback.environment", "../x"},
                                                        {"rollback.environment", "a b"},
                                                        {"rollback.environment", ""},
                                                        {"rollback.environment", "live"},
                                                        {"rollback.environment", "caf\xe9"},
                                                        {"rollback.environment", "x.lock"},
                                                        {"rollback.environment", "x\x1b[31m"},
                                                        {"rollback.tags", "perhaps"},
                                                        {"rollback.minimalLoss", "-1"},
                                                        {"rollback.minimalLoss", "many"},
                                                        {"rollback.closureLimit", "-1"},
                                                        {"rollback.closureLimit", "all"},
                                                        {"rollback.commandTimeout", "1e9"}}) {
    const std::string before = world(), refs = git({"for-each-ref"});
    const Finished said = shell(
        "git -c " + key + "=\"$VALUE\" rollback --component playerbot --yes", {{"VALUE", value}});
    EXPECT_TRUE(said.status == 129 || said.status == 1) << key << value << said.status;
    EXPECT_TRUE(contains(said.err, key == "rollback.environment" ? "environment" : key))
        << said.err;
    EXPECT_EQ(said.err.find('\x1b'), std::string::npos);
    EXPECT_EQ(world(), before);
    EXPECT_EQ(git({"for-each-ref"}), refs);
  }
}

// Names of refs, releases and config files with any bytes that git and the file
// system allow: taken as they are, shown harmless, and back byte for byte.
TEST_F(BadArguments, OddNamesOfBranchTagReleaseAndFileWork) {
  begin();
  git({"checkout", "-q", "-b", "caf\xe9/'quoted\"$(x)"});
  git({"tag", "-m", "x", "-a", "v'\xe9%s"});
  std::string yaml = read(".rollback.yml");
  yaml.replace(yaml.find("etc/playerbot.conf"), 18,
               "etc/playerbot.conf\", \"etc/-dash 'n' \xc3\xa9 %41.conf\", \"etc/ .conf");
  write("etc/-dash 'n' \xc3\xa9 %41.conf", "one\n");
  write("etc/ .conf", "one\n");
  git({"add", "."});
  configure(yaml);
  const std::string release = "-r '1'\n\xe9%41 \"";
  ASSERT_STATUS(0, shell("mkdir -p \"releases/$R\" && echo 'build 1.1' > \"releases/$R/server\"",
                         {{"R", release}}));
  write("src/playerbot.cpp", "version 1.1\n");
  git({"commit", "-q", "-am", "feat(odd): names"});
  ASSERT_STATUS(0, rollback({"deploy", "--", "sh", "-c",
                             "ln -sfn \"releases/$R\" current && tools/ctl start"},
                            {{"R", release}}));
  write("etc/-dash 'n' \xc3\xa9 %41.conf", "two\n");
  write("etc/ .conf", "two\n");
  deploy_bad();
  const std::string bad = service() + shell("cat etc/*").out;
  ASSERT_STATUS(0, rollback({"--component", "playerbot", "--yes"}));
  EXPECT_EQ(fs::read_symlink(top() / "current").string(), "releases/" + release);
  EXPECT_EQ(read("etc/-dash 'n' \xc3\xa9 %41.conf"), "one\n");
  EXPECT_EQ(read("src/playerbot.cpp"), "version 1.1\n");
  EXPECT_EQ(leftovers(), "");
  ASSERT_STATUS(0, rollback({"undo", "--yes"}));
  EXPECT_EQ(service() + shell("cat etc/*").out, bad);
}

// --- full disks ------------------------------------------------------------

class FullDisk : public BadArguments {
 protected:
  // Puts a small file system under a folder of the service, with what is in it.
  void SetUp() override {
    if (geteuid() != 0) GTEST_SKIP() << "needs root to mount a small file system";
    a_bad_deploy();
  }
  void TearDown() override {
    for (const auto& folder : mounted_) umount2(folder.c_str(), MNT_DETACH);
  }
  bool shrink(const std::string& folder) {
    const std::string path = (top() / folder).string();
    EXPECT_STATUS(0, shell("mv '" + path + "' ../aside && mkdir '" + path + "'"));
    const bool done = mount("tmpfs", path.c_str(), "tmpfs", 0, "size=16m") == 0;
    if (done) mounted_.push_back(path);
    EXPECT_STATUS(0, shell("cp -a ../aside/. '" + path + "' && rm -rf ../aside"));
    return done;
  }
  // So many KiB are left; it is full for everybody.
  void fill(const std::string& folder, int left) {
    shell("cd '" + folder +
          "' && dd if=/dev/zero of=.ballast bs=1024 count=100000 2>/dev/null;"
          " truncate -s -" +
          std::to_string(left) + "K .ballast");
  }
  void empty(const std::string& folder) { shell("rm -f '" + folder + "/.ballast'"); }

  // At each amount of room: it goes through, or says so once and is back, or
  // can be brought back, at the start.
  void expect_all_or_nothing(const std::string& folder) {
    if (!shrink(folder)) GTEST_SKIP() << "cannot mount here";
    const std::string start = service();
    int refused = 0;
    for (int left = 0; left < 400; left += left < 16 ? 4 : left < 64 ? 16 : 64) {
      fill(folder, left);
      const Finished said = rollback({"--component", "playerbot", "--yes"});
      if (said.status != 0) {
        ++refused;
        EXPECT_TRUE(contains(said.err, "fatal: ") || contains(said.err, "error: ")) << said.err;
      }
      empty(folder);
      if (said.status != 0) rollback({"--abort"});
      if (said.status != 0) {
        EXPECT_EQ(service(), start) << left << " KiB left\n" << said.err;
        EXPECT_EQ(leftovers(), "") << left << " KiB left\n" << said.err;
      } else {
        EXPECT_EQ(back(), "code database config binaries ") << left;
        ASSERT_STATUS(0, rollback({"undo", "--yes"}));
        EXPECT_EQ(service(), start);
        break;
      }
    }
    EXPECT_STATUS(0, rollback({"record"}));
    EXPECT_STATUS(0, ask_git({"fsck", "--no-dangling"}));
    printf("%d times there was no room in %s\n", refused, folder.c_str());
    EXPECT_GT(refused, 0);
  }

  std::vector<std::string> mounted_;
};

TEST_F(FullDisk, OfTheRepositoryIsAllOrNothing) { expect_all_or_nothing(".git"); }
TEST_F(FullDisk, OfTheStateIsAllOrNothing) { expect_all_or_nothing(".git/rollback"); }
TEST_F(FullDisk, OfTheDatabaseIsAllOrNothing) { expect_all_or_nothing("var"); }
TEST_F(FullDisk, OfTheConfigFilesIsAllOrNothing) { expect_all_or_nothing("etc"); }

// --- moved under our feet --------------------------------------------------

TEST_F(BadArguments, ALinkThatIsMovedBetweenCheckAndSwapIsPutBackAndNamed) {
  begin();
  ASSERT_STATUS(0, shell("tools/deploy 1.1 one; tools/deploy 2.0 two; mkdir releases/theirs"));
  const auto part =
      make_binaries_part("playerbot", {.releases = "releases", .current = "current"}, top());
  const std::string prepared = nlohmann::json{
      {"operation", "20260101T000000Z-abcdef0"},
      {"before", "releases/2.0"},
      {"after", "releases/1.1"},
      {"release", "2.0"},
      {"hash", ""}}.dump();
  const auto steps = part->steps(prepared);
  auto& step = *steps.swap.at(0);
  ASSERT_EQ(step.observe().what, Observation::before);
  ASSERT_STATUS(0, shell("ln -sfn releases/theirs current"));
  EXPECT_THROW(step.apply(), Refused);
  EXPECT_EQ(fs::read_symlink(top() / "current"), "releases/theirs");
  EXPECT_EQ(step.observe().what, Observation::foreign);
  ASSERT_STATUS(0, shell("ln -sfn releases/2.0 current"));
  step.apply();
  EXPECT_EQ(step.observe().what, Observation::after);
  ASSERT_STATUS(0, shell("ln -sfn releases/theirs current"));
  EXPECT_THROW(step.revert(), Refused);
  EXPECT_EQ(fs::read_symlink(top() / "current"), "releases/theirs");
  part->discard("20260101T000000Z-abcdef0");
  EXPECT_EQ(leftovers(), "");
}

}  // namespace
}  // namespace rollback::testing

// `init` on a service that already runs: releases that another tool made, a
// link that names the one that runs, deploys by a script that knows nothing of
// git-rollback. It must become the first point without a change to any of it.
#include <boost/filesystem/operations.hpp>
#include <nlohmann/json.hpp>

#include "os/file.h"
#include "service_fixture.h"

namespace rollback::testing {
namespace {

using nlohmann::json;

class Adoption : public ServiceFixture {
 protected:
  void SetUp() override {
    git({"init", "-q", "-b", "main"});
    git({"config", "user.name", "Tester"});
    git({"config", "user.email", "tester@example.org"});
    for (const std::string text : {"one", "two", "three"}) {
      write("src/app", text + "\n");
      git({"add", "src"});
      git({"commit", "-q", "-m", "feat(app): " + text});
    }
  }

  std::string id(int age) { return git({"rev-parse", "HEAD~" + std::to_string(age)}); }
  std::string place(const std::string& name) { return (scratch() / name).string(); }

  // A folder as Capistrano keeps it, two releases in it, the second live.
  void capistrano(const std::string& name, const std::string& revision) {
    ASSERT_STATUS(0, shell("mkdir -p '../" + name + "' && cd '../" + name +
                           "' && mkdir -p releases/20261101100000 releases/20261102100000"
                           "  shared/config shared/db"
                           " && echo 'Branch main (at x) deployed' > revisions.log"
                           " && echo build 1 > releases/20261101100000/app"
                           " && echo build 2 > releases/20261102100000/app"
                           " && ln -s \"$PWD/releases/20261102100000\" current"));
    write_file(scratch() / name / "releases/20261102100000/REVISION", revision);
  }
  void plain(const std::string& folder) {
    ASSERT_STATUS(0, shell("cd '" + folder +
                           "' && mkdir -p releases/1 releases/2 && echo a > releases/1/app"
                           " && echo b > releases/2/app && ln -s releases/2 current"));
  }

  std::string configuration() { return read(".rollback.yml"); }
  // Everything in the scratch folder but what git-rollback says that it makes.
  std::string everything_else() {
    return shell(
               "cd ..; find . \\( -path ./home -o -path ./world/.rollback.yml"
               " -o -name .git-rollback -o -path ./world/.git/objects"
               " -o -path ./world/.git/rollback -o -path '*/refs/rollback'"
               " -o -path '*/refs/tags/rollback' -o -path '*/hooks/p*-deploy'"
               " -o -path ./world/.git/info/exclude \\) -prune"
               " -o -type d -printf '%p %m %U %G\\n'"
               " -o -printf '%p %y %m %U %G %s %T@ %l\\n' | sort;"
               "find . -name .git-rollback -prune -o -path ./home -prune -o -path ./world/.git"
               " -prune -o -type f ! -name .rollback.yml -exec sha256sum {} + | sort;"
               "cat world/.git/HEAD world/.git/config; sha256sum world/.git/index")
        .out;
  }
  size_t number_of_points() { return points().size(); }
};

TEST_F(Adoption, TakesCapistranosReleasesAndTheCommitOfTheirRevision) {
  capistrano("app", id(1) + "\n");
  const Finished said = rollback({"init"});
  ASSERT_STATUS(0, said);
  EXPECT_TRUE(contains(said.out, "releases of Capistrano in '" + place("app/releases") + "'"))
      << said.out;
  EXPECT_TRUE(contains(configuration(), "releases: \"" + place("app/releases") + "\"\n"));
  EXPECT_TRUE(contains(configuration(), "current: \"" + place("app/current") + "\"\n"));
  EXPECT_EQ(live().at("git_hash"), id(1));
  EXPECT_EQ(live().at("releases").at("app"), "20261102100000");
  EXPECT_EQ(points().at(0).at("components"), json::parse(R"(["code", "binaries"])"));
}

TEST_F(Adoption, ChangesNothingThatItDidNotMake) {
  capistrano("app", id(0) + "\n");
  write("notes", "not committed\n");
  const std::string before = everything_else();
  ASSERT_TRUE(contains(before, "20261102100000/app"));
  ASSERT_STATUS(0, rollback({"init"}));
  ASSERT_STATUS(0, rollback({"doctor"}));
  EXPECT_EQ(everything_else(), before);
}

TEST_F(Adoption, StandsInNoOtherToolsListOfReleases) {
  capistrano("app", id(0) + "\n");
  ASSERT_STATUS(0, rollback({"init"}));
  ASSERT_TRUE(fs::exists(scratch() / "app/releases/.git-rollback"));
  EXPECT_EQ(shell("cd ../app && ls -x releases | xargs").out, "20261101100000 20261102100000\n");
  EXPECT_EQ(shell("cd ../app/releases && ls -1 -d */").out, "20261101100000/\n20261102100000/\n");
}

TEST_F(Adoption, LeavesTheRemovalOfOldReleasesToTheToolThatMadeThem) {
  capistrano("app", id(0) + "\n");
  ASSERT_STATUS(0, rollback({"init"}));
  EXPECT_TRUE(contains(configuration(), "keep: 1000 ")) << configuration();
}

TEST_F(Adoption, TakesDeployersReleasesAndNotTheOneThatIsBeingBuilt) {
  ASSERT_STATUS(0, shell("cd .. && mkdir -p .dep releases/1 releases/2 && echo 2 > "
                         ".dep/latest_release && ln -s releases/2 release && ln -s releases/1 "
                         "current && echo a > releases/1/app"));
  const Finished said = rollback({"init"});
  EXPECT_TRUE(contains(said.out, "releases of Deployer")) << said.out << said.err;
  EXPECT_EQ(live().at("releases").size(), 1);
  EXPECT_EQ(live().at("releases").begin().value(), "1");
}

TEST_F(Adoption, NamesPlainReleasesInTheWorkTreeByRelativePaths) {
  plain(".");
  ASSERT_STATUS(0, rollback({"init"}));
  EXPECT_TRUE(contains(configuration(), "releases: \"releases\"\n")) << configuration();
  EXPECT_EQ(live().at("releases").at("world"), "2");
}

TEST_F(Adoption, WarnsOfReleasesThatGitDoesNotIgnore) {
  plain(".");
  write(".gitignore", "/releases/\n");
  const Finished said = rollback({"init"});
  EXPECT_TRUE(contains(said.err, "echo '/current' >> .gitignore")) << said.err;
  EXPECT_FALSE(contains(said.err, "'releases'")) << said.err;
}

TEST_F(Adoption, TakesTheLinkThatNamesTheReleaseWhereSeveralLeadToIt) {
  ASSERT_STATUS(0, shell("mkdir -p releases/1 && echo a > releases/1/app &&"
                         " ln -s releases/1 active && ln -s active current"));
  const Finished said = rollback({"init"});
  EXPECT_TRUE(contains(configuration(), "current: \"active\"\n")) << configuration();
  EXPECT_TRUE(contains(said.err, "leads on to")) << said.err;
  EXPECT_EQ(live().at("releases").at("world"), "1");
}

TEST_F(Adoption, TakesTheOnlyLinkWhateverItsName) {
  ASSERT_STATUS(0, shell("mkdir -p releases/1 && echo a > releases/1/app && ln -s releases/1 www"));
  ASSERT_STATUS(0, rollback({"init"}));
  EXPECT_TRUE(contains(configuration(), "current: \"www\"\n")) << configuration();
}

TEST_F(Adoption, NamesTheLinksWhereItCannotTellWhichIsLive) {
  ASSERT_STATUS(0, shell("mkdir -p releases/1 releases/2 && ln -s releases/1 blue &&"
                         " ln -s releases/2 green"));
  const Finished said = rollback({"init"});
  EXPECT_TRUE(contains(said.err, "/blue'") && contains(said.err, "/green'")) << said.err;
  EXPECT_TRUE(contains(configuration(), "# binaries:")) << configuration();
}

TEST_F(Adoption, SaysThatAFolderCalledCurrentCannotBeSwapped) {
  ASSERT_STATUS(0, shell("mkdir -p releases/1 current"));
  const Finished said = rollback({"init"});
  EXPECT_TRUE(contains(said.err, "current' is a folder")) << said.err;
  EXPECT_EQ(number_of_points(), 1);
}

TEST_F(Adoption, LeavesTheReleasesOfAnotherRepositoryAlone) {
  capistrano("stranger", "1234567890123456789012345678901234567890\n");
  const Finished said = rollback({"init"});
  EXPECT_TRUE(contains(said.err, "left the releases in '" + place("stranger/releases") + "' alone"))
      << said.err;
  EXPECT_TRUE(contains(configuration(), "# binaries:"));
  EXPECT_FALSE(fs::exists(scratch() / "stranger/releases/.git-rollback"));
}

TEST_F(Adoption, TakesNoneOfTwoServicesAndNamesBoth) {
  capistrano("one", id(0));
  capistrano("two", id(0));
  const Finished said = rollback({"init"});
  EXPECT_TRUE(contains(said.err, "one/releases") && contains(said.err, "two/releases")) << said.err;
  EXPECT_TRUE(contains(configuration(), "# binaries:"));
}

TEST_F(Adoption, SaysThatAWorkTreeInReleasesIsNoPlaceForTheRecord) {
  ASSERT_STATUS(0, shell("mkdir -p ../app/releases && git clone -q . ../app/releases/7 &&"
                         " ln -s releases/7 ../app/current"));
  const Finished said = shell("cd ../app/releases/7 && git-rollback init");
  EXPECT_TRUE(contains(said.err, "is itself a release")) << said.err;
}

TEST_F(Adoption, SuggestsFilesInCommentsAndTakesNoneOfThem) {
  capistrano("app", id(0));
  ASSERT_STATUS(0, shell("cd ../app/shared && echo 'a: 1' > config/database.yml &&"
                         " sqlite3 db/live.sqlite3 'CREATE TABLE t(a)' && echo no > db/other.db"));
  const std::string database = read_file(scratch() / "app/shared/db/live.sqlite3");
  ASSERT_STATUS(0, rollback({"init"}));
  EXPECT_TRUE(
      contains(configuration(), "# config: [\"" + place("app/shared/config/database.yml") + "\"]"));
  EXPECT_TRUE(contains(configuration(),
                       "#   - url: \"sqlite:" + place("app/shared/db/live.sqlite3") + "\""));
  EXPECT_FALSE(contains(configuration(), "other.db"));
  EXPECT_EQ(points().at(0).at("components"), json::parse(R"(["code", "binaries"])"));
  EXPECT_EQ(read_file(scratch() / "app/shared/db/live.sqlite3"), database);
}

TEST_F(Adoption, SuggestsWhatInEtcHasTheServicesName) {
  if (!fs::is_regular_file("/etc/adduser.conf")) GTEST_SKIP() << "no /etc/adduser.conf here";
  ASSERT_STATUS(0, shell("git clone -q . ../adduser && cd ../adduser && git-rollback init"));
  EXPECT_TRUE(contains(read_file(scratch() / "adduser/.rollback.yml"),
                       "# config: [\"/etc/adduser.conf\"]"));
}

TEST_F(Adoption, UnderstandsItsOwnSuggestions) {
  capistrano("app", id(0));
  ASSERT_STATUS(0, shell("cd ../app/shared && echo 'a: 1' > config/database.yml &&"
                         " sqlite3 db/live.sqlite3 'CREATE TABLE t(a)'"));
  ASSERT_STATUS(0, rollback({"init"}));
  ASSERT_STATUS(0,
                shell("sed -i -e 's/# config/config/' -e 's/# database/database/'"
                      " -e 's/#   - url/  - url/' -e 's/#     tables/    tables/' .rollback.yml"));
  EXPECT_STATUS(0, rollback({"record"}));
  EXPECT_EQ(points().at(0).at("components"),
            json::parse(R"(["code", "db", "config", "binaries"])"));
}

TEST_F(Adoption, WritesPathsWithSpacesAndQuotesSoThatTheyAreRead) {
  capistrano("my \"own\" \\app", id(0));
  ASSERT_STATUS(0, rollback({"init"}));
  EXPECT_EQ(live().at("releases").begin().value(), "20261102100000");
}

TEST_F(Adoption, LeavesAConfigurationThatIsThereAsItIs) {
  capistrano("app", id(0));
  const std::string mine = "version: 1\ncomponents: { mine: { code: [\"src\"] } }\n";
  write(".rollback.yml", mine);
  ASSERT_STATUS(0, rollback({"init"}));
  EXPECT_EQ(configuration(), mine);
  EXPECT_EQ(number_of_points(), 1);
}

TEST_F(Adoption, RefusesAMirrorWhosePruneWouldDeleteThePoints) {
  ASSERT_STATUS(0, shell("mkdir ../app && git clone -q --mirror . ../app/repo"));
  const Finished said = shell("cd ../app/repo && git-rollback init");
  EXPECT_STATUS(1, said);
  EXPECT_TRUE(contains(said.err, "mirror of 'origin'")) << said.err;
  EXPECT_TRUE(contains(said.err, "hint: git clone '" + top().string())) << said.err;
  EXPECT_FALSE(fs::exists(scratch() / "app/repo/rollback"));
}

// --- what runs, by REVISION ---------------------------------------------------

class Revision : public Adoption {};

TEST_F(Revision, MayBeTheBeginningOfAnId) {
  capistrano("app", id(2).substr(0, 8) + " \r\nmore\n");
  ASSERT_STATUS(0, rollback({"init"}));
  EXPECT_EQ(live().at("git_hash"), id(2));
}

TEST_F(Revision, MayBeATag) {
  git({"tag", "v1", "HEAD~2"});
  capistrano("app", "v1\n");
  const Finished said = rollback({"init"});
  EXPECT_EQ(live().at("git_hash"), id(2));
  EXPECT_FALSE(contains(said.err, "branch")) << said.err;
}

TEST_F(Revision, ThatIsABranchIsTakenWithAWarning) {
  git({"branch", "stable", "HEAD~1"});
  capistrano("app", "stable\n");
  const Finished said = rollback({"init"});
  EXPECT_EQ(live().at("git_hash"), id(1));
  EXPECT_TRUE(contains(said.err, "'stable', a branch")) << said.err;
}

TEST_F(Revision, ThatIsABranchAtOriginIsFoundThere) {
  git({"branch", "stable", "HEAD~1"});
  capistrano("app", "stable\n");
  ASSERT_STATUS(0, shell("git clone -q . ../clone"));
  const Finished said = shell("cd ../clone && git-rollback init && git-rollback status");
  EXPECT_TRUE(contains(said.out, id(1).substr(0, 10))) << said.out << said.err;
}

TEST_F(Revision, ThatIsNotHereRecordsNothingUntilSomebodyKnows) {
  capistrano("app", id(1));
  ASSERT_STATUS(0, rollback({"init"}));
  ASSERT_STATUS(0, shell("rm -r .git/rollback; git for-each-ref --format='delete %(refname)'"
                         " refs/rollback refs/tags | git update-ref --stdin"));
  write_file(scratch() / "app/releases/20261102100000/REVISION",
             "1234567890123456789012345678901234567890\n");
  const Finished said = rollback({"init"});
  EXPECT_TRUE(contains(said.err, "'1234567890123456789012345678901234567890'")) << said.err;
  EXPECT_TRUE(contains(said.err, "nothing was recorded: git fetch")) << said.err;
  EXPECT_EQ(number_of_points(), 0);
  EXPECT_STATUS(0, rollback({"init", "--commit", "HEAD~1"}));
  EXPECT_EQ(live().at("git_hash"), id(1));
}

TEST_F(Revision, ThatIsNoCommitAtAllMeansHeadWithAWarning) {
  plain(".");
  write("releases/2/REVISION", "build \x1b[31m77\n");
  const Finished said = rollback({"init"});
  EXPECT_EQ(live().at("git_hash"), id(0));
  EXPECT_TRUE(contains(said.err, "'build \\x1b[31m77', which is no commit")) << said.err;
}

TEST_F(Revision, ThatIsEmptyOrAFolderMeansHead) {
  plain(".");
  write("releases/2/REVISION/what", "ever\n");
  ASSERT_STATUS(0, rollback({"init"}));
  EXPECT_EQ(live().at("git_hash"), id(0));
}

TEST_F(Revision, ThatIsNotHereFailsAPostDeployWithTheCommandsThatHelp) {
  plain(".");
  ASSERT_STATUS(0, rollback({"init"}));
  ASSERT_STATUS(0, rollback({"hook", "pre-deploy"}));
  write("releases/2/REVISION", "deadbeefdeadbeef\n");
  const Finished said = rollback({"hook", "post-deploy", "--status", "0"});
  EXPECT_STATUS(128, said);
  EXPECT_TRUE(contains(said.err, "hint: git fetch")) << said.err;
  EXPECT_STATUS(0, rollback({"hook", "post-deploy", "--status", "0", "--commit", "HEAD"}));
}

TEST_F(Revision, GivesWayToTheCommitThatInitIsTold) {
  capistrano("app", id(0));
  ASSERT_STATUS(0, rollback({"init", "--commit", "HEAD~2"}));
  EXPECT_EQ(live().at("git_hash"), id(2));
  const Finished again = rollback({"init", "--commit", "HEAD"});
  EXPECT_STATUS(129, again);
  EXPECT_TRUE(contains(again.err, "it has begun")) << again.err;
}

TEST_F(Revision, NorACommitThatIsNoneIsTaken) {
  const std::string before = shell("find . -printf '%p %T@\\n' | sort").out;
  const Finished said = rollback({"init", "--commit", "nosuch"});
  EXPECT_STATUS(128, said);
  EXPECT_TRUE(contains(said.err, "'nosuch' names no commit")) << said.err;
  EXPECT_EQ(shell("find . -printf '%p %T@\\n' | sort").out, before);
}

// --- the whole of it ------------------------------------------------------------

TEST_F(Adoption, OfAServiceThatAScriptDeploysBringsBackItsBuildAndItsConfigInEtc) {
  capistrano("app", id(0) + "\n");
  ASSERT_STATUS(0, shell("mkdir ../etc && echo 'rate = 1' > ../etc/app.conf &&"
                         " chmod 640 ../etc/app.conf"));
  ASSERT_STATUS(0, rollback({"init"}));
  ASSERT_STATUS(0, shell("sed -i 's|^    # config:.*|    config: [\"" + place("etc/app.conf") +
                         "\"]|' .rollback.yml && git add .rollback.yml && git commit -qm config &&"
                         " git rev-parse HEAD > ../app/releases/20261102100000/REVISION"));
  const Finished deployed =
      rollback({"deploy", "--", "sh", "-ec",
                "cd ../app; mkdir releases/20261103100000; echo bad > releases/20261103100000/app;"
                " git -C ../world rev-parse HEAD > releases/20261103100000/REVISION;"
                " ln -sfn \"$PWD/releases/20261103100000\" current;"
                " echo 'rate = 9' > ../etc/app.conf; chmod 644 ../etc/app.conf"});
  ASSERT_STATUS(0, deployed);
  ASSERT_STATUS(0, rollback({"--yes", "--target", "previous"}));
  EXPECT_EQ(fs::read_symlink(scratch() / "app/current"), place("app/releases/20261102100000"));
  EXPECT_EQ(shell("cat ../etc/app.conf; stat -c %a ../etc/app.conf").out, "rate = 1\n640\n");
}

}  // namespace
}  // namespace rollback::testing

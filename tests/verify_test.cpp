// git rollback verify: damage is done by hand to each store of a real service,
// and must be named.
#include <gtest/gtest.h>

#include <boost/filesystem/operations.hpp>
#include <nlohmann/json.hpp>

#include "service_fixture.h"
#include "store/git.h"

namespace rollback::testing {
namespace {

class Verify : public ServiceFixture {
 protected:
  void SetUp() override { a_bad_deploy(); }

  // The point that a rollback would go to, and the others, newest first.
  std::string parent() { return live().at("parent"); }
  std::string nth(size_t age) { return points().at(age).at("point"); }

  // The point is named as damaged, with these words, and `verify` ends with 1.
  void expect_wrong(const std::string& saying, const std::vector<std::string>& more = {}) {
    std::vector<std::string> arguments{"verify"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    const Finished said = rollback(arguments);
    EXPECT_STATUS(1, said);
    EXPECT_TRUE(contains(said.out, "wrong: ")) << said.out << said.err;
    EXPECT_TRUE(contains(said.out, saying)) << "said instead: " << said.out << said.err;
  }

  std::string backup_table() {
    std::string name = sql("SELECT backup FROM git_rollback_backups WHERE point = '" + parent() +
                           "' AND name = 'playerbot'");
    name.pop_back();
    return name;
  }

  // The file of a loose object.
  fs::path object(const std::string& id) {
    return top() / ".git/objects" / id.substr(0, 2) / id.substr(2);
  }

  void remove_object(const std::string& id) {
    ASSERT_TRUE(fs::exists(object(id))) << id;
    fs::remove(object(id));
  }
};

TEST_F(Verify, IsContentWithAPointAsItWasRecorded) {
  const Finished said = rollback({"verify"});
  ASSERT_STATUS(0, said);
  EXPECT_EQ(said.out, parent() + ": good\n");
  EXPECT_TRUE(contains(said.err, "signatures and shared libraries are not looked at"));
}

TEST_F(Verify, WithoutAPointLooksAtWhatARollbackWouldNeed) {
  const std::string last_stable = parent();
  ASSERT_STATUS(1, rollback({"deploy", "--", "false"}));
  ASSERT_NE(parent(), last_stable);
  const Finished said = rollback({"verify"});
  ASSERT_STATUS(0, said);
  EXPECT_EQ(said.out, parent() + ": good\n" + last_stable + ": good\n");
}

TEST_F(Verify, TakesPointsByNameAndAllOfThem) {
  const std::string first = nth(2), newest = nth(0);
  EXPECT_EQ(
      rollback({"verify", newest, first, newest.substr(0, 23), "rollback/production/" + first}).out,
      newest + ": good\n" + first + ": good\n");
  const Finished all = rollback({"verify", "--all"});
  ASSERT_STATUS(0, all);
  for (size_t age = 0; age < 3; ++age) EXPECT_TRUE(contains(all.out, nth(age) + ": good\n"));
}

TEST_F(Verify, NamesTheFileOfAReleaseThatChanged) {
  write("releases/1.1/server", "build 1.1, patched by hand\n");
  write("releases/1.1/core", "dumped\n");
  expect_wrong("playerbot/binaries: release '1.1': 'server' has other contents");
  expect_wrong("playerbot/binaries: release '1.1': 'core' is new");
  fs::remove(top() / "releases/.git-rollback/1.1.manifest");
  expect_wrong("release '1.1' is not what the point recorded");
  fs::remove_all(top() / "releases/1.1");
  expect_wrong("release '1.1' is no longer in '");
}

TEST_F(Verify, NamesABackupWithOtherRows) {
  const std::string table = backup_table();
  sql("UPDATE \"" + table + "\" SET name = 'eve' WHERE name = 'ada'");
  expect_wrong(
      "playerbot/database: the backup of table 'playerbot' of database"
      " 'var/characters.db' has other rows in '" +
      table + "'");
  sql("DELETE FROM \"" + table + "\" WHERE name = 'eve'");
  expect_wrong("has 2 rows in '" + table + "', and 3 rows were recorded");
  sql("DROP TABLE \"" + table + "\"");
  expect_wrong("is gone: there is no table '" + table + "'");
  sql("DELETE FROM git_rollback_backups");
  expect_wrong("is not in the database's registry");
  fs::rename(top() / "var/characters.db", top() / "var/elsewhere.db");
  expect_wrong("database 'var/characters.db' is not there");
}

TEST_F(Verify, APointOfADatabaseWithoutTablesIsGood) {
  std::string yaml = read(".rollback.yml");
  const std::string tables = "tables: [\"playerbot\"";
  ASSERT_TRUE(contains(yaml, tables)) << yaml;
  yaml.replace(yaml.find(tables), tables.size(), "tables: [\"bot_of_later\"");
  yaml.replace(yaml.find("\"playerbot_*\""), 13, "\"later_*\"");
  configure(yaml);
  ASSERT_STATUS(0, rollback({"record"}));
  ASSERT_TRUE(contains(recorded(point()).at("components").dump(), "db"));
  const Finished said = rollback({"verify", point()});
  EXPECT_STATUS(0, said);
  EXPECT_TRUE(contains(said.out, "  note: playerbot/database: no table is recorded")) << said.out;
}

TEST_F(Verify, LooksAtDisplacedTablesToo) {
  ASSERT_STATUS(0, rollback({"--component", "playerbot", "--yes"}));
  ASSERT_STATUS(0, rollback({"verify", "--all"}));
  std::string table =
      sql("SELECT backup FROM git_rollback_backups WHERE kind = 'displaced'"
          " AND name = 'playerbot'");
  table.pop_back();
  sql("UPDATE \"" + table + "\" SET guild = 'thieves'");
  expect_wrong("has other rows in '" + table + "'", {nth(0)});
}

TEST_F(Verify, NamesAConfigFileThatItsSnapshotDoesNotHold) {
  const std::string blob =
      git({"rev-parse", "refs/rollback/production/config:playerbot/tree/etc/playerbot.conf"});
  const std::string other = git({"rev-parse", "HEAD:.gitignore"});
  const fs::path file = object(blob);
  fs::permissions(file, fs::add_perms | fs::owner_write);
  fs::copy_file(object(other), file, fs::copy_options::overwrite_existing);
  expect_wrong("playerbot/config: 'etc/playerbot.conf' ");
  fs::remove(file);
  expect_wrong("playerbot/config: 'etc/playerbot.conf' cannot be read from its snapshot");
}

TEST_F(Verify, NamesAConfigSnapshotThatIsNotHere) {
  remove_object(git({"rev-parse", "refs/rollback/production/config"}));
  expect_wrong("playerbot/config: the config snapshot of point '" + parent() +
               "' is not in this repository");
}

TEST_F(Verify, NamesACommitOrATreeThatIsNotHere) {
  const std::string commit =
      git({"rev-parse", "refs/rollback/production/points/" + parent() + "^{}"});
  const std::string blob = git({"rev-parse", commit + ":src/playerbot.cpp"});
  remove_object(blob);
  expect_wrong("playerbot/code: commit " + commit +
               " is not whole in this repository: 1 object"
               " missing");
  remove_object(commit);
  expect_wrong("playerbot/code: commit " + commit + " is not whole in this repository");
}

TEST_F(Verify, NamesATagThatIsDamagedMovedOrOfAnotherPoint) {
  const std::string id = parent(), ref = "refs/rollback/production/points/" + id;
  const std::string tag = git({"rev-parse", ref});
  const std::string other = git({"rev-parse", "refs/rollback/production/points/" + nth(1)});
  git({"update-ref", "refs/tags/rollback/production/" + id, other});
  expect_wrong("the tag 'rollback/production/" + id + "' is at " + other);
  git({"update-ref", "refs/tags/rollback/production/" + id, tag});
  git({"update-ref", ref, other});
  expect_wrong("it was moved or renamed", {id});
  git({"update-ref", ref, tag});
  ASSERT_STATUS(0, rollback({"verify", id}));
  fs::permissions(object(tag), fs::add_perms | fs::owner_write);
  fs::copy_file(object(other), object(tag), fs::copy_options::overwrite_existing);
  expect_wrong(tag, {"--all"});
  fs::remove(object(tag));
  expect_wrong("the tag object " + tag + " cannot be read", {"--all"});
}

TEST_F(Verify, ATagThatAFetchPrunedIsToldOfAndNoDamage) {
  git({"tag", "-d", "rollback/production/" + parent()});
  const Finished said = rollback({"verify"});
  EXPECT_STATUS(0, said);
  EXPECT_TRUE(
      contains(said.out, "note: the tag 'rollback/production/" + parent() + "' is not there"))
      << said.out;
  git({"config", "rollback.tags", "false"});
  EXPECT_EQ(rollback({"verify"}).out, parent() + ": good\n");
}

TEST_F(Verify, WhatIsOnAnotherHostIsSaidToBeThere) {
  const std::string id = parent();
  const std::string tag = "refs/rollback/production/points/" + id;
  ASSERT_STATUS(0, shell("git cat-file tag " + tag +
                         " | sed 's/^Rollback-Host: .*/Rollback-Host:"
                         " elsewhere/' | git mktag > ../tag && git update-ref " +
                         tag + " $(cat ../tag) && git update-ref refs/tags/rollback/production/" +
                         id + " $(cat ../tag)"));
  fs::remove_all(top() / "releases/1.1");
  const Finished said = rollback({"verify", id});
  EXPECT_STATUS(0, said);
  EXPECT_TRUE(contains(said.out,
                       "note: playerbot/binaries: not looked at, since its store is on"
                       " host 'elsewhere'"))
      << said.out;
  EXPECT_FALSE(contains(said.out, "playerbot/code")) << said.out;
}

TEST_F(Verify, SaysItAsJson) {
  write("releases/1.1/server", "patched\n");
  const Finished said = rollback({"verify", "--json"});
  EXPECT_STATUS(1, said);
  const auto object = nlohmann::json::parse(said.out);
  EXPECT_EQ(object.at("format"), 1);
  EXPECT_EQ(object.at("points").at(0).at("point"), parent());
  EXPECT_EQ(object.at("points").at(0).at("good"), false);
  EXPECT_EQ(object.at("points").at(0).at("findings").at(0).at("what"),
            "playerbot/binaries: release '1.1': 'server' has other contents");
  EXPECT_EQ(object.at("not_built").size(), 2U);
}

TEST_F(Verify, RefusesWhatNamesNoPoint) {
  expect_refusal({"verify", "nonsense"}, "'nonsense' names no point", 129);
  expect_refusal({"verify", "--all", parent()}, "name none beside it", 129);
  expect_refusal({"verify", "--al"}, "unknown option '--al'", 129);
}

TEST_F(Verify, RebuildsADamagedIndex) {
  write(".git/rollback/index.db", "no database at all\n");
  const Finished said = rollback({"verify", "--rebuild-index"});
  ASSERT_STATUS(0, said);
  EXPECT_EQ(said.out, "rebuilt the index: 3 points\n" + parent() + ": good\n");
  fs::remove(top() / ".git/rollback/index.db");
  fs::create_directories(top() / ".git/rollback/index.db/in the way");
  ASSERT_STATUS(0, rollback({"verify", "--rebuild-index"}));
  // Well-formed, and wrong.
  ASSERT_STATUS(0, shell("sqlite3 .git/rollback/index.db 'DELETE FROM points'"));
  ASSERT_STATUS(0, rollback({"verify", "--rebuild-index"}));
  EXPECT_EQ(points().size(), 3U);
}

TEST_F(Verify, SaysSoWhereThereIsNothingYet) {
  ASSERT_STATUS(0, shell("rm -rf .git/rollback && git for-each-ref --format='delete %(refname)'"
                         " refs/rollback refs/tags refs/notes | git update-ref --stdin"));
  const Finished said = rollback({"verify"});
  EXPECT_STATUS(0, said);
  EXPECT_EQ(said.out, "");
  EXPECT_TRUE(contains(said.err, "there is no point to go back to yet"));
  EXPECT_STATUS(0, rollback({"verify", "--all"}));
}

}  // namespace
}  // namespace rollback::testing

// A service as the README tells of it, in a scratch folder: a repository with
// a `playerbot` component, releases behind a `current` link, a config file, an
// SQLite database, a ctl script and a smoke test. All of it is real; the
// program under test is the built git-rollback.
#pragma once

#include <gtest/gtest.h>

#include <boost/filesystem/path.hpp>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "os/process.h"

namespace rollback::testing {

namespace fs = boost::filesystem;

class ServiceFixture : public ::testing::Test {
 protected:
  ServiceFixture() : ServiceFixture("world") {}
  explicit ServiceFixture(const std::string& folder);  // what the work tree is called
  ~ServiceFixture() override;

  // The work tree; moved aside and back by save() and restore().
  const fs::path& top() const { return top_; }
  const fs::path& scratch() const { return scratch_; }

  // A repository with a first commit, its configuration trusted, initialised.
  void begin();
  // A deploy that passes its smoke test: version "1.1".
  void deploy_good();
  // Code, config, schema and binary change; the smoke test fails: version "2.0".
  void deploy_bad();
  // begin, deploy_good, a row, deploy_bad, a row: four players in all.
  void a_bad_deploy();

  void save();     // keeps a copy of the work tree as it is now
  void restore();  // and puts it back, at the same path

  using Variables = std::map<std::string, std::string>;
  const Variables& variables() const { return environment_; }  // what programs here run with
  Finished rollback(const std::vector<std::string>& arguments, const Variables& set = {});
  std::string git(const std::vector<std::string>& arguments);  // must succeed
  Finished ask_git(const std::vector<std::string>& arguments);
  Finished shell(const std::string& script, const Variables& set = {});  // in the work tree
  std::string sql(const std::string& statements);  // by sqlite3(1), with a busy timeout

  void write(const std::string& path, const std::string& text);
  std::string read(const std::string& path);
  void configure(const std::string& yaml);  // writes .rollback.yml, commits, trusts

  // The id of the newest point, or of the one before it, and so on.
  std::string point(int age = 0);

  // The same and more, as the program's JSON has it.
  nlohmann::json points();                         // newest first
  nlohmann::json live();                           // what `status` says about it
  nlohmann::json events(const std::string& kind);  // of all commits, oldest first
  // Of a --dry-run --json with these arguments, which must end with 0.
  nlohmann::json plan(const std::vector<std::string>& arguments);

  nlohmann::json recorded(const std::string& point);  // that one of points()

  // The program must refuse these arguments, saying so, and change nothing.
  void expect_refusal(const std::vector<std::string>& arguments, const std::string& saying,
                      int status = 1);
  // Which parts are as before deploy_bad(): "code database config binaries ".
  std::string back();
  // Another script in place of one of the service's, not committed but trusted.
  void script(const std::string& path, const std::string& lines);
  void commit(const std::string& path, const std::string& text);  // a "feat(late)"

  // What `undo` gives back byte for byte: trees, files, the link, tables, rows.
  std::string service();
  // The state that a rollback is about, ids and times left out: trees, branches,
  // work tree, index, link, files, tables with their exact SQL and rows.
  std::string world();
  // What must never be left behind: lock files, incoming tables and files.
  std::string leftovers();

 private:
  fs::path scratch_, top_;
  Variables environment_;
};

// Succeeds when the program ended with this status; else shows what it said.
::testing::AssertionResult ended_with(int status, const Finished& finished);
#define EXPECT_STATUS(status, finished) \
  EXPECT_TRUE(::rollback::testing::ended_with(status, finished))
#define ASSERT_STATUS(status, finished) \
  ASSERT_TRUE(::rollback::testing::ended_with(status, finished))

bool contains(const std::string& text, const std::string& part);

}  // namespace rollback::testing

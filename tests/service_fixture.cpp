#include "service_fixture.h"

#include <boost/filesystem/operations.hpp>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <regex>

#include "os/file.h"
#include "scratch_parent.h"
#include "store/git.h"

namespace rollback::testing {
namespace {

constexpr const char* configuration = R"(version: 1
components:
  playerbot:
    database: { url: "sqlite:var/characters.db", tables: ["playerbot", "playerbot_*"] }
    config: ["etc/playerbot.conf"]
    binaries:
      releases: releases
      current: current
      stop: ["tools/ctl", "stop"]
      start: ["tools/ctl", "start"]
verification: { smoke_test: ["tools/smoke"] }
)";

constexpr const char* ctl = R"(#!/bin/sh
# The server's life, as far as these tests need it: a file that says it runs.
case $1 in
  start) cat current/server > var/running ;;
  stop) rm -f var/running ;;
esac
)";

constexpr const char* smoke = R"(#!/bin/sh
# The server runs, and it is not the build that is broken.
grep -q build var/running || { echo "the server does not run"; exit 1; }
! grep -q broken var/running || { echo "the server answers wrongly"; exit 1; }
)";

// deploy.sh <release> <what the build is>
constexpr const char* deploy_script = R"(#!/bin/sh
set -e
mkdir -p releases/$1
echo "$2" > releases/$1/server
ln -sfn releases/$1 current.new && mv -T current.new current
tools/ctl start
)";

std::string without_ids(const std::string& text) {
  static const std::regex id("[0-9]{8}T[0-9]{6}Z[-_][0-9a-f]{7}(-[0-9]+)?");
  return std::regex_replace(text, id, "ID");
}

}  // namespace

ServiceFixture::ServiceFixture(const std::string& folder) {
  std::string pattern = (scratch_parent() / "git-rollback-test-XXXXXX").string();
  scratch_ = fs::canonical(mkdtemp(pattern.data()));
  top_ = scratch_ / folder;
  fs::create_directories(top_);
  fs::create_directories(scratch_ / "home");
  const char* path = getenv("PATH");
  environment_ = {{"HOME", (scratch_ / "home").string()},
                  {"XDG_DATA_HOME", (scratch_ / "home/data").string()},
                  {"XDG_CONFIG_HOME", (scratch_ / "home/config").string()},
                  {"PATH", std::string(GIT_ROLLBACK_BIN) + ":" + (path != nullptr ? path : "")},
                  {"GIT_CONFIG_NOSYSTEM", "1"},
                  {"TZ", "UTC"}};
}

ServiceFixture::~ServiceFixture() {
  if (getenv("GIT_ROLLBACK_KEEP_SCRATCH") != nullptr) {
    printf("scratch folder kept: %s\n", scratch_.c_str());
    return;
  }
  boost::system::error_code ignored;
  fs::remove_all(scratch_, ignored);
}

void ServiceFixture::begin() {
  git({"init", "-q", "-b", "main"});
  git({"config", "user.name", "Tester"});
  git({"config", "user.email", "tester@example.org"});
  write(".gitignore", "/var/\n/releases/\n/current\n");
  write("src/playerbot.cpp", "version 1\n");
  write("etc/playerbot.conf", "greeting = hello\nrate = 1\n");
  for (const auto& [name, text] : std::map<std::string, std::string>{
           {"tools/ctl", ctl}, {"tools/smoke", smoke}, {"tools/deploy", deploy_script}}) {
    write(name, text);
    fs::permissions(top_ / name, fs::add_perms | fs::owner_exe | fs::group_exe | fs::others_exe);
  }
  write(".rollback.yml", configuration);
  fs::create_directories(top_ / "var");
  sql("PRAGMA journal_mode=WAL;"
      "CREATE TABLE playerbot(id INTEGER PRIMARY KEY, name TEXT NOT NULL);"
      "CREATE INDEX playerbot_by_name ON playerbot(name);"
      "INSERT INTO playerbot(name) VALUES ('ada'), ('ben');");
  ASSERT_STATUS(0, shell("tools/deploy 1.0 'build 1.0'"));
  git({"add", "."});
  git({"commit", "-q", "-m", "feat(core): the first version"});
  ASSERT_STATUS(0, rollback({"init"}));
  ASSERT_STATUS(0, rollback({"trust", "--yes"}));
}

void ServiceFixture::deploy_good() {
  write("src/playerbot.cpp", "version 1.1\n");
  git({"commit", "-q", "-am", "feat(chat): whisper"});
  ASSERT_STATUS(0, rollback({"deploy", "--", "tools/deploy", "1.1", "build 1.1"}));
}

void ServiceFixture::deploy_bad() {
  write("src/playerbot.cpp", "version 2\n");
  write("src/raid.cpp", "raids\n");
  write("etc/playerbot.conf", "greeting = hello raiders\nrate = 9\n");
  git({"add", "."});
  git({"commit", "-q", "-m", "feat(raid): add raids"});
  const Finished deployed =
      rollback({"deploy", "--", "sh", "-c",
                "sqlite3 var/characters.db 'ALTER TABLE playerbot ADD COLUMN guild TEXT;"
                " CREATE TABLE playerbot_guild(id INTEGER PRIMARY KEY, name TEXT);"
                " CREATE TRIGGER playerbot_born AFTER INSERT ON playerbot BEGIN SELECT 1; END;'"
                " && tools/deploy 2.0 'build 2.0 broken'"});
  ASSERT_STATUS(1, deployed);
}

void ServiceFixture::a_bad_deploy() {
  begin();
  deploy_good();
  sql("INSERT INTO playerbot(name) VALUES ('cat')");
  deploy_bad();
  sql("INSERT INTO playerbot(name) VALUES ('dan')");
}

void ServiceFixture::save() { ASSERT_STATUS(0, shell("rm -rf ../saved && cp -a . ../saved")); }

void ServiceFixture::restore() {
  ASSERT_STATUS(0, shell("cd .. && rm -rf world && cp -a saved world"));
}

Finished ServiceFixture::rollback(const std::vector<std::string>& arguments, const Variables& set) {
  Command command{.argv = {GIT_ROLLBACK_BIN "/git-rollback"}, .directory = top_};
  command.argv.insert(command.argv.end(), arguments.begin(), arguments.end());
  command.set = environment_;
  for (const auto& [name, value] : set) command.set[name] = value;
  command.own_group = true;  // a fail point kills its whole process group
  return run(command);
}

Finished ServiceFixture::ask_git(const std::vector<std::string>& arguments) {
  Command command{.argv = {"git"}, .directory = top_};
  command.argv.insert(command.argv.end(), arguments.begin(), arguments.end());
  command.set = environment_;
  return run(command);
}

std::string ServiceFixture::git(const std::vector<std::string>& arguments) {
  Finished finished = ask_git(arguments);
  EXPECT_STATUS(0, finished);
  if (finished.out.ends_with('\n')) finished.out.pop_back();
  return finished.out;
}

Finished ServiceFixture::shell(const std::string& script, const Variables& set) {
  Command command{.argv = {"sh", "-c", script}, .directory = top_};
  command.set = environment_;
  for (const auto& [name, value] : set) command.set[name] = value;
  return run(command);
}

std::string ServiceFixture::sql(const std::string& statements) {
  Command command{.argv = {"sqlite3", "-cmd", ".timeout 5000", "var/characters.db", statements},
                  .directory = top_};
  const Finished finished = run(command);
  EXPECT_STATUS(0, finished);
  return finished.out;
}

void ServiceFixture::write(const std::string& path, const std::string& text) {
  fs::create_directories((top_ / path).parent_path());
  write_file(top_ / path, text);
}

std::string ServiceFixture::read(const std::string& path) { return read_file(top_ / path); }

void ServiceFixture::configure(const std::string& yaml) {
  write(".rollback.yml", yaml);
  git({"commit", "-q", "--allow-empty", "-am", "chore: configure"});
  ASSERT_STATUS(0, rollback({"trust", "--yes"}));
}

std::string ServiceFixture::point(int age) {
  const auto listed = points();
  const auto at = static_cast<size_t>(age);
  return at < listed.size() ? listed[at].at("point").get<std::string>() : "";
}

nlohmann::json ServiceFixture::points() {
  return nlohmann::json::parse(rollback({"list", "--json"}).out).at("rollback_points");
}

nlohmann::json ServiceFixture::live() {
  return nlohmann::json::parse(rollback({"status", "--json"}).out).at("live");
}

nlohmann::json ServiceFixture::events(const std::string& kind) {
  const std::string lines = shell(
                                "git notes --ref=refs/notes/rollback list |"
                                " while read -r note of; do git cat-file blob $note; done | sort")
                                .out;
  nlohmann::json found = nlohmann::json::array();
  for (const auto line : split(lines, '\n')) {
    if (line.empty()) continue;
    const auto event = nlohmann::json::parse(line);
    if (event.value("event", "") == kind) found.push_back(event);
  }
  return found;
}

nlohmann::json ServiceFixture::plan(const std::vector<std::string>& arguments) {
  std::vector<std::string> all{"--dry-run", "--json"};
  all.insert(all.end(), arguments.begin(), arguments.end());
  const Finished finished = rollback(all);
  EXPECT_STATUS(0, finished);
  return nlohmann::json::parse(finished.out, nullptr, false);
}

nlohmann::json ServiceFixture::recorded(const std::string& point) {
  for (const auto& found : points()) {
    if (found.at("point") == point) return found;
  }
  ADD_FAILURE() << point << " is not recorded";
  return {};
}

void ServiceFixture::expect_refusal(const std::vector<std::string>& arguments,
                                    const std::string& saying, int status) {
  const std::string before = world(), refs = git({"for-each-ref"});
  const Finished said = rollback(arguments);
  EXPECT_STATUS(status, said);
  EXPECT_TRUE(contains(said.err, saying)) << "said instead: " << said.err;
  EXPECT_EQ(world(), before);
  EXPECT_EQ(git({"for-each-ref"}), refs);
  EXPECT_EQ(leftovers(), "");
}

std::string ServiceFixture::back() {
  std::string parts;
  const bool raids = fs::exists(top_ / "src/raid.cpp");
  if (read("src/playerbot.cpp") == "version 1.1\n" && !raids) parts += "code ";
  const std::string columns = sql("SELECT group_concat(name) FROM pragma_table_info('playerbot')");
  if (columns == "id,name\n") parts += "database ";
  if (read("etc/playerbot.conf") == "greeting = hello\nrate = 1\n") parts += "config ";
  if (fs::read_symlink(top_ / "current") == "releases/1.1") parts += "binaries ";
  return parts;
}

void ServiceFixture::script(const std::string& path, const std::string& lines) {
  write(path, "#!/bin/sh\n" + lines + "\n");
  ASSERT_STATUS(0, rollback({"trust", "--yes"}));
}

void ServiceFixture::commit(const std::string& path, const std::string& text) {
  write(path, text);
  git({"add", path});
  git({"commit", "-q", "-m", "feat(late): change " + path});
}

std::string ServiceFixture::service() {
  const Finished state = shell(
      "git symbolic-ref HEAD; git rev-parse HEAD^{tree}; git write-tree; git status --porcelain;"
      "readlink current; cat var/running; find . -path ./.git -prune -o -path ./var -prune"
      "  -o -path ./releases/.git-rollback -prune -o -type f -printf '%p %m %U %G\\n' | sort;"
      "cat etc/playerbot.conf src/*");
  const std::string tables =
      sql("SELECT type, name, tbl_name, sql FROM sqlite_schema WHERE name NOT LIKE 'git_rollback_%'"
          " AND tbl_name NOT LIKE 'git_rollback_%' AND tbl_name NOT LIKE '%_backup_20%'"
          " AND tbl_name NOT LIKE '%_out_20%' ORDER BY type, name;"
          "SELECT * FROM playerbot ORDER BY id; PRAGMA integrity_check;");
  return without_ids(state.out + state.err + tables);
}

std::string ServiceFixture::world() {
  const Finished record = shell(
      "git for-each-ref --format='%(refname)' refs/heads refs/tags refs/rollback;"
      "git rev-parse refs/rollback/production/live^2^{tree};"
      "git log -1 --format=%B refs/rollback/production/live | grep -v -e Commit: -e Host:");
  return service() + without_ids(record.out + record.err);
}

std::string ServiceFixture::leftovers() {
  const std::string files = shell(
                                "find . -name '*.lock' -o -name '*.git-rollback-*'"
                                " -o -name 'rollback-index*' -o -path '*/rollback/scripts/*'")
                                .out;
  return files + sql("SELECT name FROM sqlite_schema WHERE name LIKE '%_in_20%'"
                     " OR name LIKE 'git_rollback_log%' OR (type = 'trigger' AND name LIKE "
                     "'git_rollback%')");
}

::testing::AssertionResult ended_with(int status, const Finished& finished) {
  if (finished.status == status) return ::testing::AssertionSuccess();
  return ::testing::AssertionFailure()
         << "status " << finished.status << ", not " << status << "\nstdout: " << finished.out
         << "\nstderr: " << finished.err;
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace rollback::testing

#include "push_to_deploy_fixture.h"

#include <boost/filesystem/operations.hpp>
#include <chrono>
#include <nlohmann/json.hpp>
#include <thread>

#include "os/file.h"
#include "store/git.h"

namespace rollback::testing {
namespace {

constexpr const char* configuration = R"(version: 1
components:
  app:
    database: { url: "sqlite:var/app.db", tables: ["players"] }
    config: ["etc/app.conf"]
    binaries: { releases: releases, current: current }
verification: { smoke_test: ["tools/smoke"] }
)";

// The version is the build; one called "waits…" builds until somebody goes on.
constexpr const char* build = R"(#!/bin/sh
version=$(cat src/app)
echo "building $version"
mkdir -p releases/$version var
echo "$version" > releases/$version/server
sqlite3 var/app.db 'CREATE TABLE IF NOT EXISTS players(id INTEGER PRIMARY KEY, name TEXT)'
[ ! -f src/migration.sql ] || sqlite3 var/app.db < src/migration.sql
ln -sfn releases/$version current
case $version in
  unbuildable*) echo "no rule to make it"; exit 3 ;;
  waits*) for i in $(seq 500); do [ ! -e var/go ] || break; sleep 0.02; done ;;
esac
env | grep ^GIT_ > var/environment
)";

constexpr const char* smoke = R"(#!/bin/sh
! grep -q broken current/server
)";

}  // namespace

void PushToDeployFixture::prepare(const std::string& format) {
  ASSERT_STATUS(0, shell("git init -q --bare -b main --object-format=" + format +
                         " ../app.git && git init -q -b main --object-format=" + format + " ."));
  ASSERT_STATUS(0, on_server("init --push-to-deploy --work-tree ../app -- tools/build"));
  git({"config", "user.name", "Dev"});
  git({"config", "user.email", "dev@example.org"});
  git({"remote", "add", "origin", "../app.git"});
  write(".gitignore", "/var/\n/releases/\n/current\n");
  write("src/app", "1\n");
  write("etc/app.conf", "rate = 1\n");
  write("tools/build", build);
  write("tools/smoke", smoke);
  ASSERT_STATUS(0, shell("chmod +x tools/build tools/smoke"));
  write(".rollback.yml", configuration);
  git({"add", "."});
  git({"commit", "-q", "-m", "feat: the first version"});
}

void PushToDeployFixture::begin_deployed(const std::string& format) {
  prepare(format);
  ASSERT_STATUS(0, push());
  ASSERT_STATUS(0, on_server("trust --yes"));
}

void PushToDeployFixture::change(const std::string& version) { commit("src/app", version + "\n"); }

Finished PushToDeployFixture::push(const Variables& set) {
  return shell("git push origin main", set);
}

Finished PushToDeployFixture::push_in_own_group(const Variables& set) {
  return shell("setsid -w git push origin main", set);
}

Finished PushToDeployFixture::on_server(const std::string& words, const Variables& set) {
  return shell("cd ../app.git && setsid -w git rollback " + words, set);
}

nlohmann::json PushToDeployFixture::server_status() {
  return nlohmann::json::parse(on_server("status --json").out);
}

std::string PushToDeployFixture::server_git(const std::string& words) {
  const Finished finished = shell("git --git-dir=../app.git --work-tree=../app " + words);
  EXPECT_STATUS(0, finished);
  return finished.out;
}

std::string PushToDeployFixture::at(const std::string& path) {
  return read_file_if_there(deployed() / path).value_or("(nothing)");
}

void PushToDeployFixture::write_at(const std::string& path, const std::string& text) {
  fs::create_directories((deployed() / path).parent_path());
  write_file(deployed() / path, text);
}

std::string PushToDeployFixture::branch() {
  const std::string id = server_git("rev-parse refs/heads/main");
  return id.substr(0, id.find('\n'));
}

std::string PushToDeployFixture::differing() { return server_git("status --porcelain"); }

size_t PushToDeployFixture::points_there() {
  const std::string list = server_git("for-each-ref refs/rollback/production/points/");
  return split(list, '\n').size();
}

::testing::AssertionResult PushToDeployFixture::soon(const std::function<bool()>& holds) {
  for (int i = 0; i < 200; ++i) {
    if (holds()) return ::testing::AssertionSuccess();
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
  return ::testing::AssertionFailure() << "not within ten seconds";
}

}  // namespace rollback::testing

// A service whose rollback stops at a conflict, and the person who resolves it.
#pragma once

#include <boost/filesystem/operations.hpp>
#include <nlohmann/json.hpp>

#include "service_fixture.h"

namespace rollback::testing {

class ConflictFixture : public ServiceFixture {
 protected:
  // A bad deploy, and after it a commit, not deployed yet, that stands on it.
  void SetUp() override {
    a_bad_deploy();
    commit("src/playerbot.cpp", "version 2 fixed\n");
  }

  Finished stop(const std::vector<std::string>& more = {"--component", "playerbot"}) {
    std::vector<std::string> arguments{"--yes"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    Finished stopped = rollback(arguments);
    EXPECT_STATUS(1, stopped);
    EXPECT_EQ(state(), "conflicted") << stopped.err;
    return stopped;
  }

  nlohmann::json in_flight() {
    return nlohmann::json::parse(rollback({"status", "--json"}).out).at("in_flight");
  }
  std::string state() {
    const nlohmann::json row = in_flight();
    return row.is_null() ? "" : row.at("state").get<std::string>();
  }
  std::string folder() { return in_flight().at("conflict").at("folder"); }

  // As a person would, with this in the file.
  void resolve(const std::string& path, const std::string& text) {
    ASSERT_STATUS(
        0, shell("cd '" + folder() + "' && echo '" + text + "' > " + path + " && git add " + path));
  }

  void expect_nothing_is_left() {
    EXPECT_EQ(state(), "");
    EXPECT_EQ(leftovers(), "");
    EXPECT_FALSE(fs::exists(top() / ".git/rollback/conflicts"));
    EXPECT_FALSE(fs::exists(top() / ".git/worktrees"));
    EXPECT_STATUS(0, ask_git({"fsck", "--no-dangling"}));
  }

  void expect_resolved(const std::string& text) {
    EXPECT_EQ(read("src/playerbot.cpp"), text + "\n");
    EXPECT_FALSE(fs::exists(top() / "src/raid.cpp"));
    EXPECT_EQ(git({"status", "--porcelain"}), "");
    expect_nothing_is_left();
  }
};

}  // namespace rollback::testing

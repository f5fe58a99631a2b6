// A service that is well, and what `doctor` says of it once something is broken.
#pragma once

#include <nlohmann/json.hpp>

#include "service_fixture.h"

namespace rollback::testing {

using nlohmann::json;

class Doctor : public ServiceFixture {
 protected:
  void SetUp() override {
    begin();
    deploy_good();
    ASSERT_STATUS(0, rollback({"mark", point(), "stable"}));
  }

  json examine(int status, const Variables& set = {}) {
    const Finished said = rollback({"doctor", "--json"}, set);
    EXPECT_STATUS(status, said);
    const json object = json::parse(said.out, nullptr, false);
    EXPECT_EQ(object.at("would_work"), status == 0);
    return object.at("checks");
  }

  // The one check of that level whose words hold `what`.
  static json find(const json& checks, const std::string& level, const std::string& about,
                   const std::string& what) {
    for (const auto& check : checks) {
      if (check.at("level") == level && check.at("about") == about &&
          contains(check.at("what"), what)) {
        return check;
      }
    }
    ADD_FAILURE() << "no " << level << " about " << about << " says '" << what
                  << "' in: " << checks.dump(1);
    return {};
  }

  // One thing was broken: exactly that is said.
  json expect_problem(const std::string& about, const std::string& what) {
    const json checks = examine(1);
    for (const auto& check : checks) {
      if (check.at("level") != "problem" || check.at("about") == "rollback") continue;
      EXPECT_EQ(check.at("about"), about) << check;
    }
    return find(checks, "problem", about, what);
  }
  json expect_warning(const std::string& about, const std::string& what) {
    return find(examine(0), "warning", about, what);
  }
  void expect_nothing(const std::string& level) {
    for (const auto& check : examine(0)) EXPECT_NE(check.at("level"), level) << check;
  }
  // It does not need a person to fill in a name.
  void expect_mended_by(const json& check) {
    const std::string command = check.at("mend");
    ASSERT_STATUS(0, shell(command)) << command;
    expect_nothing("problem");
    expect_nothing("warning");
  }
};

}  // namespace rollback::testing

// The scene of code_fixture.h, and a rollback there to the point before.
#pragma once

#include <nlohmann/json.hpp>

#include "code_fixture.h"

namespace rollback::testing {

class Keep : public CodeFixture {
 protected:
  void SetUp() override { begin_with_code(); }

  Finished go(std::vector<std::string> options = {}) {
    options.insert(options.end(), {"--target", "previous", "--yes"});
    return rollback(options);
  }

  std::string details(std::vector<std::string> options = {}) {
    options.insert(options.end(), {"--target", "previous"});
    const auto part = plan(options).at("parts").at(0);
    std::string text;
    for (const auto& one : part.at("details")) {
      text += one.get<std::string>() + "\n";
    }
    return text;
  }
};

}  // namespace rollback::testing

// A component that is code alone, and what a rollback of it comes to.
#pragma once

#include <nlohmann/json.hpp>

#include "service_fixture.h"

namespace rollback::testing {

class Keep : public ServiceFixture {
 protected:
  // src/a has ten lines; the point is what is live now.
  void SetUp() override {
    git({"init", "-q", "-b", "main"});
    write(".git/info/exclude", "/var/\n");
    write("var/.here", "");
    sql("CREATE TABLE playerbot(id INTEGER PRIMARY KEY)");  // what the fixture looks at
    git({"config", "user.name", "Tester"});
    git({"config", "user.email", "tester@example.org"});
    write("src/a", "1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n");
    write("docs/a", "words\n");
    write(".rollback.yml", "version: 1\ncomponents:\n  app:\n    code: [src]\n");
    change("base");
    ASSERT_STATUS(0, rollback({"init"}));
    ASSERT_STATUS(0, rollback({"trust", "--yes"}));
  }

  std::string change(const std::string& message) {
    git({"add", "-A"});
    git({"commit", "-q", "--allow-empty", "-m", message});
    return git({"rev-parse", "HEAD"});
  }

  // Changes one line of src/a.
  std::string line(int number, const std::string& text, const std::string& message) {
    shell("sed -i '" + std::to_string(number) + "s/.*/" + text + "/' src/a");
    return change(message);
  }

  void deploy() { ASSERT_STATUS(0, rollback({"deploy", "--", "true"})); }

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

  std::string lines() { return shell("paste -sd ' ' src/a").out; }
};

}  // namespace rollback::testing

// A service with a history of good deploys, and limits on what is kept of it.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "service_fixture.h"

namespace rollback::testing {

inline constexpr int killed = 128 + 9;

class Prune : public ServiceFixture {
 protected:
  // Good deploys 1.1 … 1.<last>, each with a point and a backup.
  void deploys(int last) {
    for (int i = 1; i <= last; ++i) {
      const std::string name = "1." + std::to_string(i);
      write("src/playerbot.cpp", "version " + name + "\n");
      git({"commit", "-q", "-am", "feat(chat): " + name});
      sql("INSERT INTO playerbot(name) VALUES ('player " + name + "')");
      ASSERT_STATUS(0, rollback({"deploy", "--", "tools/deploy", name, "build " + name}));
    }
  }

  // The configuration with these limits; not committed, so that HEAD stays live.
  void keep(const std::string& limits, const std::string& releases = "") {
    std::string yaml = read(".rollback.yml");
    yaml = yaml.substr(0, yaml.find("retention:")) + "retention: { " + limits + " }\n";
    if (!releases.empty()) {
      const size_t at = yaml.find("      current: current\n");
      yaml.insert(at, "      keep: " + releases + "\n");
    }
    write(".rollback.yml", yaml);
    ASSERT_STATUS(0, rollback({"trust", "--yes"}));
  }

  std::vector<std::string> ids() {
    std::vector<std::string> list;
    for (const auto& point : points()) list.push_back(point.at("point"));
    return list;
  }

  // Of a dry run: the ids of all removals of a kind.
  std::vector<std::string> would_go(const std::string& what) {
    const Finished said = rollback({"prune", "--dry-run", "--json"});
    EXPECT_STATUS(0, said);
    std::vector<std::string> list;
    const auto object = nlohmann::json::parse(said.out, nullptr, false);
    for (const auto& removal : object.at("removals")) {
      if (removal.at("what") == what) list.push_back(removal.at("point"));
    }
    return list;
  }

  std::string tables_like(const std::string& pattern) {
    return sql("SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name LIKE '" + pattern +
               "'");
  }

  std::string parent() { return live().at("parent"); }

  // A rollback of everything goes through and lands where `back()` says.
  void expect_rolls_back(const std::vector<std::string>& arguments = {}) {
    std::vector<std::string> all{"--component", "playerbot", "--yes"};
    all.insert(all.end(), arguments.begin(), arguments.end());
    EXPECT_STATUS(0, rollback(all));
    EXPECT_EQ(leftovers(), "");
  }
};

}  // namespace rollback::testing

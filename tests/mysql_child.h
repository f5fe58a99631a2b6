// A test that runs another test of this program as a child, on the server of its own,
// and has it killed at a fail point. tests/CMakeLists.txt keeps those whose names begin
// with Child out of ctest; outside of a child they do nothing.
#pragma once

#include <boost/filesystem/operations.hpp>
#include <cstdlib>
#include <fstream>
#include <string>
#include <vector>

#include "mysql_server.h"
#include "os/file.h"
#include "os/process.h"
#include "part/database/mysql/server/place.h"

namespace rollback::mysql {

inline bool is_child() { return getenv("MYSQL_CHILD_SOCKET") != nullptr; }

// In the child: the parent's server.
inline Place place_of_child() {
  Endpoint endpoint;
  endpoint.socket = getenv("MYSQL_CHILD_SOCKET");
  endpoint.user = "root";
  endpoint.database = "world";
  return {"world", "bots", {}, [endpoint] { return endpoint; }};
}

// In the child: what the parent gave it.
inline std::string text_of_child() { return read_file(getenv("MYSQL_CHILD_TEXT")); }

// Without a fail point it is not killed.
inline Finished run_child(const testing::MysqlServer& server, const std::string& test,
                          const std::string& text, const std::string& fail_point) {
  const auto file = server.folder() / "text";
  write_file(file, text);
  Command command;
  command.argv = {"/proc/self/exe", "--gtest_filter=" + test};
  command.set = {{"MYSQL_CHILD_SOCKET", server.socket()},
                 {"MYSQL_CHILD_TEXT", file.string()},
                 {"GIT_ROLLBACK_FAIL_POINT_LOG", (server.folder() / "points").string()},
                 {"GIT_ROLLBACK_FAIL_POINT", fail_point.empty() ? "none" : fail_point}};
  command.own_group = true;
  return rollback::run(command);
}

// The fail points that children came past since this was last called.
inline std::vector<std::string> passed_fail_points(const testing::MysqlServer& server) {
  const auto file = server.folder() / "points";
  std::vector<std::string> names;
  {
    std::ifstream stream(file.string());
    for (std::string line; std::getline(stream, line);) names.push_back(line);
  }
  boost::filesystem::remove(file);
  return names;
}

}  // namespace rollback::mysql

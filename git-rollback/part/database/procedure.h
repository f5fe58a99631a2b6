// An SQL procedure that brings one table back, for people at a database prompt.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace rollback {

struct Procedure {
  std::string table;  // "": one that the others call
  std::string name;
  std::string sql;  // CREATE PROCEDURE …
};

struct Procedures {
  std::string database;
  std::optional<std::vector<Procedure>> made;  // nothing: the engine has no procedures
};

}  // namespace rollback

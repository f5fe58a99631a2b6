// Edits sqlite_schema itself, inside an open write transaction: tables and
// their indexes change names in O(1), whatever they hold.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "part/database/sqlite/definition.h"

namespace SQLite {
class Database;
}

namespace rollback::sqlite {

class SchemaEdit {
 public:
  explicit SchemaEdit(SQLite::Database& db);
  ~SchemaEdit();
  SchemaEdit(const SchemaEdit&) = delete;
  SchemaEdit& operator=(const SchemaEdit&) = delete;

  // One table with its indexes, automatic ones included, and its rows in
  // sqlite_sequence and sqlite_stat1. Fatal when anything is not as `from` says.
  void rename(const Face& from, const Face& to);

  // Triggers stand behind their table in the schema, else it does not load.
  void drop_triggers(const std::string& table);
  void add_triggers(const std::string& table, const std::vector<Named>& triggers);

  void set_statistics(const Definition& definition);

  // Every connection reads the schema anew. Refused when two objects now have
  // one name, because somebody has given it to another meanwhile.
  void finish();

 private:
  SQLite::Database& db_;
  bool open_ = true;
};

// The name of an index or trigger of `definition` that belongs to a table
// which is not among `leaving`; nothing when all are free.
std::optional<std::string> taken_name(SQLite::Database& db, const Definition& definition,
                                      const std::vector<std::string>& leaving);

}  // namespace rollback::sqlite

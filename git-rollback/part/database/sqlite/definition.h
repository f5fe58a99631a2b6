// The definition of one table: what SQLite's schema says of it, word for word,
// and what this program derives from that. Kept as JSON in the registry.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace SQLite {
class Database;
}

namespace rollback::sqlite {

struct Column {
  std::string name;
  std::string type;
  std::string collation;
  std::optional<std::string> fallback;  // the text behind DEFAULT
  bool not_null = false;
  int key = 0;        // its place in the primary key, from 1; 0: not in it
  int generated = 0;  // 0: its values are stored by whoever writes; else as in table_xinfo
};

struct Named {
  std::string name;
  std::string sql;

  friend bool operator==(const Named&, const Named&) = default;
};

struct Definition {
  std::string name;
  std::string sql;
  std::vector<Named> indexes;   // those with SQL of their own, in the schema's order
  std::vector<Named> triggers;  // without ours
  std::vector<Column> columns;
  bool without_rowid = false;
  bool other_unique = false;             // a UNIQUE besides what rows are stored by
  std::string rowid;                     // a name by which the rowid can be read; empty: none
  std::string rowid_column;              // the INTEGER PRIMARY KEY, if there is one
  std::optional<std::int64_t> sequence;  // AUTOINCREMENT's
  std::vector<std::pair<std::string, std::string>> statistics;  // index ("": none), stat

  std::vector<std::string> stored() const;       // columns, without generated ones
  std::vector<std::string> primary_key() const;  // declared, in its order; may be empty
  const Column* column(const std::string& wanted) const;
  bool same_structure(const Definition& other) const;
};

std::optional<Definition> read_definition(SQLite::Database& db, const std::string& table);

nlohmann::json to_json(const Definition& definition);
Definition definition_from(const nlohmann::json& json);

struct Listed {
  std::string name;
  std::string type;  // table, view, virtual, shadow
};
std::vector<Listed> list_tables(SQLite::Database& db);
std::vector<std::string> names_of(const std::vector<Listed>& tables);

// The value that a new row gets in this column, as an SQL literal.
std::string default_literal(const Column& column);

// Why the table cannot be rebuilt and renamed here; nothing when it can.
std::optional<std::string> why_not_movable(const Definition& definition);

// The part of a table that a swap exchanges: its name, and the names and SQL
// of its indexes, in the definition's order.
struct Face {
  std::string table;
  std::string sql;
  std::vector<Named> indexes;
};

Face live_face(const Definition& definition);

// Beside the live one: under another name, with index names that begin with
// `prefix`, and without foreign keys, so that it acts on nothing.
Face idle_face(const Definition& definition, const std::string& table, const std::string& prefix);

}  // namespace rollback::sqlite

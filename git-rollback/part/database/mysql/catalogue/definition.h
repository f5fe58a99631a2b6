// The definition of one table: what SHOW CREATE and the catalogue say of it,
// and what this program derives from that. Kept as JSON in the registry.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "part/database/mysql/catalogue/create_table.h"
#include "part/database/mysql/catalogue/foreign_key.h"
#include "part/database/mysql/server/session.h"

namespace rollback::mysql {

struct Column {
  std::string name;
  std::string type;       // DATA_TYPE: "int", "varchar", "geometry"
  std::string full_type;  // COLUMN_TYPE: "int(10) unsigned"
  std::string charset;    // of text alone
  std::string collation;
  std::optional<std::string>
      fallback;  // the DEFAULT as an SQL expression; nothing: none is written
  bool nullable = true;
  bool generated = false;  // its values are not stored by whoever writes; also ROW START and END
  bool invisible = false;
  bool auto_increment = false;
};

struct Trigger {
  std::string name;
  std::string timing;   // BEFORE, AFTER
  std::string event;    // INSERT, UPDATE, DELETE
  std::string body;     // behind FOR EACH ROW, word for word
  std::string definer;  // "root@localhost"
  std::string sql_mode;
  std::string charset;    // character_set_client
  std::string collation;  // collation_connection

  friend bool operator==(const Trigger&, const Trigger&) = default;
};

// CREATE DEFINER=… TRIGGER … ON `table`: in a session with its sql_mode, character
// set and collation it makes the trigger that it was.
std::string to_sql(const Trigger& trigger, const std::string& table);

struct Definition {
  std::string name;
  CreateTable create;
  std::vector<Column> columns;    // in their order, invisible ones, too
  std::vector<Trigger> triggers;  // without ours, in the order in which they fire
  std::vector<ForeignKey> foreign_keys;
  std::string engine;
  bool transactional = false;
  bool versioned = false;  // WITH SYSTEM VERSIONING
  bool partitioned = false;
  std::optional<std::uint64_t> counter;  // the next AUTO_INCREMENT value
  std::uint64_t rows_estimate = 0;
  std::uint64_t data_bytes = 0;  // as the server estimates them
  std::uint64_t index_bytes = 0;

  std::vector<std::string> stored() const;  // columns, without generated ones
  const Column* column(const std::string& wanted) const;
  // What a row is known by: the primary key, else the first unique key without
  // NULLs, expressions or prefixes; empty: nothing.
  std::vector<std::string> key() const;
  // Table, keys, options and triggers, as same_elements(); not the counter.
  bool same_structure(const Definition& other) const;
};

// Nothing where there is no such base table. Throws Refused for what cannot be
// taken apart.
std::optional<Definition> read_definition(Session& session, const std::string& table);

// Of those tables that are there, in this order, name, create, triggers and foreign
// keys alone: in few statements, and without opening other tables.
std::vector<Definition> read_shapes(Session& session, const std::vector<std::string>& tables);

nlohmann::json to_json(const Definition& definition);
Definition definition_from(const nlohmann::json& json);

struct Listed {
  std::string name;
  std::string type;  // table, view, sequence
};
std::vector<Listed> list_tables(Session& session);
std::vector<std::string> names_of(const std::vector<Listed>& tables);
bool table_exists(Session& session, const std::string& table);

// Keys of tables outside of `tables` (of any schema) that refer to one of them.
struct OutsideKey {
  std::string schema, table;
  ForeignKey key;
  std::string index = {};  // that is used for it
};
std::vector<OutsideKey> keys_from_outside(Session& session, const std::vector<std::string>& tables);

// Why the table cannot be rebuilt and renamed here; nothing when it can.
std::optional<std::string> why_not_movable(const Definition& definition);

}  // namespace rollback::mysql

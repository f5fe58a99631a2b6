// The tables of ours in the user's database, which say what every other table
// of ours there is, so that the database describes itself:
//   git_rollback_backups     a table's backup, with its definition
//   git_rollback_operations  what an operation prepared, and how far it is
//   git_rollback_aside       rows that did not fit, and where they are
// As those of SQLite, with InnoDB, utf8mb4_bin and a primary key each.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "part/database/mysql/catalogue/definition.h"

namespace rollback::mysql {

// spent: its table went live in an emergency, and could not be copied again.
enum class BackupKind { copy, displaced, structure, spent };

struct Entry {
  std::string point;
  std::string table;
  std::string backup;  // empty for BackupKind::structure
  BackupKind kind = BackupKind::copy;
  Definition definition;
  std::int64_t rows = 0;
  std::string sha256;
  bool complete = false;
  std::string position = {};  // of the binlog at the snapshot, see replication.h
  std::int64_t took_ms = 0;   // to copy it
};

// preparing: or being discarded; it can only be discarded then.
enum class State { preparing, prepared, swapped, settled };

struct Operation {
  std::string id;
  State state = State::preparing;
  std::string left_point;  // the point that describes what it left
  std::string plan;        // change.h
  std::string host;        // that carries it out
};

struct Aside {
  std::string table;  // where the rows would have belonged
  std::string aside;  // where they are
  std::int64_t rows = 0;
  std::string reason;
  std::string operation = {};  // that set them aside; filled in by what reads
};

// All of one component's. Each change is one transaction of its own, except
// inside one that is open.
class Registry {
 public:
  Registry(Session& session, std::string component);

  void create();  // what exists stays; DDL, so it commits what is open

  std::vector<Entry> of_point(const std::string& point) const;
  std::vector<Entry> incomplete() const;
  std::vector<Entry> of_calls() const;  // what procedures build, or were cut off at
  std::vector<Entry> all() const;
  void put(const Entry& entry);
  void remove(const Entry& entry);

  std::optional<Operation> operation(const std::string& id) const;
  std::optional<Operation> that_left(const std::string& point) const;
  // Of any component, not settled: what else is under way in this schema.
  std::vector<Operation> unsettled() const;
  void put(const Operation& operation);
  void set_state(const std::string& operation, State state);
  void set_left_point(const std::string& operation, const std::string& point);
  void remove_operation(const std::string& operation);

  void put(const std::string& operation, const Aside& aside);
  std::vector<Aside> aside(const std::string& operation) const;
  std::vector<Aside> all_aside() const;

 private:
  std::vector<Aside> asides(const std::string& condition) const;
  bool exists() const;  // nobody drops them meanwhile
  std::vector<Entry> entries(const std::string& condition) const;
  std::optional<Operation> find_operation(const std::string& condition) const;

  Session& session_;
  std::string component_;
  mutable bool seen_ = false;
};

}  // namespace rollback::mysql

#include "part/database/sqlite/registry.h"

#include <SQLiteCpp/SQLiteCpp.h>

#include <array>
#include <nlohmann/json.hpp>

#include "part/database/sqlite/connection.h"

namespace rollback::sqlite {
namespace {

constexpr const char* create_tables = R"(
CREATE TABLE IF NOT EXISTS git_rollback_backups(
  point TEXT NOT NULL, component TEXT NOT NULL, name TEXT NOT NULL,
  backup TEXT NOT NULL, kind TEXT NOT NULL, definition TEXT NOT NULL,
  rows INTEGER NOT NULL, sha256 TEXT NOT NULL, state TEXT NOT NULL,
  PRIMARY KEY(point, component, name));
CREATE TABLE IF NOT EXISTS git_rollback_operations(
  operation TEXT NOT NULL, component TEXT NOT NULL, state TEXT NOT NULL,
  left_point TEXT NOT NULL, plan TEXT NOT NULL,
  PRIMARY KEY(operation, component));
CREATE TABLE IF NOT EXISTS git_rollback_aside(
  operation TEXT NOT NULL, component TEXT NOT NULL, name TEXT NOT NULL,
  aside TEXT NOT NULL, rows INTEGER NOT NULL, reason TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS git_rollback_vacuum(mark);
DELETE FROM git_rollback_vacuum;
INSERT INTO git_rollback_vacuum(rowid, mark) VALUES (1000000, 'not vacuumed since');
)";

constexpr std::array kinds{"copy", "displaced", "structure"};
constexpr std::array states{"preparing", "prepared", "swapped", "settled"};

template <class Enum, class Names>
Enum from_name(const Names& names, const std::string& name) {
  size_t i = 0;
  while (i + 1 < names.size() && names[i] != name) ++i;
  return static_cast<Enum>(i);
}

const char* name_of(State state) { return states[static_cast<size_t>(state)]; }

}  // namespace

Registry::Registry(SQLite::Database& db, std::string component)
    : db_(db), component_(std::move(component)) {}

void Registry::create() { db_.exec(create_tables); }

bool Registry::exists() const { return table_exists(db_, "git_rollback_operations"); }

std::vector<Entry> Registry::entries(const std::string& where, const std::string& value) const {
  std::vector<Entry> found;
  if (!exists()) return found;
  SQLite::Statement query(db_,
                          "SELECT point, name, backup, kind, definition, rows, sha256, state FROM "
                          "git_rollback_backups WHERE component=? AND " +
                              where + "=? ORDER BY name");
  query.bind(1, component_);
  query.bind(2, value);
  while (query.executeStep()) {
    Entry entry;
    entry.point = query.getColumn(0).getString();
    entry.table = query.getColumn(1).getString();
    entry.backup = query.getColumn(2).getString();
    entry.kind = from_name<BackupKind>(kinds, query.getColumn(3).getString());
    entry.definition = definition_from(nlohmann::json::parse(query.getColumn(4).getString()));
    entry.rows = query.getColumn(5).getInt64();
    entry.sha256 = query.getColumn(6).getString();
    entry.complete = query.getColumn(7).getString() == "complete";
    found.push_back(std::move(entry));
  }
  return found;
}

std::vector<Entry> Registry::of_point(const std::string& point) const {
  return entries("point", point);
}

std::vector<Entry> Registry::incomplete() const { return entries("state", "copying"); }

std::vector<Entry> Registry::all() const { return entries("component", component_); }

void Registry::put(const Entry& entry) {
  SQLite::Statement insert(db_,
                           "INSERT OR REPLACE INTO git_rollback_backups(point, component, name, "
                           "backup, kind, definition, rows, sha256, state) "
                           "VALUES (?,?,?,?,?,?,?,?,?)");
  insert.bind(1, entry.point);
  insert.bind(2, component_);
  insert.bind(3, entry.table);
  insert.bind(4, entry.backup);
  insert.bind(5, std::string(kinds[static_cast<size_t>(entry.kind)]));
  insert.bind(6, to_json(entry.definition).dump());
  insert.bind(7, entry.rows);
  insert.bind(8, entry.sha256);
  insert.bind(9, std::string(entry.complete ? "complete" : "copying"));
  insert.exec();
}

void Registry::remove(const Entry& entry) {
  SQLite::Statement statement(
      db_, "DELETE FROM git_rollback_backups WHERE point=? AND component=? AND name=?");
  statement.bind(1, entry.point);
  statement.bind(2, component_);
  statement.bind(3, entry.table);
  statement.exec();
}

std::optional<Operation> Registry::find_operation(const std::string& column,
                                                  const std::string& value) const {
  if (!exists()) return std::nullopt;
  SQLite::Statement query(db_,
                          "SELECT operation, state, left_point, plan FROM git_rollback_operations "
                          "WHERE component=? AND " +
                              column + "=? ORDER BY operation DESC LIMIT 1");
  query.bind(1, component_);
  query.bind(2, value);
  if (!query.executeStep()) return std::nullopt;
  return Operation{query.getColumn(0).getString(),
                   from_name<State>(states, query.getColumn(1).getString()),
                   query.getColumn(2).getString(), query.getColumn(3).getString()};
}

std::optional<Operation> Registry::operation(const std::string& id) const {
  return find_operation("operation", id);
}

std::optional<Operation> Registry::that_left(const std::string& point) const {
  return find_operation("left_point", point);
}

void Registry::put(const Operation& operation) {
  SQLite::Statement insert(db_,
                           "INSERT OR REPLACE INTO git_rollback_operations(operation, component, "
                           "state, left_point, plan) VALUES (?,?,?,?,?)");
  insert.bind(1, operation.id);
  insert.bind(2, component_);
  insert.bind(3, std::string(name_of(operation.state)));
  insert.bind(4, operation.left_point);
  insert.bind(5, operation.plan);
  insert.exec();
}

void Registry::set_state(const std::string& operation, State state) {
  SQLite::Statement update(
      db_, "UPDATE git_rollback_operations SET state=? WHERE operation=? AND component=?");
  update.bind(1, std::string(name_of(state)));
  update.bind(2, operation);
  update.bind(3, component_);
  update.exec();
}

void Registry::set_left_point(const std::string& operation, const std::string& point) {
  SQLite::Statement update(
      db_, "UPDATE git_rollback_operations SET left_point=? WHERE operation=? AND component=?");
  update.bind(1, point);
  update.bind(2, operation);
  update.bind(3, component_);
  update.exec();
}

void Registry::remove_operation(const std::string& operation) {
  if (!exists()) return;
  SQLite::Statement statement(
      db_, "DELETE FROM git_rollback_operations WHERE operation=? AND component=?");
  statement.bind(1, operation);
  statement.bind(2, component_);
  statement.exec();
}

void Registry::put(const std::string& operation, const Aside& aside) {
  SQLite::Statement insert(db_,
                           "INSERT INTO git_rollback_aside(operation, component, name, aside, "
                           "rows, reason) VALUES (?,?,?,?,?,?)");
  insert.bind(1, operation);
  insert.bind(2, component_);
  insert.bind(3, aside.table);
  insert.bind(4, aside.aside);
  insert.bind(5, aside.rows);
  insert.bind(6, aside.reason);
  insert.exec();
}

std::vector<Aside> Registry::asides(const std::string& where, const std::string& value) const {
  std::vector<Aside> found;
  if (!table_exists(db_, "git_rollback_aside")) return found;
  SQLite::Statement query(db_,
                          "SELECT name, aside, rows, reason, operation FROM git_rollback_aside "
                          "WHERE component=? AND " +
                              where + "=? ORDER BY rowid");
  query.bind(1, component_);
  query.bind(2, value);
  while (query.executeStep()) {
    found.push_back({query.getColumn(0).getString(), query.getColumn(1).getString(),
                     query.getColumn(2).getInt64(), query.getColumn(3).getString(),
                     query.getColumn(4).getString()});
  }
  return found;
}

std::vector<Aside> Registry::aside(const std::string& operation) const {
  return asides("operation", operation);
}

std::vector<Aside> Registry::all_aside() const { return asides("component", component_); }

bool Registry::vacuumed() const {
  return number(db_, "SELECT count(*) FROM git_rollback_vacuum WHERE rowid=1000000") == 0;
}

}  // namespace rollback::sqlite

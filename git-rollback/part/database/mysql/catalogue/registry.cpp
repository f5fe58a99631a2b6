#include "part/database/mysql/catalogue/registry.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <nlohmann/json.hpp>

namespace rollback::mysql {
namespace {

constexpr std::array create_tables{
    R"(CREATE TABLE IF NOT EXISTS git_rollback_backups (
  point VARCHAR(80) NOT NULL, component VARCHAR(120) NOT NULL, name VARCHAR(64) NOT NULL,
  backup VARCHAR(64) NOT NULL, kind VARCHAR(16) NOT NULL, definition LONGTEXT NOT NULL,
  `rows` BIGINT NOT NULL, sha256 VARCHAR(64) NOT NULL, state VARCHAR(16) NOT NULL,
  `position` TEXT NOT NULL, took_ms BIGINT NOT NULL,
  PRIMARY KEY (point, component, name)))",
    R"(CREATE TABLE IF NOT EXISTS git_rollback_operations (
  operation VARCHAR(80) NOT NULL, component VARCHAR(120) NOT NULL, state VARCHAR(16) NOT NULL,
  left_point VARCHAR(80) NOT NULL, plan LONGTEXT NOT NULL, host VARCHAR(255) NOT NULL,
  PRIMARY KEY (operation, component)))",
    R"(CREATE TABLE IF NOT EXISTS git_rollback_aside (
  id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY, operation VARCHAR(80) NOT NULL,
  component VARCHAR(120) NOT NULL, name VARCHAR(64) NOT NULL, aside VARCHAR(64) NOT NULL,
  `rows` BIGINT NOT NULL, reason TEXT NOT NULL))"};
constexpr const char* table_options =
    " ENGINE=InnoDB ROW_FORMAT=DYNAMIC DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin";

constexpr std::array kinds{"copy", "displaced", "structure", "spent"};
constexpr std::array states{"preparing", "prepared", "swapped", "settled"};

template <class Enum, class Names>
Enum from_name(const Names& names, const std::string& name) {
  size_t i = 0;
  while (i + 1 < names.size() && names[i] != name) ++i;
  return static_cast<Enum>(i);
}

template <class Enum, class Names>
std::string name_of(const Names& names, Enum value) {
  return names[static_cast<size_t>(value)];
}

std::int64_t number_of(const Value& value) {
  std::int64_t number = 0;
  if (value) std::from_chars(value->data(), value->data() + value->size(), number);
  return number;
}

std::string is(const char* column, const std::string& value) {
  return std::string(column) + " = " + literal(value);
}

// "(1, 'x')" of what is already SQL.
std::string values(std::initializer_list<std::string> list) {
  std::string text;
  for (const auto& value : list) text += (text.empty() ? "(" : ", ") + value;
  return text + ")";
}

Operation operation_from(const Row& row) {
  return {.id = *row[0],
          .state = from_name<State>(states, *row[1]),
          .left_point = *row[2],
          .plan = *row[3],
          .host = *row[4]};
}

}  // namespace

Registry::Registry(Session& session, std::string component)
    : session_(session), component_(std::move(component)) {}

void Registry::create() {
  for (const char* const table : create_tables) session_.run(table + std::string(table_options));
}

bool Registry::exists() const {
  seen_ = seen_ || table_exists(session_, "git_rollback_aside");
  return seen_;
}

std::vector<Entry> Registry::entries(const std::string& condition) const {
  std::vector<Entry> found;
  if (!exists()) return found;
  const auto rows = session_.rows(
      "SELECT point, name, backup, kind, definition, `rows`, sha256, state, `position`, took_ms"
      " FROM git_rollback_backups WHERE " +
      is("component", component_) + " AND " + condition + " ORDER BY point, name");
  for (const Row& row : rows) {
    found.push_back({.point = *row[0],
                     .table = *row[1],
                     .backup = *row[2],
                     .kind = from_name<BackupKind>(kinds, *row[3]),
                     .definition = definition_from(nlohmann::json::parse(*row[4])),
                     .rows = number_of(row[5]),
                     .sha256 = *row[6],
                     .complete = *row[7] == "complete",
                     .position = *row[8],
                     .took_ms = number_of(row[9])});
  }
  return found;
}

std::vector<Entry> Registry::of_point(const std::string& point) const {
  return entries(is("point", point));
}

std::vector<Entry> Registry::incomplete() const { return entries(is("state", "copying")); }

std::vector<Entry> Registry::of_calls() const { return entries(is("state", "calling")); }

std::vector<Entry> Registry::all() const { return entries("TRUE"); }

void Registry::put(const Entry& entry) {
  session_.run(
      "REPLACE INTO git_rollback_backups (point, component, name, backup, kind, definition,"
      " `rows`, sha256, state, `position`, took_ms) VALUES " +
      values({literal(entry.point), literal(component_), literal(entry.table),
              literal(entry.backup), literal(name_of(kinds, entry.kind)),
              literal(to_json(entry.definition).dump()), std::to_string(entry.rows),
              literal(entry.sha256), literal(entry.complete ? "complete" : "copying"),
              literal(entry.position), std::to_string(entry.took_ms)}));
}

void Registry::remove(const Entry& entry) {
  session_.run("DELETE FROM git_rollback_backups WHERE " + is("point", entry.point) + " AND " +
               is("component", component_) + " AND " + is("name", entry.table));
}

std::optional<Operation> Registry::find_operation(const std::string& condition) const {
  if (!exists()) return std::nullopt;
  const auto rows = session_.rows(
      "SELECT operation, state, left_point, plan, host FROM git_rollback_operations WHERE " +
      is("component", component_) + " AND " + condition + " ORDER BY operation DESC LIMIT 1");
  if (rows.empty()) return std::nullopt;
  return operation_from(rows[0]);
}

std::optional<Operation> Registry::operation(const std::string& id) const {
  return find_operation(is("operation", id));
}

std::optional<Operation> Registry::that_left(const std::string& point) const {
  return find_operation(is("left_point", point));
}

std::vector<Operation> Registry::unsettled() const {
  std::vector<Operation> found;
  if (!exists()) return found;
  const auto rows = session_.rows(
      "SELECT operation, state, left_point, plan, host FROM git_rollback_operations WHERE NOT " +
      is("state", name_of(states, State::settled)) + " ORDER BY operation, component");
  std::transform(rows.begin(), rows.end(), std::back_inserter(found), operation_from);
  return found;
}

void Registry::put(const Operation& operation) {
  session_.run(
      "REPLACE INTO git_rollback_operations (operation, component, state, left_point, plan, host)"
      " VALUES " +
      values({literal(operation.id), literal(component_), literal(name_of(states, operation.state)),
              literal(operation.left_point), literal(operation.plan), literal(operation.host)}));
}

void Registry::set_state(const std::string& operation, State state) {
  session_.run("UPDATE git_rollback_operations SET " + is("state", name_of(states, state)) +
               " WHERE " + is("operation", operation) + " AND " + is("component", component_));
}

void Registry::set_left_point(const std::string& operation, const std::string& point) {
  session_.run("UPDATE git_rollback_operations SET " + is("left_point", point) + " WHERE " +
               is("operation", operation) + " AND " + is("component", component_));
}

void Registry::remove_operation(const std::string& operation) {
  if (!exists()) return;
  session_.run("DELETE FROM git_rollback_operations WHERE " + is("operation", operation) + " AND " +
               is("component", component_));
}

void Registry::put(const std::string& operation, const Aside& aside) {
  session_.run(
      "INSERT INTO git_rollback_aside (operation, component, name, aside, `rows`, reason) VALUES " +
      values({literal(operation), literal(component_), literal(aside.table), literal(aside.aside),
              std::to_string(aside.rows), literal(aside.reason)}));
}

std::vector<Aside> Registry::asides(const std::string& condition) const {
  std::vector<Aside> found;
  if (!exists()) return found;
  const auto rows =
      session_.rows("SELECT name, aside, `rows`, reason, operation FROM git_rollback_aside WHERE " +
                    condition + " AND " + is("component", component_) + " ORDER BY id");
  for (const Row& row : rows) {
    found.push_back({*row[0], *row[1], number_of(row[2]), *row[3], *row[4]});
  }
  return found;
}

std::vector<Aside> Registry::aside(const std::string& operation) const {
  return asides(is("operation", operation));
}

std::vector<Aside> Registry::all_aside() const { return asides("1"); }

}  // namespace rollback::mysql

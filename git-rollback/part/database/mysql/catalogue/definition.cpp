#include "part/database/mysql/catalogue/definition.h"

#include <algorithm>
#include <charconv>
#include <map>

#include "os/error.h"
#include "part/database/mysql/catalogue/sql_text.h"
#include "part/database/table_pattern.h"
#include "store/names.h"

namespace rollback::mysql {
namespace {

constexpr int command_denied = 1142;

std::uint64_t unsigned_of(const Value& value) {
  std::uint64_t number = 0;
  if (value) std::from_chars(value->data(), value->data() + value->size(), number);
  return number;
}

std::string in_this_schema(const char* what) { return std::string(what) + " = database()"; }

bool contains(const std::string& text, std::string_view word) {
  return text.find(word) != std::string::npos;
}

// MySQL's catalogue escapes an expression's quotes; SHOW CREATE has it right.
std::string default_expression(const Element& element) {
  std::string_view sql = element.sql;
  sql = sql.substr(std::min(find_word(sql, "DEFAULT"), sql.size()));
  if (!take_word(sql, "DEFAULT") || !sql.starts_with('(')) return {};
  const size_t end = walk(sql, 1, [](char c, size_t) { return c != ')'; });
  return std::string(sql.substr(0, end + 1));
}

std::optional<std::string> fallback_of(const Session& session, const Row& row,
                                       const CreateTable& create) {
  const Value& value = row[5];
  if (session.flavour().mariadb) return value;  // an expression, or NULL where none is written
  const bool nullable = row[6] == "YES";
  if (!value) return nullable ? std::optional<std::string>("NULL") : std::nullopt;
  if (contains(row[7].value_or(""), "DEFAULT_GENERATED")) {
    const Element* element = create.find(Element::Kind::column, *row[0]);
    const std::string expression = element == nullptr ? "" : default_expression(*element);
    return expression.empty() ? *value : expression;
  }
  const std::string& type = *row[1];
  const bool is_text = type != "bit" && !(type.ends_with("binary") && value->starts_with("0x"));
  return is_text ? literal(*value) : *value;
}

std::vector<Column> read_columns(Session& session, const std::string& table,
                                 const CreateTable& create) {
  std::vector<Column> columns;
  const auto rows = session.rows(
      "SELECT column_name, data_type, column_type, character_set_name, collation_name,"
      " column_default, is_nullable, extra, generation_expression"
      " FROM information_schema.columns WHERE " +
      in_this_schema("table_schema") + " AND table_name = " + literal(table) +
      " ORDER BY ordinal_position");
  for (const Row& row : rows) {
    const std::string extra = row[7].value_or("");
    columns.push_back({.name = *row[0],
                       .type = *row[1],
                       .full_type = *row[2],
                       .charset = row[3].value_or(""),
                       .collation = row[4].value_or(""),
                       .fallback = fallback_of(session, row, create),
                       .nullable = row[6] == "YES",
                       .generated = !row[8].value_or("").empty(),
                       .invisible = contains(extra, "INVISIBLE"),
                       .auto_increment = contains(extra, "auto_increment")});
  }
  return columns;
}

// Each table is asked for by its own name: MariaDB would look at all of them for a list.
// MySQL has enumerations here, which a UNION would sort in another way.
std::map<std::string, std::vector<Trigger>> read_triggers(Session& session,
                                                          const std::vector<std::string>& tables) {
  std::string query;
  for (const auto& table : tables) {
    query += (query.empty() ? "SELECT " : " UNION ALL SELECT ") + literal(table) +
             ", trigger_name, CAST(action_timing AS CHAR) AS timing,"
             " CAST(event_manipulation AS CHAR) AS event, action_statement, definer, sql_mode, "
             "character_set_client, collation_connection,"
             " action_order AS place FROM information_schema.triggers WHERE " +
             in_this_schema("event_object_schema") + " AND event_object_table = " + literal(table);
  }
  std::map<std::string, std::vector<Trigger>> triggers;
  if (tables.empty()) return triggers;
  for (const Row& row : session.rows(query + " ORDER BY event, timing, place")) {
    if (names::is_table_of_ours(*row[1])) continue;
    if (!std::all_of(row.begin(), row.end(), [](const Value& one) { return one.has_value(); })) {
      throw ServerError({command_denied, "42000",
                         "what trigger '" + *row[1] + "' of table '" + *row[0] +
                             "' does is not shown without the privilege TRIGGER"});
    }
    triggers[*row[0]].push_back(
        {*row[1], *row[2], *row[3], *row[4], *row[5], *row[6], *row[7], *row[8]});
  }
  return triggers;
}

std::vector<ForeignKey> foreign_keys_of(const CreateTable& create) {
  std::vector<ForeignKey> keys;
  for (const Element& element : create.elements) {
    if (element.kind == Element::Kind::foreign_key) keys.push_back(parse_foreign_key(element));
  }
  return keys;
}

CreateTable read_create(Session& session, const std::string& table) {
  const auto rows = session.rows("SHOW CREATE TABLE " + identifier(table));
  if (rows.empty() || rows[0].size() < 2) throw std::invalid_argument("it has no CREATE TABLE");
  return parse_create_table(rows[0][1].value_or(""));
}

bool has_control_character(const std::string& name) {
  return std::any_of(name.begin(), name.end(),
                     [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

// The plain index that has just a foreign key's columns: the server made it, or could
// have.
std::string index_for(const CreateTable& create, const Element& foreign_key) {
  const auto found =
      std::find_if(create.elements.begin(), create.elements.end(), [&](const Element& element) {
        return element.kind == Element::Kind::key && element.columns == foreign_key.columns;
      });
  return found == create.elements.end() ? "" : found->name;
}

bool is_unique_key_of_values(const Definition& definition, const Element& element) {
  return element.kind == Element::Kind::unique_key && !element.has_expressions &&
         std::all_of(element.columns.begin(), element.columns.end(), [&](const auto& name) {
           const Column* column = definition.column(name);
           return column != nullptr && !column->nullable && !column->generated;
         });
}

}  // namespace

std::vector<std::string> Definition::stored() const {
  std::vector<std::string> list;
  for (const Column& one : columns) {
    if (!one.generated) list.push_back(one.name);
  }
  return list;
}

const Column* Definition::column(const std::string& wanted) const {
  const auto found = std::find_if(columns.begin(), columns.end(),
                                  [&](const Column& one) { return same_name(one.name, wanted); });
  return found == columns.end() ? nullptr : &*found;
}

std::vector<std::string> Definition::key() const {
  for (const Element& element : create.elements) {
    if (element.kind == Element::Kind::primary_key && !element.has_expressions) {
      return element.columns;
    }
  }
  for (const Element& element : create.elements) {
    if (is_unique_key_of_values(*this, element)) return element.columns;
  }
  return {};
}

bool Definition::same_structure(const Definition& other) const {
  return same_elements(create.elements, other.create.elements) &&
         create.options == other.create.options && triggers == other.triggers;
}

std::optional<Definition> read_definition(Session& session, const std::string& table) try {
  const auto rows = session.rows(
      "SELECT t.table_name, t.table_type, t.engine, t.auto_increment, t.table_rows, t.data_length,"
      " t.index_length, t.create_options, coalesce(e.transactions, 'NO')"
      " FROM information_schema.tables AS t"
      " LEFT JOIN information_schema.engines AS e ON e.engine = t.engine WHERE " +
      in_this_schema("t.table_schema") + " AND t.table_name = " + literal(table));
  if (rows.empty()) return std::nullopt;
  const Row& row = rows[0];
  if (row[1] != "BASE TABLE" && row[1] != "SYSTEM VERSIONED") return std::nullopt;
  Definition definition;
  definition.name = *row[0];
  definition.create = read_create(session, definition.name);
  definition.columns = read_columns(session, definition.name, definition.create);
  definition.triggers = read_triggers(session, {definition.name})[definition.name];
  definition.foreign_keys = foreign_keys_of(definition.create);
  definition.engine = row[2].value_or("");
  definition.transactional = row[8] == "YES";
  definition.versioned = row[1] == "SYSTEM VERSIONED";
  definition.partitioned = contains(row[7].value_or(""), "partitioned");
  if (row[3]) definition.counter = unsigned_of(row[3]);
  definition.rows_estimate = unsigned_of(row[4]);
  definition.data_bytes = unsigned_of(row[5]);
  definition.index_bytes = unsigned_of(row[6]);
  return definition;
} catch (const std::invalid_argument& error) {
  throw Refused("table '" + table + "' cannot be taken apart: " + error.what());
}

std::vector<Definition> read_shapes(Session& session, const std::vector<std::string>& tables) {
  std::vector<Definition> shapes;
  std::vector<std::string> there;
  for (const auto& table : tables) try {
      Definition shape;
      shape.name = table;
      shape.create = read_create(session, table);
      shape.foreign_keys = foreign_keys_of(shape.create);
      shapes.push_back(std::move(shape));
      there.push_back(table);
    } catch (const std::invalid_argument& error) {
      throw Refused("table '" + table + "' cannot be taken apart: " + error.what());
    } catch (const ServerError& error) {
      if (!error.is_missing_table()) throw;
    }
  auto triggers = read_triggers(session, there);
  for (Definition& shape : shapes) shape.triggers = std::move(triggers[shape.name]);
  return shapes;
}

std::string to_sql(const Trigger& trigger, const std::string& table) {
  const size_t at = trigger.definer.rfind('@');
  const std::string user = trigger.definer.substr(0, at);
  const std::string host = at == std::string::npos ? "" : trigger.definer.substr(at + 1);
  return "CREATE DEFINER=" + identifier(user) + (host.empty() ? "" : "@" + identifier(host)) +
         " TRIGGER " + identifier(trigger.name) + " " + trigger.timing + " " + trigger.event +
         " ON " + identifier(table) + " FOR EACH ROW " + trigger.body;
}

std::vector<Listed> list_tables(Session& session) {
  std::vector<Listed> tables;
  const auto rows = session.rows(
      "SELECT table_name, table_type FROM information_schema.tables"
      " WHERE " +
      in_this_schema("table_schema") + " ORDER BY table_name");
  for (const Row& row : rows) {
    std::string type = "table";
    if (row[1] == "VIEW" || row[1] == "SYSTEM VIEW") type = "view";
    if (row[1] == "SEQUENCE") type = "sequence";
    tables.push_back({*row[0], type});
  }
  return tables;
}

std::vector<std::string> names_of(const std::vector<Listed>& tables) {
  std::vector<std::string> names;
  names.reserve(tables.size());
  for (const Listed& listed : tables) names.push_back(listed.name);
  return names;
}

bool table_exists(Session& session, const std::string& table) {
  return session.number("SELECT count(*) FROM information_schema.tables WHERE " +
                        in_this_schema("table_schema") + " AND table_name = " + literal(table)) > 0;
}

std::vector<OutsideKey> keys_from_outside(Session& session,
                                          const std::vector<std::string>& tables) {
  if (tables.empty()) return {};
  std::string list;
  for (const auto& table : tables) list += (list.empty() ? "" : ", ") + literal(table);
  const auto rows = session.rows(
      "SELECT DISTINCT table_schema, table_name, constraint_name"
      " FROM information_schema.key_column_usage WHERE " +
      in_this_schema("referenced_table_schema") + " AND referenced_table_name IN (" + list +
      ") AND NOT (" + in_this_schema("table_schema") + " AND table_name IN (" + list +
      ")) ORDER BY 1, 2, 3");
  std::vector<OutsideKey> keys;
  for (const Row& row : rows) {
    if (names::is_table_of_ours(*row[1])) continue;
    const auto shown =
        session.rows("SHOW CREATE TABLE " + identifier(*row[0]) + "." + identifier(*row[1]));
    const CreateTable create = parse_create_table(shown.at(0).at(1).value_or(""));
    const Element* element = create.find(Element::Kind::foreign_key, *row[2]);
    if (element == nullptr) continue;
    keys.push_back({*row[0], *row[1], parse_foreign_key(*element), index_for(create, *element)});
  }
  return keys;
}

std::optional<std::string> why_not_movable(const Definition& definition) {
  const std::string table = "table '" + definition.name + "'";
  if (has_control_character(definition.name)) {
    return "the name of " + table + " has a control character";
  }
  for (const Column& column : definition.columns) {
    if (has_control_character(column.name)) {
      return "a column name of " + table + " has a control character";
    }
  }
  if (definition.engine.empty()) return table + " is damaged, or its engine is not there";
  return std::nullopt;
}

}  // namespace rollback::mysql

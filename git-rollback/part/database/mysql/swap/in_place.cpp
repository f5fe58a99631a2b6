#include "part/database/mysql/swap/in_place.h"

#include <algorithm>

#include "part/database/mysql/catalogue/check_names.h"
#include "part/database/mysql/catalogue/sql_text.h"
#include "part/database/mysql/rows/log.h"
#include "part/database/mysql/rows/values.h"

namespace rollback::mysql {
namespace {

using Kind = Element::Kind;

constexpr int first_mariadb = 100400;  // that drops a column at once
constexpr int first_mysql = 80029;
// MySQL takes 64 alterations at once, and then rebuilds the table.
constexpr std::int64_t most_versions = 50;
constexpr int batch_size = 500;

std::vector<const Element*> columns_of(const CreateTable& create) {
  std::vector<const Element*> columns;
  for (const Element& element : create.elements) {
    if (element.kind == Kind::column) columns.push_back(&element);
  }
  return columns;
}

std::vector<Element> all_but_columns(const CreateTable& create) {
  std::vector<Element> rest;
  for (const Element& element : create.elements) {
    if (element.kind != Kind::column) rest.push_back(element);
  }
  return rest;
}

bool starts_as(const Element& key, std::string_view word) { return key.sql.starts_with(word); }

// MariaDB moves no column of a table with generated ones, and of one with a full-text
// key neither server takes one off at once.
bool is_plain_table(const Definition& definition) {
  const auto& elements = definition.create.elements;
  return definition.engine == "InnoDB" && !definition.partitioned && !definition.versioned &&
         std::none_of(definition.columns.begin(), definition.columns.end(),
                      [](const Column& column) { return column.generated; }) &&
         std::none_of(elements.begin(), elements.end(), [](const Element& element) {
           return starts_as(element, "FULLTEXT") || starts_as(element, "SPATIAL");
         });
}

// Rows that are there get no other value by it than rows that come.
bool is_literal(const std::string& fallback) {
  constexpr std::string_view begins = "'-.0123456789";
  return fallback == "NULL" || (!fallback.empty() && begins.find(fallback[0]) != begins.npos) ||
         fallback.starts_with("b'") || fallback.starts_with("x'");
}

bool is_in_a_key(const CreateTable& create, const std::string& column) {
  return std::any_of(create.elements.begin(), create.elements.end(), [&](const Element& key) {
    return std::find(key.columns.begin(), key.columns.end(), column) != key.columns.end();
  });
}

bool can_go(const Definition& now, const std::string& name) {
  const Column* const column = now.column(name);
  return column != nullptr && !column->generated && !column->auto_increment &&
         !needs_value(*column) && is_literal(column->fallback.value_or("NULL")) &&
         !is_in_a_key(now.create, name) && !now.key().empty();
}

bool same_values(const Column& a, const Column& b) {
  return a.full_type == b.full_type && a.charset == b.charset && a.collation == b.collation &&
         a.nullable == b.nullable && a.auto_increment == b.auto_increment;
}

void add(std::string& list, const std::string& what) { list += (list.empty() ? "" : ", ") + what; }

// Of columns alone.
std::optional<Alteration> alteration(const Definition& now, const Definition& then) {
  Alteration way;
  const auto wanted = columns_of(then.create);
  size_t at = 0;
  std::string place = " FIRST";
  for (const Element* const column : columns_of(now.create)) {
    if (at < wanted.size() && wanted[at]->name == column->name) {
      const Element& other = *wanted[at++];
      if (other.sql != column->sql) {
        if (!same_values(*now.column(column->name), *then.column(column->name))) return {};
        add(way.there, "MODIFY COLUMN " + other.sql);
        add(way.back, "MODIFY COLUMN " + column->sql);
      }
    } else if (then.column(column->name) == nullptr && can_go(now, column->name)) {
      add(way.there, "DROP COLUMN " + identifier(column->name));
      add(way.back, "ADD COLUMN " + column->sql + place);
    } else {
      return {};
    }
    place = " AFTER " + identifier(column->name);
  }
  if (at != wanted.size() || way.there.empty()) return {};
  way.there += ", ALGORITHM=INSTANT";
  way.back += ", ALGORITHM=INSTANT";
  return way;
}

// With the first rows of the live table, since the server may think otherwise of an
// empty one.
void make_trial(Session& session, const Change& change) {
  const Definition& now = *change.before;
  const std::string trial = identifier(change.incoming);
  session.run("DROP TABLE IF EXISTS " + trial);
  session.run(to_sql(with_names_beside(session, now.create, change.incoming), change.incoming,
                     {Kind::foreign_key}));
  std::string columns;
  for (const auto& name : now.stored()) add(columns, identifier(name));
  Transaction transaction(session, Transaction::Kind::write);
  session.run("INSERT INTO " + trial + " (" + columns + ") SELECT " + columns + " FROM " +
              identifier(now.name) + " LIMIT 2");
  transaction.commit();
}

// The names of checks are the table's own.
bool is_as(Session& session, const std::string& trial, const Definition& expected) {
  const auto found = read_definition(session, trial);
  const auto without_checks = [](CreateTable create) {
    std::erase_if(create.elements, [](const Element& e) { return e.kind == Kind::check; });
    return create;
  };
  return found && same_checks(found->create, expected.create) &&
         same_but_for_foreign_keys(without_checks(found->create), without_checks(expected.create));
}

bool has_room_for_versions(Session& session, const Definition& now) {
  if (session.flavour().mariadb) return true;
  return session.number(
             "SELECT total_row_versions FROM information_schema.innodb_tables WHERE"
             " name = " +
             literal(session.schema() + "/" + now.name)) <= most_versions;
}

// That a row has in each column that goes; "": none goes.
std::string no_values(const Change& change) {
  const Definition& now = *change.before;
  std::string same;
  for (const auto& name : columns_only_in(now, *change.after)) {
    const Column& column = *now.column(name);
    same += (same.empty() ? "" : " AND ") +
            same_value(column, identifier(now.name) + "." + identifier(name), column,
                       default_of(column));
  }
  return same;
}

// Of rows whose key stands in the log, by what it says of it.
bool has_new_values(Session& session, const Change& change, const std::string& condition) {
  const Definition& now = *change.before;
  const std::string live = identifier(now.name);
  const auto key = now.key();
  std::string from = live;
  if (!key.empty()) {
    from += " JOIN (SELECT DISTINCT " + log_columns(key) + " FROM " +
            identifier(change.before_log()) + " WHERE " + condition + ") AS git_rollback_d ON " +
            same_logged_key(key, live, "git_rollback_d");
  }
  return session.number("SELECT EXISTS (SELECT 1 FROM " + from + " WHERE NOT (" +
                        no_values(change) + "))") != 0;
}

std::string joined(const std::vector<std::string>& terms, const char* between) {
  std::string text;
  for (const auto& term : terms) text += (text.empty() ? "" : between) + term;
  return text;
}

// One by one: a scan would wait for what is not committed yet.
void forget(Session& session, const std::string& log, const std::vector<std::string>& seqs) {
  session.run("DELETE " + log + " FROM (SELECT " + joined(seqs, " AS s UNION ALL SELECT ") +
              " AS s) AS git_rollback_d STRAIGHT_JOIN " + log + " ON " + log +
              ".seq = git_rollback_d.s");
}

// What remains of a full-text key that is gone. SHOW CREATE does not know it.
bool has_hidden_column(Session& session, const Change& change) {
  const bool mariadb = session.flavour().mariadb;
  return session.number("SELECT count(*) FROM information_schema." +
                        std::string(mariadb ? "innodb_sys_indexes" : "innodb_indexes") +
                        " WHERE name = 'FTS_DOC_ID_INDEX' AND table_id = " + change.storage) != 0;
}

bool works_on_a_trial(Session& session, const Change& change) {
  make_trial(session, change);
  const std::string alter = "ALTER TABLE " + identifier(change.incoming) + " ";
  session.run(alter + change.in_place->there);
  if (!is_as(session, change.incoming, *change.after)) return false;
  session.run(alter + change.in_place->back);
  return is_as(session, change.incoming, *change.before);
}

}  // namespace

std::optional<Alteration> alteration(const Flavour& flavour, const Definition& now,
                                     const Definition& then) {
  if (flavour.version < (flavour.mariadb ? first_mariadb : first_mysql)) return {};
  if (!is_plain_table(now) || !is_plain_table(then)) return {};
  if (now.create.options != then.create.options || now.triggers != then.triggers) return {};
  if (find_word(now.create.options, "ROW_FORMAT=COMPRESSED") != now.create.options.size()) {
    return {};
  }
  if (all_but_columns(now.create) != all_but_columns(then.create)) return {};
  return alteration(now, then);
}

bool can_be_altered(Session& session, const Change& change) {
  if (!change.in_place || change.storage.empty()) return false;
  bool works = false;
  try {
    works = has_room_for_versions(session, *change.before) && !has_hidden_column(session, change) &&
            works_on_a_trial(session, change);
  } catch (const ServerError& error) {
    if (error.is_lost_connection()) throw;  // anything else is the server's no
  }
  session.run("DROP TABLE IF EXISTS " + identifier(change.incoming));
  return works;
}

bool has_new_values(Session& session, const Change& change) {
  return !no_values(change).empty() && is_logged(session, change.before_log()) &&
         has_new_values(session, change, "true");
}

// By their numbers: what was begun earlier can have a lower one, and come later.
bool look_for_new_values(Session& session, const Change& change) {
  if (no_values(change).empty()) return false;
  if (change.before->key().empty()) return has_new_values(session, change);
  const std::string log = identifier(change.before_log());
  const std::string top = session.text("SELECT max(seq) FROM " + log);
  std::string after = "0";
  while (!top.empty()) {
    std::vector<std::string> seen;
    for (const Row& row :
         session.rows("SELECT seq FROM " + log + " WHERE seq > " + after + " AND seq <= " + top +
                      " ORDER BY seq LIMIT " + std::to_string(batch_size))) {
      after = row.at(0).value();
      seen.push_back(after);
    }
    if (seen.empty()) break;
    if (has_new_values(session, change, "seq IN (" + joined(seen, ", ") + ")")) return true;
    forget(session, log, seen);
  }
  return false;
}

bool same_but_for_foreign_keys(const CreateTable& a, const CreateTable& b) {
  const auto without_keys = [](CreateTable create) {
    std::erase_if(create.elements,
                  [](const Element& e) { return e.kind == Element::Kind::foreign_key; });
    return create;
  };
  return a.options == b.options && without_keys(a).elements == without_keys(b).elements;
}

}  // namespace rollback::mysql

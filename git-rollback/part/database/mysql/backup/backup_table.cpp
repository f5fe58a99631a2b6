#include "part/database/mysql/backup/backup_table.h"

#include <algorithm>

#include "part/database/mysql/catalogue/sql_text.h"
#include "store/names.h"

namespace rollback::mysql {
namespace {

using Kind = Element::Kind;

constexpr size_t stamp_size = 16;  // 20261123T100000Z
constexpr const char* comment_begins = "git rollback backup of ";

bool is_key(const Element& element) {
  return element.kind == Kind::unique_key || element.kind == Kind::key;
}

// The server wants one that the counter's column is the first of.
bool serves_counter(const Definition& definition, const Element& element) {
  if (element.columns.empty()) return false;
  const Column* first = definition.column(element.columns.front());
  return first != nullptr && first->auto_increment;
}

bool has_counter(const Definition& definition) {
  return std::any_of(definition.columns.begin(), definition.columns.end(),
                     [](const Column& column) { return column.auto_increment; });
}

CreateTable without_what_slows(const Definition& definition) {
  CreateTable create = definition.create;
  const auto row_key = definition.key();
  bool counted = !has_counter(definition);
  bool keyed = false;
  std::vector<Element> kept;
  for (Element& element : create.elements) {
    const bool is_period = element.kind == Kind::other && element.sql.starts_with("PERIOD");
    const bool is_row_key =
        (element.kind == Kind::primary_key || element.kind == Kind::unique_key) && !keyed &&
        element.columns == row_key && !row_key.empty();
    const bool is_counter_key = is_key(element) && !counted && serves_counter(definition, element);
    const bool stays = element.kind == Kind::column || element.kind == Kind::primary_key ||
                       is_period || is_row_key || is_counter_key;
    if (!stays) continue;
    keyed = keyed || is_row_key;
    counted = counted || (element.kind != Kind::column && serves_counter(definition, element));
    kept.push_back(std::move(element));
  }
  create.elements = std::move(kept);
  return create;
}

// Options stand before what makes partitions.
std::string with_comment(const std::string& options, const std::string& comment) {
  std::string rest = options;
  const size_t old = find_word(rest, "COMMENT=");
  if (old != rest.size()) {
    const size_t end = end_of_quoted(rest, rest.find('\'', old));
    rest.erase(old, end - old);
  }
  size_t end_of_options = rest.size();
  for (const char* const word :
       {"/*!50100 PARTITION BY", "/*!50500 PARTITION BY", "PARTITION BY"}) {
    end_of_options = std::min(end_of_options, find_word(rest, word));
  }
  return rest.substr(0, end_of_options) + " COMMENT=" + literal(comment) + " " +
         rest.substr(end_of_options);
}

}  // namespace

std::string create_backup(const Definition& definition, const std::string& backup,
                          const std::string& point) {
  CreateTable create = without_what_slows(definition);
  create.options = with_comment(create.options, comment_begins + definition.name + " at " + point);
  return to_sql(create, backup);
}

std::string free_backup_name(Session& session, const std::string& table, const std::string& point) {
  const std::string stamp = point.substr(0, stamp_size);
  std::string name = names::backup_table(table, stamp);
  for (int i = 2; table_exists(session, name); ++i) {
    name = names::backup_table(table, stamp + "_" + std::to_string(i));
  }
  return name;
}

void drop_backup(Session& session, const std::string& backup) {
  if (!names::is_table_of_ours(backup)) return;
  const std::string comment = session.text(
      "SELECT table_comment FROM information_schema.tables WHERE table_schema = database()"
      " AND table_name = " +
      literal(backup));
  if (!comment.starts_with(comment_begins)) return;
  session.run("DROP TABLE IF EXISTS " + identifier(backup));
}

}  // namespace rollback::mysql

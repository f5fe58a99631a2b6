#include "part/database/mysql/check_names.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <set>

#include "part/database/mysql/lock_wait.h"
#include "part/database/mysql/sql_text.h"

namespace rollback::mysql {
namespace {

constexpr std::string_view infix = "_chk_";
constexpr size_t most_digits = 5;
constexpr size_t most_bytes = 64;

bool is_check(const Element& element) { return element.kind == Element::Kind::check; }

std::string made_up(const std::string& table, int number) {
  return table + std::string(infix) + std::to_string(number);
}

// The number of a name that the server made up for that table.
std::optional<int> number_of(const std::string& name, const std::string& table) {
  int number = 0;
  const size_t begin = table.size() + infix.size();
  if (name.size() > begin) std::from_chars(&name[begin], name.data() + name.size(), number);
  if (name != made_up(table, number)) return std::nullopt;
  return number;
}

// "CHECK (…)", and whether it is enforced.
std::string body(const Element& check) {
  std::string_view rest = check.sql;
  take_word(rest, "CONSTRAINT");
  take_identifier(rest);
  return std::string(rest);
}

std::string constraint(const std::string& name, const std::string& body) {
  return "CONSTRAINT " + identifier(name) + " " + body;
}

CreateTable read(Session& session, const std::string& table) {
  const auto shown = session.rows("SHOW CREATE TABLE " + identifier(table));
  return parse_create_table(shown.at(0).at(1).value());
}

void alter(Session& session, const std::string& table, const std::string& what) {
  if (what.empty()) return;
  taking_a_lock(session, {table}, default_deadline,
                [&] { session.run("ALTER TABLE " + identifier(table) + what); });
}

void add(std::string& what, const std::string& one) { what += (what.empty() ? " " : ", ") + one; }

void take_off(Session& session, const std::string& table) {
  std::string what;
  for (const Element& element : read(session, table).elements) {
    if (!is_check(element) || number_of(element.name, table)) continue;
    add(what, "DROP CHECK " + identifier(element.name));
  }
  alter(session, table, what);
}

void give_names(Session& session, const CreateTable& wanted) {
  const CreateTable found = read(session, wanted.name);
  std::string what;
  std::set<std::string> used;
  for (const Element& check : wanted.elements) {
    if (!is_check(check) || found.find(Element::Kind::check, check.name) != nullptr) continue;
    for (const Element& other : found.elements) {
      if (!is_check(other) || body(other) != body(check)) continue;
      if (wanted.find(Element::Kind::check, other.name) != nullptr) continue;
      if (!used.insert(other.name).second) continue;
      add(what, "DROP CHECK " + identifier(other.name));
      add(what, "ADD " + check.sql);
      break;
    }
  }
  alter(session, wanted.name, what);
}

std::multiset<std::string> bodies(const CreateTable& table) {
  std::multiset<std::string> all;
  for (const Element& element : table.elements) {
    if (is_check(element)) all.insert(body(element));
  }
  return all;
}

}  // namespace

CreateTable with_names_beside(const Session& session, const CreateTable& create,
                              const std::string& name) {
  if (session.flavour().mariadb) return create;
  std::set<int> taken;
  for (const Element& element : create.elements) {
    const auto number = is_check(element) ? number_of(element.name, create.name) : std::nullopt;
    if (number) taken.insert(*number);
  }
  CreateTable beside = create;
  int free = 1;
  for (Element& element : beside.elements) {
    if (!is_check(element)) continue;
    auto number = number_of(element.name, create.name);
    while (!number && !taken.insert(free).second) ++free;
    element.name = made_up(name, number.value_or(free));
    element.sql = constraint(element.name, body(element));
  }
  return beside;
}

size_t longest_name(const Definition& definition) {
  const auto& elements = definition.create.elements;
  const bool has_checks = std::any_of(elements.begin(), elements.end(), is_check);
  return has_checks ? most_bytes - infix.size() - most_digits : most_bytes;
}

void give_check_names(Session& session, const Plan& plan) {
  if (session.flavour().mariadb) return;
  for (const Change& change : plan.changes) {
    if (change.swaps() && change.before) take_off(session, change.displaced);
  }
  for (const Change& change : plan.changes) {
    if (change.swaps() && change.after) give_names(session, change.after->create);
  }
}

bool same_checks(const CreateTable& a, const CreateTable& b) { return bodies(a) == bodies(b); }

}  // namespace rollback::mysql

#include "part/database/mysql/catalogue/check_names.h"

#include <algorithm>
#include <set>

#include "part/database/mysql/catalogue/sql_text.h"
#include "part/database/mysql/server/lock_wait.h"

namespace rollback::mysql {
namespace {

constexpr std::string_view infix = "_chk_";
constexpr size_t most_digits = 5;
constexpr size_t most_bytes = 64;
constexpr size_t longest_suffix = 20;  // leaves room for names::displaced_table()

bool is_check(const Element& element) { return element.kind == Element::Kind::check; }

// "1" of "playerbot_chk_1". The server changes all that begin so along with the
// table's name, also where a person wrote them.
std::string suffix_of(const Element& check, const std::string& table) {
  const std::string begin = table + std::string(infix);
  return check.name.starts_with(begin) ? check.name.substr(begin.size()) : "";
}

// "CHECK (…)", and whether it is enforced.
std::string body(const Element& check) {
  std::string_view rest = check.sql;
  take_word(rest, "CONSTRAINT");
  take_identifier(rest);
  return std::string(rest);
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
    if (!is_check(element) || !suffix_of(element, table).empty()) continue;
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
  CreateTable beside = create;
  std::set<std::string> taken;
  for (const Element& element : create.elements) {
    if (is_check(element)) taken.insert(suffix_of(element, create.name));
  }
  int free = 1;
  for (Element& element : beside.elements) {
    if (!is_check(element)) continue;
    std::string suffix = suffix_of(element, create.name);
    if (suffix.size() > longest_suffix) suffix.clear();
    while (suffix.empty()) {
      if (taken.insert(std::to_string(free)).second) suffix = std::to_string(free);
      ++free;
    }
    element.name = name + std::string(infix) + suffix;
    element.sql = "CONSTRAINT " + identifier(element.name) + " " + body(element);
  }
  return beside;
}

size_t longest_name(const Definition& definition) {
  size_t room = 0;
  for (const Element& element : definition.create.elements) {
    if (!is_check(element)) continue;
    const size_t suffix = suffix_of(element, definition.name).size();
    room = std::max(
        {room, infix.size() + most_digits, infix.size() + std::min(suffix, longest_suffix)});
  }
  return most_bytes - room;
}

std::optional<std::string> why_not_displaced(const Session& session, const Definition& definition) {
  if (session.flavour().mariadb) return std::nullopt;
  for (const Element& element : definition.create.elements) {
    if (!is_check(element)) continue;
    if (suffix_of(element, definition.name).size() <= longest_suffix) continue;
    return "table '" + definition.name + "' cannot be renamed: MySQL would rename its check '" +
           element.name + "', too, and that is too long";
  }
  return std::nullopt;
}

bool gets_check_names(const Session& session, const Definition& definition) {
  const auto& elements = definition.create.elements;
  return !session.flavour().mariadb &&
         std::any_of(elements.begin(), elements.end(), [&](const Element& element) {
           return is_check(element) && suffix_of(element, definition.name).empty();
         });
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

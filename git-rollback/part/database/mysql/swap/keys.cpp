#include "part/database/mysql/swap/keys.h"

#include <algorithm>

#include "part/database/mysql/catalogue/storage.h"
#include "part/database/mysql/server/lock_wait.h"
#include "store/names.h"

namespace rollback::mysql {
namespace {

std::string qualified(const std::string& schema, const std::string& table) {
  return (schema.empty() ? "" : identifier(schema) + ".") + identifier(table);
}

std::vector<std::string> names_on(Session& session, const std::string& qualified_table) {
  std::vector<std::string> names;
  try {
    const auto shown = session.rows("SHOW CREATE TABLE " + qualified_table);
    for (const Element& element : parse_create_table(shown.at(0).at(1).value()).elements) {
      if (element.kind == Element::Kind::foreign_key) names.push_back(element.name);
    }
  } catch (const ServerError& error) {
    if (!error.is_missing_table()) throw;
  }
  return names;
}

bool contains(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

void alter(Session& session, const std::string& table, const std::string& qualified_table,
           const std::vector<std::string>& what, std::vector<std::string> parents = {}) {
  if (what.empty()) return;
  std::string list;
  for (const auto& one : what) list += (list.empty() ? " " : ", ") + one;
  parents.insert(parents.begin(), table);
  taking_a_lock(session, parents, default_deadline,
                [&] { session.run("ALTER TABLE " + qualified_table + list); });
}

// A key that comes back takes the index that the server once made for it, and gives
// it its own name.
void name_indexes(Session& session, const std::string& table, const std::string& qualified_table,
                  const std::vector<Element>& wanted) {
  const auto shown = session.rows("SHOW CREATE TABLE " + qualified_table);
  const CreateTable now = parse_create_table(shown.at(0).at(1).value());
  std::vector<std::string> what;
  for (const Element& index : wanted) {
    if (index.kind != Element::Kind::key || index.name.empty()) continue;
    if (now.find(Element::Kind::key, index.name) != nullptr) continue;
    for (const Element& other : now.elements) {
      const bool same = other.kind == Element::Kind::key && other.columns == index.columns;
      const bool made = now.find(Element::Kind::foreign_key, other.name) != nullptr ||
                        names::is_table_of_ours(other.name);  // for an early name
      if (!same || !made) continue;
      what.push_back("RENAME INDEX " + identifier(other.name) + " TO " + identifier(index.name));
      break;
    }
  }
  alter(session, table, qualified_table, what);
}

// In the order of the indexes that the server may make for them.
std::vector<ForeignKey> keys_by_index(const Definition& definition) {
  const auto place = [&](const ForeignKey& key) {
    const auto& all = definition.create.elements;
    return std::find_if(all.begin(), all.end(), [&](const Element& element) {
      return element.kind == Element::Kind::key && element.columns == key.columns;
    });
  };
  std::vector<ForeignKey> keys = definition.foreign_keys;
  std::stable_sort(keys.begin(), keys.end(), [&](const ForeignKey& one, const ForeignKey& other) {
    return place(one) < place(other);
  });
  return keys;
}

std::string early_name(const Arrival& arrival, size_t number) {
  return arrival.id + std::to_string(number + 1);
}

bool table_is_there(Session& session, const OutsideKey& key) {
  return session.number("SELECT count(*) FROM information_schema.tables WHERE table_schema = " +
                        literal(key.schema) + " AND table_name = " + literal(key.table)) > 0;
}

}  // namespace

void drop_keys(Session& session, const std::string& table) {
  std::vector<std::string> what;
  for (const auto& name : names_on(session, identifier(table))) {
    what.push_back("DROP FOREIGN KEY " + identifier(name));
  }
  alter(session, table, identifier(table), what);
}

std::vector<Arrival> arrivals(const Plan& plan) {
  std::vector<Arrival> all;
  for (const Change& change : plan.changes) {
    if (!change.swaps() || !change.after) continue;
    all.push_back({&*change.after, change.incoming, change.id + "_a"});
  }
  return all;
}

std::vector<Arrival> arrivals_of_revert(const Plan& plan) {
  std::vector<Arrival> all;
  for (const Change& change : plan.changes) {
    if (!change.swaps() || !change.before) continue;
    all.push_back({&*change.before, change.displaced, change.id + "_b"});
  }
  return all;
}

void add_inner_keys(Session& session, const std::vector<Arrival>& all) {
  for (const Arrival& child : all) {
    const std::string table = identifier(child.table);
    const auto keys = keys_by_index(*child.definition);
    const auto there = keys.empty() ? std::vector<std::string>{} : names_on(session, table);
    std::vector<std::string> what;
    std::vector<std::string> parents;
    for (size_t i = 0; i < keys.size(); ++i) {
      const auto parent = std::find_if(all.begin(), all.end(), [&](const Arrival& one) {
        return keys[i].parent_schema.empty() && one.definition->name == keys[i].parent;
      });
      // By its own name it stands on a table that was live until a RENAME that was stopped after.
      const bool made = contains(there, early_name(child, i)) || contains(there, keys[i].name);
      if (parent == all.end() || made) continue;
      what.push_back("ADD " + to_sql(keys[i], early_name(child, i), parent->table));
      parents.push_back(parent->table);
    }
    alter(session, child.table, table, what, parents);
  }
}

void add_keys(Session& session, const Arrival& arrived) {
  const Definition& definition = *arrived.definition;
  if (definition.foreign_keys.empty()) return;
  const std::string table = identifier(definition.name);
  const auto there = names_on(session, table);
  std::vector<std::string> what;
  std::vector<std::string> parents;
  const auto keys = keys_by_index(definition);
  for (size_t i = 0; i < keys.size(); ++i) {
    const ForeignKey& key = keys[i];
    const std::string early = early_name(arrived, i);
    if (contains(there, early)) what.push_back("DROP FOREIGN KEY " + identifier(early));
    if (contains(there, key.name)) continue;
    what.push_back("ADD " + key.sql);
    parents.push_back(key.parent);
  }
  alter(session, definition.name, table, what, parents);
  name_indexes(session, definition.name, table, definition.create.elements);
}

void drop_keys(Session& session, const std::vector<OutsideKey>& keys) {
  for (const OutsideKey& key : keys) {
    const std::string table = qualified(key.schema, key.table);
    if (!contains(names_on(session, table), key.key.name)) continue;
    alter(session, key.table, table, {"DROP FOREIGN KEY " + identifier(key.key.name)},
          {key.key.parent});
  }
}

void add_keys(Session& session, const std::vector<OutsideKey>& keys) {
  for (const OutsideKey& key : keys) {
    const std::string table = qualified(key.schema, key.table);
    if (!table_is_there(session, key)) continue;
    if (!contains(names_on(session, table), key.key.name)) {
      alter(session, key.table, table, {"ADD " + key.key.sql}, {key.key.parent});
    }
    name_indexes(
        session, key.table, table,
        {{.kind = Element::Kind::key, .name = key.index, .sql = "", .columns = key.key.columns}});
  }
}

bool has_keys(Session& session, const std::vector<OutsideKey>& keys) {
  return std::all_of(keys.begin(), keys.end(), [&](const OutsideKey& key) {
    return !table_is_there(session, key) ||
           contains(names_on(session, qualified(key.schema, key.table)), key.key.name);
  });
}

std::optional<std::string> keys_to(Session& session, const Plan& plan) {
  std::string list;
  for (const Change& change : plan.changes) {
    if (!change.swaps() || !change.before) continue;
    const auto name = innodb_name(session.schema(), change.before->name);
    if (!name) return std::nullopt;
    list += (list.empty() ? "" : ", ") + literal(*name);
  }
  if (list.empty()) return "";
  try {
    return session.text(
        "SELECT group_concat(id ORDER BY id) FROM information_schema." +
        std::string(session.flavour().mariadb ? "innodb_sys_foreign" : "innodb_foreign") +
        " WHERE ref_name IN (" + list + ")");
  } catch (const ServerError& error) {
    if (!error.is_denied()) throw;
    return std::nullopt;
  }
}

bool knows(const Plan& plan, const OutsideKey& key) {
  const auto same = [&](const OutsideKey& known) {
    return key.schema == known.schema && key.table == known.table && key.key.name == known.key.name;
  };
  return std::any_of(plan.outside_keys.begin(), plan.outside_keys.end(), same) ||
         std::any_of(plan.keys_of_others.begin(), plan.keys_of_others.end(), same);
}

std::vector<OutsideKey> unknown_keys(Session& session, const Plan& plan) {
  std::vector<std::string> tables;
  for (const Change& change : plan.changes) {
    if (change.swaps() && change.before) tables.push_back(change.before->name);
  }
  std::vector<OutsideKey> unknown;
  for (const OutsideKey& found : keys_from_outside(session, tables)) {
    if (!knows(plan, found)) unknown.push_back(found);
  }
  return unknown;
}

}  // namespace rollback::mysql

#include "part/database/mysql/swap/standing.h"

#include <algorithm>
#include <set>

#include "os/error.h"
#include "part/database/mysql/catalogue/check_names.h"
#include "part/database/mysql/catalogue/what_differs.h"
#include "part/database/mysql/swap/keys.h"
#include "store/names.h"

namespace rollback::mysql {
namespace {

std::set<std::string> tables_there(Session& session, const Plan& plan) {
  std::string list;
  for (const Change& change : plan.changes) {
    for (const auto& name : {change.table(), change.incoming, change.displaced}) {
      if (!name.empty()) list += (list.empty() ? "" : ", ") + literal(name);
    }
  }
  std::set<std::string> there;
  if (list.empty()) return there;
  const auto rows = session.rows(
      "SELECT table_name FROM information_schema.tables WHERE table_schema = database()"
      " AND table_name IN (" +
      list + ")");
  for (const Row& row : rows) there.insert(row.at(0).value());
  return there;
}

// Whether this table was renamed; nothing where its tables are not as either.
std::optional<bool> is_renamed(const Change& change, const std::set<std::string>& there,
                               bool prepared) {
  const bool live = there.contains(change.table());
  const bool incoming = there.contains(change.incoming);
  const bool displaced = there.contains(change.displaced);
  const bool before = change.before.has_value();
  const bool after = change.after.has_value();
  if (live == after && displaced == before && !incoming) return true;
  if (live == before && !displaced && (!prepared || incoming == after)) return false;
  return std::nullopt;
}

std::vector<Element> without_constraints(const CreateTable& table) {
  std::vector<Element> elements;
  for (const Element& element : table.elements) {
    const bool is_constraint =
        element.kind == Element::Kind::foreign_key || element.kind == Element::Kind::check;
    if (!is_constraint) elements.push_back(element);
  }
  return elements;
}

// But for foreign keys, and for the names of checks, which settle() gives.
bool same_table(const CreateTable& a, const CreateTable& b) {
  return same_elements(without_constraints(a), without_constraints(b)) && same_checks(a, b) &&
         a.options == b.options;
}

// An index that a foreign key took and that is not given its own name again, see
// keys.cpp, under that.
CreateTable with_own_names(CreateTable found, const CreateTable& expected) {
  for (Element& index : found.elements) {
    if (index.kind != Element::Kind::key) continue;
    if (found.find(Element::Kind::foreign_key, index.name) == nullptr &&
        !names::is_table_of_ours(index.name)) {
      continue;
    }
    for (const Element& other : expected.elements) {
      const bool same = other.kind == Element::Kind::key && other.columns == index.columns;
      if (same && found.find(Element::Kind::key, other.name) == nullptr) index = other;
    }
  }
  return found;
}

bool same_but_for_keys(const CreateTable& found, const CreateTable& expected) {
  return same_table(with_own_names(found, expected), expected);
}

// Those of `some` are all among `all`.
template <class Thing>
bool is_part_of(const std::vector<Thing>& some, const std::vector<Thing>& all) {
  return std::all_of(some.begin(), some.end(), [&](const Thing& thing) {
    return std::find(all.begin(), all.end(), thing) != all.end();
  });
}

struct Look {
  std::string foreign;   // "": it is what is expected, or will be
  bool complete = true;  // its triggers and keys are all there
};

Look look_at(Definition found, const Change& change, const Definition& expected) {
  // That did not get its own name yet, see keys.h.
  std::erase_if(found.foreign_keys,
                [&](const ForeignKey& key) { return key.name.starts_with(change.id + "_"); });
  const std::string table = "table '" + change.table() + "' has ";
  if (!same_but_for_keys(found.create, expected.create)) {
    return {table + "another definition" +
            what_differs(with_own_names(found.create, expected.create), expected.create)};
  }
  if (!is_part_of(found.triggers, expected.triggers)) return {table + "another trigger"};
  if (!is_part_of(found.foreign_keys, expected.foreign_keys)) {
    return {table + "another foreign key"};
  }
  return {"", same_table(found.create, expected.create) && found.triggers == expected.triggers &&
                  found.foreign_keys.size() == expected.foreign_keys.size()};
}

// By their names they are what they have to be.
Look look_at_all(Session& session, const Plan& plan, bool renamed) {
  std::vector<std::string> tables;
  std::vector<const Change*> changes;
  for (const Change& change : plan.changes) {
    if (!change.swaps() || !(renamed ? change.after : change.before)) continue;
    tables.push_back(change.table());
    changes.push_back(&change);
  }
  bool complete = true;
  for (const Definition& found : read_shapes(session, tables)) {
    const size_t at =
        static_cast<size_t>(std::find(tables.begin(), tables.end(), found.name) - tables.begin());
    const Change& change = *changes[at];
    const Look look = look_at(found, change, renamed ? *change.after : *change.before);
    if (!look.foreign.empty()) return look;
    complete = complete && look.complete;
  }
  return {"", complete};
}

// What a swap takes off before it renames is all there.
bool has_what_is_taken_off(Session& session, const Plan& plan) {
  std::vector<std::string> tables;
  for (const Change& change : plan.changes) {
    if (change.swaps() && change.before) tables.push_back(change.table());
  }
  for (const Definition& found : read_shapes(session, tables)) {
    for (const Change& change : plan.changes) {
      if (!change.swaps() || !change.before || change.table() != found.name) continue;
      if (!is_part_of(change.before->triggers, found.triggers)) return false;
    }
  }
  return has_keys(session, plan.outside_keys);
}

// Somebody else changed a table: surely before it was swapped, or perhaps after it.
Step::Seen changed_by_others(Session& session, const Plan& plan, const std::set<std::string>& there,
                             const std::string& how) {
  const bool as_prepared =
      std::all_of(plan.changes.begin(), plan.changes.end(), [&](const Change& change) {
        return !change.swaps() || (!there.contains(change.displaced) &&
                                   (change.incoming.empty() || there.contains(change.incoming)));
      });
  return {Observation::foreign, how, "take back what was changed there",
          as_prepared && has_what_is_taken_off(session, plan)};
}

}  // namespace

bool is_renamed(Session& session, const Plan& plan) {
  const auto there = tables_there(session, plan);
  return std::all_of(plan.changes.begin(), plan.changes.end(), [&](const Change& change) {
    return !change.swaps() || is_renamed(change, there, true).value_or(false);
  });
}

Step::Seen observe_swap(Session& session, std::optional<State> state, const Plan& plan) {
  const bool swapped = state == State::swapped || state == State::settled;
  // While it is prepared or discarded, some of its tables are there.
  const bool prepared = state && state != State::preparing;
  const auto there = tables_there(session, plan);
  std::optional<bool> renamed;
  for (const Change& change : plan.changes) {
    if (!change.swaps()) continue;
    const auto this_one = is_renamed(change, there, prepared);
    if (!this_one || renamed.value_or(*this_one) != *this_one) {
      return changed_by_others(session, plan, there,
                               "table '" + change.table() + "' or one that belongs to it is gone");
    }
    renamed = this_one;
  }
  if (!state && renamed.value_or(false)) {
    return {Observation::foreign,
            "the tables are as at the point, and not by this operation, which"
            " the database does not know"};
  }
  const Look look = look_at_all(session, plan, renamed.value_or(swapped));
  if (!look.foreign.empty()) return changed_by_others(session, plan, there, look.foreign);
  const bool complete = look.complete && has_keys(session, plan.outside_keys);
  if (renamed.value_or(swapped) != swapped) return {Observation::between};
  // A service may drop a trigger, and has it back by the swap; after it that is foreign.
  if (!complete) {
    if (state && state != State::settled) return {Observation::between};
    return {Observation::foreign, "a trigger or foreign key is gone"};
  }
  return {swapped ? Observation::after : Observation::before};
}

void require_structure(Session& session, const Plan& plan, bool renamed) {
  for (const Change& change : plan.changes) {
    const auto& expected = renamed ? change.after : change.before;
    if (!change.swaps() || !expected) continue;
    const auto shown = session.rows("SHOW CREATE TABLE " + identifier(change.table()));
    const CreateTable found = parse_create_table(shown.at(0).at(1).value());
    if (same_but_for_keys(found, expected->create)) continue;
    throw Refused("table '" + change.table() + "' was changed meanwhile",
                  {"run the command again"});
  }
}

}  // namespace rollback::mysql

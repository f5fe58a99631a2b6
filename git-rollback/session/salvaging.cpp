#include "session/salvaging.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "os/error.h"
#include "os/fail_point.h"
#include "os/shell_word.h"
#include "session/parts.h"
#include "session/standing.h"
#include "store/names.h"

namespace rollback {
namespace {

using nlohmann::json;

std::vector<std::unique_ptr<Part>> database_parts(const Session& session,
                                                  const std::string& components) {
  const Configuration& configuration = session.configured();
  Selection databases;
  for (const auto& [component, kinds] : parse_selection(components, configuration)) {
    if (kinds.count(Kind::database) != 0) databases[component].insert(Kind::database);
  }
  return make_parts(session, configuration, databases);
}

std::unique_ptr<Part> part_of(const Session& session, const SalvageTable& table) {
  auto parts = database_parts(session, table.component + "/database");
  return std::move(parts.front());
}

const std::vector<std::string> look_hint{"git rollback salvage"};

std::string operation_named(const std::vector<SalvageTable>& tables, const std::string& word) {
  std::set<std::string> matching;
  for (const auto& table : tables) {
    if (table.operation == word) return word;
    if (!word.empty() && table.operation.starts_with(word)) matching.insert(table.operation);
  }
  if (matching.size() == 1) return *matching.begin();
  if (matching.empty()) {
    throw Usage("no operation '" + word + "' displaced anything that is there still", look_hint);
  }
  throw Usage("'" + word + "' begins the ids of several operations",
              {matching.begin(), matching.end()});
}

json tables_of(const std::vector<PutBack>& results) {
  json tables = json::array();
  for (const auto& result : results) {
    json table{{"component", result.from.component},
               {"database", result.from.database},
               {"table", result.from.table},
               {"from", result.from.name},
               {"put", result.put},
               {"overwritten", result.overwritten}};
    if (result.overwritten > 0) table["aside"] = result.aside;
    tables.push_back(std::move(table));
  }
  return tables;
}

void tell_the_record(ChangingSession& changing, const std::vector<PutBack>& results,
                     const PutBackOrder& order) {
  const bool any = std::any_of(results.begin(), results.end(), [](const PutBack& result) {
    return result.put + result.overwritten > 0;
  });
  if (!any) return;
  fail_point("salvage put back");
  const Standing standing = look_around(changing.session());
  publish(changing.git(), changing.journal(),
          {.refs = {},
           .events = {make_event(standing.live.commit, changing.environment(), standing.live.deploy,
                                 "salvage",
                                 json{{"host", host_name()},
                                      {"salvage", order.id},
                                      {"operation", results.front().from.operation},
                                      {"tables", tables_of(results)}})}});
}

}  // namespace

std::vector<SalvageTable> find_salvage(const Session& session, const std::string& components) {
  std::vector<SalvageTable> all;
  for (const auto& part : database_parts(session, components)) {
    const auto some = part->salvageable();
    all.insert(all.end(), some.begin(), some.end());
  }
  // An id begins with its time.
  std::stable_sort(all.begin(), all.end(), [](const SalvageTable& a, const SalvageTable& b) {
    return a.operation > b.operation;
  });
  return all;
}

void count_missing(const Session& session, std::vector<SalvageTable>& tables) {
  for (const auto& part : database_parts(session, "")) part->count_missing(tables);
}

bool is_named(const SalvageTable& table, const std::string& word) {
  const auto is = [&](const std::string& name) {
    return word == name || word == table.database + "." + name;
  };
  return is(table.table) || is(table.name);
}

std::string word_for(const SalvageTable& table, const std::vector<SalvageTable>& all) {
  const bool elsewhere = std::any_of(all.begin(), all.end(), [&](const SalvageTable& other) {
    return other.database != table.database && is_named(other, table.name);
  });
  return elsewhere ? table.database + "." + table.name : table.name;
}

std::vector<SalvageTable> choose_salvage(const Session& session, const SalvageChoice& choice) {
  std::vector<SalvageTable> all = find_salvage(session, choice.components);
  const std::string operation = operation_named(all, choice.operation);
  std::erase_if(all, [&](const SalvageTable& table) {
    return table.operation != operation || (choice.table && !is_named(table, *choice.table));
  });
  if (all.empty()) {
    throw Usage("operation " + operation + " displaced no table '" + choice.table.value_or("") +
                    "' that is there still",
                look_hint);
  }
  return all;
}

std::vector<SalvageTable> pass_over_ledgers(std::vector<SalvageTable>& tables,
                                            const SalvageChoice& choice) {
  if (choice.table) return {};
  const auto first =
      std::stable_partition(tables.begin(), tables.end(), [](const auto& t) { return !t.ledger; });
  std::vector<SalvageTable> ledgers(first, tables.end());
  tables.erase(first, tables.end());
  if (tables.empty()) {
    std::vector<std::string> names;
    for (const auto& table : ledgers) names.push_back("--table " + shell_word(table.table));
    throw Usage("operation " + ledgers.front().operation +
                    " displaced nothing but which migrations ran: to take that, name the table",
                names);
  }
  return ledgers;
}

std::vector<std::string> export_salvage(const Session& session, const SalvageTable& table,
                                        const ExportOrder& order) {
  return part_of(session, table)->export_rows(table, order);
}

std::vector<PutBack> put_salvage_back(ChangingSession& changing,
                                      const std::vector<SalvageTable>& tables,
                                      PutBackOrder& order) {
  order.id = names::operation_id(now());
  std::vector<PutBack> results;
  for (auto first = tables.begin(); first != tables.end();) {
    const auto last = std::find_if(first, tables.end(), [&](const SalvageTable& table) {
      return table.component != first->component || table.database != first->database;
    });
    try {
      const auto some = part_of(changing.session(), *first)->put_back({first, last}, order);
      results.insert(results.end(), some.begin(), some.end());
    } catch (...) {  // what went into the databases before stays there
      if (!order.dry_run) tell_the_record(changing, results, order);
      throw;
    }
    first = last;
  }
  if (!order.dry_run) tell_the_record(changing, results, order);
  return results;
}

}  // namespace rollback

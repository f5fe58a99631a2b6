#include "cli/salvage_view.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "cli/plan_view.h"
#include "cli/terminal.h"
#include "os/counted.h"

namespace rollback {
namespace {

using nlohmann::json;

std::string joined(const std::vector<std::string>& names) {
  std::string text;
  for (const auto& name : names) text += (text.empty() ? "" : ", ") + printable(name);
  return text;
}

// "the values of column 'guild' are not live (12 rows differ from its default)"
std::string values_in_words(const SalvageTable& table) {
  std::vector<std::string> columns;
  for (const auto& [column, rows] : table.columns_not_live) {
    if (rows > 0) columns.push_back("'" + column + "'");
  }
  const bool one = columns.size() == 1;
  return std::string("the values of ") + (one ? "column " : "columns ") + joined(columns) +
         " are not live (" + counted(table.values_not_live, "row") +
         (table.values_not_live == 1 ? " differs from " : " differ from ") +
         (one ? "its default)" : "their defaults)");
}

std::string rows_in_words(const SalvageTable& table) {
  if (!table.missing || !table.changed) return "not known which are live";
  std::string words;
  if (*table.missing > 0) words = std::to_string(*table.missing) + " not live";
  if (*table.changed > 0) {
    words += (words.empty() ? "" : ", ") + std::to_string(*table.changed) + " changed since";
  }
  return words.empty() ? "all live" : words;
}

std::string live_in_words(const SalvageTable& table) {
  const std::string rows = rows_in_words(table);
  if (table.values_not_live == 0) return rows;
  return rows + (table.missing == 0 && table.changed == 0 ? ", but " : "; ") +
         values_in_words(table);
}

json names_of(const SalvageTable& table) {
  return {{"component", table.component},
          {"database", table.database},
          {"table", table.table},
          {"name", table.name},
          {"rows", table.rows}};
}

json as_json(const PutBack& result) {
  json object = names_of(result.from);
  object["put"] = result.put;
  object["already"] = result.already;
  object["overwritten"] = result.overwritten;
  object["changed"] = result.changed;
  object["aside"] = result.overwritten > 0 ? json(result.aside) : json();
  object["conflicts"] = json::array();
  for (const auto& conflict : result.conflicts) {
    object["conflicts"].push_back({{"key", conflict.key}, {"columns", conflict.columns}});
  }
  object["unfit"] = json::array();
  for (const auto& unfit : result.unfit) {
    object["unfit"].push_back({{"key", unfit.key}, {"reason", unfit.reason}});
  }
  object["refusal"] = result.refusal.empty() ? json() : json(result.refusal);
  object["not_found"] = result.not_found;
  object["left_out"] = result.left_out;
  object["defaults"] = result.defaults;
  return object;
}

std::string first_line(const PutBack& result, bool done) {
  std::string line = printable(result.from.table) + ": " + counted(result.put, "row") +
                     (done ? " put back" : " would be put back");
  if (result.overwritten > 0) {
    line += ", " + counted(result.overwritten, "live row") +
            (done ? " overwritten" : " overwritten, too");
  }
  if (result.already > 0) line += ", " + std::to_string(result.already) + " already there";
  if (result.changed > 0) line += ", " + std::to_string(result.changed) + " changed since";
  if (!result.conflicts.empty()) {
    line += ", " + counted(static_cast<std::int64_t>(result.conflicts.size()), "conflict");
  }
  if (!result.unfit.empty()) {
    line += ", " + std::to_string(result.unfit.size()) +
            (result.unfit.size() == 1 ? " does not fit" : " do not fit");
  }
  return line;
}

std::vector<std::string> lines_of(const PutBack& result, bool done) {
  if (!result.refusal.empty())
    return {printable(result.from.table) + ": " + printable(result.refusal)};
  std::vector<std::string> lines{first_line(result, done)};
  if (done && result.overwritten > 0) {
    lines.push_back("  what was live there is set aside in '" + printable(result.aside) + "'");
  }
  if (!result.left_out.empty()) {
    lines.push_back("  the live table has no column " + joined(result.left_out));
  }
  if (!result.defaults.empty()) {
    lines.push_back("  by default: column " + joined(result.defaults));
  }
  for (const auto& conflict : result.conflicts) {
    lines.push_back("  conflict: " + printable(conflict.key) + " is live with another " +
                    joined(conflict.columns));
  }
  for (const auto& unfit : result.unfit) {
    lines.push_back("  does not fit: " + printable(unfit.key) + ": " + printable(unfit.reason));
  }
  for (const auto& key : result.not_found) {
    lines.push_back("  not found: " + printable(key) + " was not displaced");
  }
  return lines;
}

}  // namespace

std::string salvage_for_people(const std::vector<SalvageTable>& tables) {
  std::string text, operation;
  Table rows;
  const auto flush = [&] {
    text += rows.text("  ");
    rows = {};
  };
  for (const auto& table : tables) {
    if (table.operation != operation) {
      flush();
      operation = table.operation;
      text += printable(operation) + "\n";
    }
    const std::string why = !table.unknown.empty() ? table.unknown : table.reason;
    rows.row({printable(table.component), printable(table.database), printable(table.table),
              counted(table.rows, "row"), live_in_words(table), printable(table.name),
              why.empty() ? "" : "(" + printable(why) + ")"});
  }
  flush();
  return text;
}

std::string dump_salvage(const std::string& environment, const std::vector<SalvageTable>& tables) {
  json list = json::array();
  for (const auto& table : tables) {
    json object = names_of(table);
    object["operation"] = table.operation;
    object["ledger"] = table.ledger;
    object["reason"] = table.reason.empty() ? json() : json(table.reason);
    object["missing"] = table.missing ? json(*table.missing) : json();
    object["changed"] = table.changed ? json(*table.changed) : json();
    object["values_not_live"] = table.values_not_live;
    object["columns_not_live"] = json::array();
    for (const auto& [column, rows] : table.columns_not_live) {
      object["columns_not_live"].push_back({{"column", column}, {"rows", rows}});
    }
    if (!table.unknown.empty()) object["unknown"] = table.unknown;
    list.push_back(std::move(object));
  }
  return dump({{"format", 1}, {"environment", environment}, {"tables", list}});
}

std::string put_back_for_people(const std::vector<PutBack>& results, bool done) {
  std::string text;
  for (const auto& result : results) {
    for (const auto& line : lines_of(result, done)) text += line + "\n";
  }
  return text;
}

std::string dump_put_back(const std::vector<PutBack>& results, const std::string& id, bool done) {
  json tables = json::array();
  for (const auto& result : results) tables.push_back(as_json(result));
  return dump({{"format", 1},
               {"done", done},
               {"salvage", done ? json(id) : json()},
               {"operation", results.empty() ? "" : results.front().from.operation},
               {"tables", tables}});
}

std::vector<std::string> hints_for(const std::vector<PutBack>& results) {
  std::vector<std::string> lines;
  const auto any = [&](const auto& holds) {
    return std::any_of(results.begin(), results.end(), holds);
  };
  if (any([](const PutBack& result) { return result.changed > 0; })) {
    const SalvageTable& first = results.front().from;
    const std::string command = "git rollback salvage " + first.operation +
                                " --put-back --changed" +
                                (results.size() == 1 ? " --table " + printable(first.name) : "");
    lines.push_back("which rows changed since: " + command + " --dry-run");
    lines.push_back("to take them, too, and set what is live aside: " + command + " --overwrite");
  }
  if (any([](const PutBack& result) { return !result.conflicts.empty(); })) {
    lines.emplace_back(
        "to take the displaced values, and set those that are live aside: --overwrite");
  }
  return lines;
}

bool goes_anywhere(const std::vector<PutBack>& results) {
  return std::any_of(results.begin(), results.end(),
                     [](const PutBack& result) { return result.put + result.overwritten > 0; });
}

int exit_for(const std::vector<PutBack>& results) {
  return std::all_of(results.begin(), results.end(),
                     [](const PutBack& result) { return result.all_went(); })
             ? 0
             : 1;
}

}  // namespace rollback

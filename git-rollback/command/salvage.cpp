#include "session/salvaging.h"

#include <nlohmann/json.hpp>

#include "cli/data_file.h"
#include "cli/options.h"
#include "cli/salvage_view.h"
#include "cli/terminal.h"
#include "command/command.h"
#include "os/error.h"
#include "os/shell_word.h"
#include "part/database/key_text.h"

namespace rollback {
namespace {

struct SalvageOptions {
  std::optional<std::string> operation, format, table, output;
  std::string components, keys;
  bool put_back = false, missing = false, changed = false, overwrite = false;
  bool dry_run = false, yes = false, json = false;

  SalvageChoice choice() const { return {*operation, components, table}; }

  SalvageRows rows() const {
    if (missing) return SalvageRows::missing;
    return changed ? SalvageRows::changed : SalvageRows::all;
  }
};

// Each form takes the options that have a meaning in it, and no others.
void check(const SalvageOptions& options) {
  const bool exports = options.format.has_value();
  const bool selects = exports || options.put_back;
  if (exports) require_one_of("--export", *options.format, {"sql", "csv"});
  if (exports && options.put_back) throw Usage("--export and --put-back do not go together");
  if (exports && options.json) throw Usage("--export and --json do not go together");
  if (selects && !options.operation) {
    throw Usage("'<operation>' is missing", {"git rollback salvage"});
  }
  const char* const some = "--export or --put-back";
  struct Need {
    const char* option;
    bool given, met;
    const char* needed;
  };
  for (const Need& need : {Need{"--output", options.output.has_value(), exports, "--export"},
                           {"--table", options.table.has_value(), selects, some},
                           {"--missing", options.missing, selects, some},
                           {"--changed", options.changed, selects, some},
                           {"--keys", !options.keys.empty(), options.put_back, "--put-back"},
                           {"--overwrite", options.overwrite, options.put_back, "--put-back"},
                           {"--dry-run", options.dry_run, options.put_back, "--put-back"},
                           {"--yes", options.yes, options.put_back, "--put-back"}}) {
    if (!need.given || need.met) continue;
    throw Usage(std::string("option '") + need.option + "' needs " + need.needed,
                {"git rollback salvage -h"});
  }
  if (options.missing && options.changed) {
    throw Usage("--missing and --changed do not go together");
  }
  const bool named = !options.keys.empty();
  if (options.put_back && named && options.rows() != SalvageRows::all) {
    throw Usage(std::string("--keys and --") + (options.missing ? "missing" : "changed") +
                " do not go together");
  }
  if (options.put_back && !named && options.rows() == SalvageRows::all) {
    throw Usage("--put-back needs --keys, --missing or --changed: which rows?");
  }
}

// How values are read that no live column could take; of the newest alone.
std::vector<std::string> way_to_values(const std::vector<SalvageTable>& tables) {
  for (const auto& table : tables) {
    if (table.values_not_live == 0) continue;
    return {"values that are not live: git rollback salvage " + table.operation +
            " --export=csv --table " + printable(shell_word(word_for(table, tables)))};
  }
  return {};
}

int list(const SalvageOptions& options) {
  const Session session = open_session();
  choose_colour(session.repository.settings);
  auto tables = find_salvage(session, options.components);
  if (options.operation) tables = choose_salvage(session, options.choice());
  count_missing(session, tables);
  if (options.json) {
    print(dump_salvage(session.repository.environment, tables));
    return exit_done;
  }
  print(salvage_for_people(tables));
  flush_output();
  if (tables.empty()) hints({"no rollback displaced anything that is there still"});
  hints(way_to_values(tables));
  return exit_done;
}

// Of several databases, what one program could not run; of several tables, what
// one CSV file could not hold.
void check_exportable(const std::vector<SalvageTable>& tables, bool csv) {
  std::vector<std::string> names;
  bool one_database = true;
  for (const auto& table : tables) {
    names.push_back("--component " + table.component + " --table " +
                    shell_word(word_for(table, tables)));
    one_database = one_database && table.component == tables.front().component &&
                   table.database == tables.front().database;
  }
  if (csv && tables.size() > 1) throw Usage("a CSV file is of one table: name it", names);
  if (!one_database) throw Usage("these tables are of several databases: choose some", names);
}

// Those whose rows are taken.
std::vector<SalvageTable> choose_rows_of(const Session& session, const SalvageOptions& options,
                                         bool tell) {
  auto tables = choose_salvage(session, options.choice());
  const auto ledgers = pass_over_ledgers(tables, options.choice());
  std::string names;
  for (const auto& table : ledgers) {
    names += (names.empty() ? "'" : ", '") + printable(table.table) + "'";
  }
  if (tell && !ledgers.empty()) {
    warning("passed over, since its rows say which migrations ran: " + names +
            "; to take it all the same, name it by --table");
  }
  return tables;
}

int export_rows(const SalvageOptions& options) {
  const Session session = open_session();
  choose_colour(session.repository.settings);
  const auto tables = choose_rows_of(session, options, true);
  const bool csv = *options.format == "csv";
  check_exportable(tables, csv);
  DataFile file(options.output);
  ExportOrder order{csv ? ExportFormat::csv : ExportFormat::sql, options.rows(),
                    [&](std::string_view data) { file.write(data); }};
  for (const auto& table : tables) {
    for (const auto& line : export_salvage(session, table, order)) warning(line);
  }
  file.finish();
  return exit_done;
}

std::vector<PutBack> try_or_do(const SalvageOptions& options, bool dry_run, std::string& id,
                               bool tell = true) {
  ChangingSession changing(open_session(), "salvage", short_wait);
  choose_colour(changing.repository().settings);
  const auto tables = choose_rows_of(changing.session(), options, tell);
  PutBackOrder order{.id = {},
                     .keys = {},
                     .rows = options.rows(),
                     .overwrite = options.overwrite,
                     .dry_run = dry_run};
  if (!options.keys.empty()) {
    order.keys = split_keys(options.keys);
    std::vector<std::string> names;
    for (const auto& table : tables)
      names.push_back("--table " + shell_word(word_for(table, tables)));
    if (tables.size() > 1) throw Usage("keys are of one table: name it", names);
  }
  auto results = put_salvage_back(changing, tables, order);
  id = order.id;
  return results;
}

int answer(const SalvageOptions& options, const std::vector<PutBack>& results,
           const std::string& id, bool done) {
  if (options.json) {
    print(dump_put_back(results, id, done));
  } else {
    print(put_back_for_people(results, done));
    flush_output();
    hints(hints_for(results));
  }
  return exit_for(results);
}

int put_back(const SalvageOptions& options) {
  std::string id;
  if (options.yes && !options.dry_run) {
    const auto results = try_or_do(options, false, id);
    return answer(options, results, id, true);
  }
  // Without the lock while somebody thinks, since a deploy would wait for it.
  const auto tried = try_or_do(options, true, id);
  if (options.dry_run) return answer(options, tried, id, false);
  if (!options.json && can_ask()) {
    print(put_back_for_people(tried, false));
    if (!goes_anywhere(tried)) return exit_for(tried);
    if (!ask("Put these rows back?")) return exit_as_it_was;
    const auto results = try_or_do(options, false, id, false);
    return answer(options, results, id, true);
  }
  answer(options, tried, id, false);
  if (!goes_anywhere(tried)) return exit_for(tried);
  complain("error", "nothing was put back: without a terminal nobody can be asked",
           {"run it with --yes"});
  return exit_as_it_was;
}

}  // namespace

int run_salvage(const Arguments& arguments) {
  SalvageOptions values;
  Options options(
      "git rollback salvage [--component <names>] [--json] [<operation>]\n"
      "   or: git rollback salvage <operation> --export <sql|csv> [--missing | --changed]\n"
      "                            [--component <names>] [--table <table>] [--output <file>]\n"
      "   or: git rollback salvage <operation> --put-back\n"
      "                            (--keys <keys> | --missing | --changed) [--overwrite]\n"
      "                            [--component <names>] [--table <table>]\n"
      "                            [-n | --dry-run] [-y | --yes] [--json]");
  options.optional_positional("operation", values.operation)
      .list("--component,--components", "<names>", values.components, "only these")
      .value("--table", "<table>", values.table, "only rows of this table")
      .value("--export", "<sql|csv>", values.format, "write the rows that were displaced")
      .value("--output", "<file>", values.output, "write them there, not to standard output")
      .flag("--put-back", values.put_back, "put rows into the live table")
      .list("--keys", "<keys>", values.keys, "those of these keys")
      .flag("--missing", values.missing, "those that are not live")
      .flag("--changed", values.changed, "those that are live with other values")
      .flag("--overwrite", values.overwrite, "also where other values are live; those are kept")
      .flag("-n,--dry-run", values.dry_run, "say what would be put back, and put nothing back")
      .flag("-y,--yes", values.yes, "do not ask")
      .flag("--json", values.json, "print the answer as JSON");
  if (!options.parse(arguments)) {
    say(options.help());
    return exit_usage;
  }
  check(values);
  if (values.put_back) return put_back(values);
  return values.format ? export_rows(values) : list(values);
}

}  // namespace rollback

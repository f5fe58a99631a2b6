// What a part can give back of what rollbacks displaced: tables that were live
// once, and rows that were set aside. They are listed, exported, put back.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace rollback {

// One table that holds such rows.
struct SalvageTable {
  std::string component;
  std::string database;   // as its url spells it
  std::string operation;  // that displaced it, or set its rows aside
  std::string table;      // where its rows belong
  std::string name;       // of the table that holds them
  std::string reason;     // why they were set aside; "" : the whole table was displaced
  std::int64_t rows = 0;
  bool ledger = false;  // its rows say which migrations ran
  // Rows that are not live: the live table has none of their key, or, where it
  // has no key, fewer equal rows. Nothing until Part::count_missing(), or unknown.
  std::optional<std::int64_t> missing = {};
  // Rows whose key is live with other values in the columns that both have.
  std::optional<std::int64_t> changed = {};
  std::string unknown = {};  // why
  // Columns of it that the live table has not, generated ones apart, each with how many
  // rows have a value there that is not its default: not live, whatever the rows are.
  struct ColumnNotLive {
    std::string column;
    std::int64_t rows = 0;
  };
  std::vector<ColumnNotLive> columns_not_live = {};
  std::int64_t values_not_live = 0;  // rows with such a value in any of them
};

// Which rows of a SalvageTable.
enum class SalvageRows { all, missing, changed };

enum class ExportFormat { sql, csv };

struct ExportOrder {
  ExportFormat format = ExportFormat::sql;
  SalvageRows rows = SalvageRows::all;
  std::function<void(std::string_view)> write;
};

struct PutBackOrder {
  std::string id;                           // of this put-back: names what it sets aside
  std::vector<std::string> keys;            // as in key_text.h
  SalvageRows rows = SalvageRows::missing;  // without keys
  bool overwrite = false;                   // live rows with other values; those are set aside
  bool dry_run = false;                     // all of it is tried, and taken back
};

// What became of the rows of one SalvageTable. Keys are spelled as they are typed.
struct PutBack {
  SalvageTable from;
  std::int64_t put = 0;
  std::int64_t already = 0;      // live with the same values
  std::int64_t overwritten = 0;  // whose old values are in `aside`
  std::string aside = {};
  std::int64_t changed = 0;  // of those that were not chosen: live with other values
  struct Conflict {
    std::string key;
    std::vector<std::string> columns;  // that differ
  };
  std::vector<Conflict> conflicts = {};  // live with other values, and left alone
  struct Unfit {
    std::string key;
    std::string reason;
  };
  std::vector<Unfit> unfit = {};
  std::vector<std::string> not_found = {};  // keys of which no such row was displaced
  std::vector<std::string> left_out = {};   // columns that the live table has not
  std::vector<std::string> defaults = {};   // columns that get their default

  std::string refusal = {};  // why none of them can be put back, where other tables' can

  bool all_went() const {
    return conflicts.empty() && unfit.empty() && not_found.empty() && refusal.empty();
  }
};

}  // namespace rollback

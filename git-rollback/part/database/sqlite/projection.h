// The queries that read a table's rows in the shape of a definition, and the
// statements that write them.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "part/database/sqlite/change.h"
#include "part/database/sqlite/definition.h"

namespace rollback::sqlite {

inline constexpr const char* copied_rowid = "git_rollback_rowid";

// Rows keep a rowid that no column of theirs holds.
bool has_hidden_rowid(const Definition& definition);

// Where rows are stored by: the rowid, or the primary key of WITHOUT ROWID.
std::vector<std::string> storage_key(const Definition& definition);

std::string create_copy(const Definition& definition, const std::string& table);
std::string insert_into_copy(const Definition& definition, const std::string& table);
std::string insert_into_table(const Definition& definition, const std::string& table);

// The stored columns (or those named) in storage order.
std::string select_rows(const Definition& definition, const Source& source);
std::string select_columns(const Definition& definition, const Source& source,
                           const std::vector<std::string>& columns);

// For a copy: the rowid (or NULL for WITHOUT ROWID) and the stored columns.
std::string select_for_copy(const Definition& definition, const std::string& table);
// For insert_into_table.
std::string select_for_table(const Definition& definition, const Source& source);

// The rows of `table` (defined by `from`) in the shape of `to`: columns that
// `from` lacks come from `fill`, which has the shape of `to`, by primary key,
// and else from their default. `key_in` limits it to the keys in a log table.
struct Projection {
  Definition from, to;
  std::string table;
  Source fill;
  std::string key_in = {};                // empty: all rows
  std::vector<std::string> columns = {};  // of `to`; empty: all stored ones
};
std::string select_projected(const Projection& projection);            // stored columns of `to`
std::string select_projected_for_table(const Projection& projection);  // for insert_into_table
// Rows of `table` that no row of `fill` has the primary key of.
std::string count_unfilled(const Projection& projection);

// "f.rowid IN (SELECT k1 FROM log)", with the table's alias or "" for none.
std::string key_is_logged(const Definition& definition, const std::string& alias,
                          const std::string& log, bool copy = false);

// Why today's rows cannot take the point's structure; nothing when they can.
std::optional<std::string> why_no_projection(const Definition& from, const Definition& to);
std::vector<std::string> columns_only_in(const Definition& definition, const Definition& other);

}  // namespace rollback::sqlite

// The queries that give rows of one definition the shape of another.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "part/database/mysql/catalogue/definition.h"

namespace rollback::mysql {

// The rows of `table` (defined by `from`) in the shape of `to`: columns that
// `from` lacks come from the table `fill` (which has the shape of `to`) by the
// common key, and else from their default.
struct Projection {
  Definition from, to;
  std::string table;
  std::string fill;  // empty: there are no such rows
  // SQL, what the query calls `table`: under LOCK TABLES its own name, where that locks no
  // other.
  std::string alias = "f";
};

// Whether any column comes from there.
bool takes_from_fill(const Projection& projection);

// "SELECT … AS `c`, … FROM `table` AS f LEFT JOIN `fill` AS p …" of the stored
// columns of `to`, in order. `condition` limits it, and names columns as f.`c`, or by
// themselves where nothing is filled.
std::string select_projected(const Projection& projection, const std::string& condition = "");

// Of those rows, how many have no row of `fill`: they get defaults.
std::string count_unfilled(const Projection& projection, const std::string& condition = "");

// "(`a`, `b`)": the stored columns; with an alias "(x.`a`, x.`b`)".
std::string column_list(const Definition& definition, const std::string& alias = "");

// "(x.`a` = y.`a` AND …)" over the columns of a key, which has no NULLs.
std::string same_key(const std::vector<std::string>& key, const std::string& x,
                     const std::string& y);

// What rows of both are known by, as `a` spells it: both have this key, and
// compare it in the same way. Empty: nothing.
std::vector<std::string> common_key(const Definition& a, const Definition& b);

// Why today's rows cannot take the point's structure; nothing when they can. Types
// may differ: values that do not fit are found out row by row.
std::optional<std::string> why_no_projection(const Definition& from, const Definition& to);

// By name, as the server compares them; generated ones are left out.
std::vector<std::string> columns_only_in(const Definition& definition, const Definition& other);
// In both, not generated in either; in the order of `definition`.
std::vector<std::string> columns_in_common(const Definition& definition, const Definition& other);

}  // namespace rollback::mysql

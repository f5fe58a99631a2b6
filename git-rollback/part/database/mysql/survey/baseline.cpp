#include "part/database/mysql/survey/baseline.h"

#include <algorithm>

#include "part/database/mysql/rows/values.h"

namespace rollback::mysql {
namespace {

bool is_there(Session& session, const std::string& table) {
  return !table.empty() && table_exists(session, table);
}

// The rows of a projection as the table holds them, with its types; those of the
// key are the same, and as they are the server can look them up in an index.
std::string as_held(const Projection& projection, const std::string& condition) {
  const auto key = common_key(projection.to, projection.from);
  std::string list;
  for (const auto& name : projection.to.stored()) {
    const Column& column = *projection.to.column(name);
    const Column* const source = projection.from.column(name);
    const bool same = source == nullptr || std::find(key.begin(), key.end(), name) != key.end() ||
                      (source->full_type == column.full_type && source->charset == column.charset);
    const std::string value = "q." + identifier(name);
    list += (list.empty() ? "" : ", ") + (same ? value : typed(column, value)) + " AS " +
            identifier(name);
  }
  return "SELECT " + list + " FROM (" + select_projected(projection, condition) + ") AS q";
}

std::string all_rows(const Definition& definition, const std::string& table) {
  return select_projected({definition, definition, table, ""});
}

std::string without_those_of(const std::string& table, const std::vector<std::string>& key) {
  return "NOT EXISTS (SELECT 1 FROM " + identifier(table) + " AS s WHERE " +
         same_key(key, "s", "f") + ")";
}

// What was set aside did not go live.
std::string without_aside(Session& session, const Change& change, const Projection& projection) {
  const auto key = common_key(projection.to, projection.from);
  return key.empty() || !is_there(session, change.aside) ? "" : without_those_of(change.aside, key);
}

// The point's rows, and those that had a key of their own.
std::vector<std::string> both(Session& session, const Change& change,
                              const Projection& projection) {
  const auto key = common_key(projection.to, projection.from);
  if (key.empty()) return {};
  const std::string aside = without_aside(session, change, projection);
  const std::string own =
      without_those_of(change.source, key) + (aside.empty() ? "" : " AND " + aside);
  return {"(" + all_rows(projection.to, change.source) + ")", "(" + as_held(projection, own) + ")"};
}

}  // namespace

std::optional<Baseline> after_swap(Session& session, const Change& change) {
  if (!change.after || !change.swaps()) return std::nullopt;
  const bool has_source = is_there(session, change.source);
  if (change.choice == Choice::restore) {
    if (!has_source) return std::nullopt;
    return Baseline{*change.after, {identifier(change.source)}};
  }
  if (!change.before || !is_there(session, change.displaced)) return std::nullopt;
  const Projection projection{*change.before, *change.after, change.displaced,
                              has_source ? change.source : ""};
  if (change.choice == Choice::keep_all) {
    return Baseline{*change.after,
                    {"(" + as_held(projection, without_aside(session, change, projection)) + ")"}};
  }
  if (change.choice != Choice::keep_new || !has_source) return std::nullopt;
  auto rows = both(session, change, projection);
  if (rows.empty()) return std::nullopt;
  return Baseline{*change.after, std::move(rows)};
}

}  // namespace rollback::mysql

#include "part/database/backup_trailer.h"

#include <algorithm>
#include <charconv>

#include "os/error.h"

namespace rollback {
namespace {

constexpr const char* key = "Rollback-Backup";
constexpr std::string_view rows_word = "rows=";
constexpr std::string_view hash_word = "sha256:";

Backup parse_rest(const Trailer& trailer) {
  Backup backup;
  const std::string& rows = trailer.fields[3];
  const std::string& hash = trailer.fields[4];
  const char* const end = rows.data() + rows.size();
  if (!rows.starts_with(rows_word) || !hash.starts_with(hash_word) ||
      std::from_chars(rows.data() + rows_word.size(), end, backup.rows).ptr != end) {
    throw Fatal("the point's trailer '" + std::string(key) + "' for '" + trailer.fields[1] +
                "' cannot be read");
  }
  backup.backup = trailer.fields[2];
  backup.sha256 = hash.substr(hash_word.size());
  return backup;
}

}  // namespace

Trailer format_backup(const std::string& component, const Backup& backup) {
  return {key,
          {component, backup.schema + "." + backup.table, backup.backup,
           std::string(rows_word) + std::to_string(backup.rows),
           std::string(hash_word) + backup.sha256}};
}

void put_trailer(std::vector<Trailer>& trailers, Trailer trailer) {
  const auto same = std::find_if(trailers.begin(), trailers.end(), [&](const Trailer& other) {
    return other.key == trailer.key && other.fields.size() > 1 &&
           other.fields[0] == trailer.fields[0] && other.fields[1] == trailer.fields[1];
  });
  if (same == trailers.end()) {
    trailers.push_back(std::move(trailer));
  } else {
    *same = std::move(trailer);
  }
}

Backups read_backups(const Point& point, const std::string& component,
                     const std::vector<std::string>& schemas) {
  Backups found;
  for (const Trailer& trailer : point.trailers) {
    if (trailer.key != key || trailer.fields.size() < 5 || trailer.fields[0] != component) continue;
    const std::string& name = trailer.fields[1];
    const std::string* schema = nullptr;
    for (const std::string& candidate : schemas) {
      if (name.starts_with(candidate + ".") && (!schema || candidate.size() > schema->size())) {
        schema = &candidate;
      }
    }
    if (!schema) {
      found.strangers.push_back(name);
      continue;
    }
    Backup backup = parse_rest(trailer);
    backup.schema = *schema;
    backup.table = name.substr(schema->size() + 1);
    found.known.push_back(std::move(backup));
  }
  return found;
}

}  // namespace rollback

#include "session/database_settings.h"

#include <algorithm>
#include <array>
#include <boost/filesystem/path.hpp>

#include "os/error.h"
#include "part/database/engine.h"
#include "part/database/mysql/server/address.h"

namespace rollback {
namespace {

using namespace std::string_view_literals;

constexpr std::array rows_words{"auto"sv, "restore"sv, "keep_all"sv, "keep_new"sv};  // as in Rows
constexpr std::array backup_words{"auto"sv, "full"sv, "structure"sv, "none"sv};  // as in BackupMode

bool is_sqlite(const DatabaseSettings& database) { return database.url.starts_with("sqlite:"); }

std::string read_url(const YamlValue& value) {
  const std::string url = value.text();
  try {
    check_url(url);
  } catch (const Usage& error) {
    std::string what = error.what();
    const size_t allowed = what.find("; allowed: ");  // of one word in it
    what.insert(std::min(allowed, what.size()), " in " + value.path());
    value.fail(allowed != std::string::npos ? what
                                            : what +
                                                  "; allowed: sqlite:PATH, mysql://HOST/DATABASE, "
                                                  "mariadb://HOST/DATABASE");
  }
  return url;
}

// A word, or a map of words by table pattern.
template <class Word>
ByTable<Word> read_by_table(const YamlValue& value, std::span<const std::string_view> words,
                            std::span<const std::string_view> not_built, Word otherwise) {
  if (!value.is_map()) return {static_cast<Word>(value.choice(words, not_built))};
  ByTable<Word> by_table{otherwise};
  for (const auto& entry : value.entries()) {
    by_table.patterns.emplace_back(entry.name,
                                   static_cast<Word>(entry.value.choice(words, not_built)));
  }
  return by_table;
}

// Of SQLite: what only a server's engine does so far.
constexpr std::array<std::string_view, 1> rows_not_built{"keep_new"sv};
constexpr std::array<std::string_view, 3> backup_not_built{"auto"sv, "structure"sv, "none"sv};

void read_words(const YamlMap& map, DatabaseSettings& database) {
  const bool sqlite = is_sqlite(database);
  const auto rows = map.find("rows");
  const auto backup = map.find("backup");
  if (sqlite) {
    constexpr std::span all_rows = std::span(rows_words).first<3>();
    constexpr std::array full{"full"sv};
    if (rows) {
      database.rows = read_by_table(*rows, all_rows, rows_not_built, Rows::automatic);
    }
    if (backup) read_by_table(*backup, full, backup_not_built, BackupMode::full);
    database.backup = {BackupMode::full};
    return;
  }
  if (rows) database.rows = read_by_table(*rows, rows_words, {}, Rows::automatic);
  if (backup) database.backup = read_by_table(*backup, backup_words, {}, BackupMode::automatic);
}

DatabaseSettings read_database(const YamlValue& value) {
  constexpr std::array keys{"url"sv,  "tables"sv, "ledger"sv,     "sessions"sv,
                            "rows"sv, "backup"sv, "migrations"sv, "on_backup_failure"sv,
                            "owner"sv};
  constexpr std::array failure_words{"stop"sv, "without"sv};
  const YamlMap map = value.map(keys);
  DatabaseSettings database;
  database.url = read_url(map.need("url"));
  database.tables = map.need("tables").some_texts();
  if (const auto ledger = map.find("ledger")) database.ledger = ledger->texts();
  if (const auto sessions = map.find("sessions")) database.sessions = sessions->texts();
  if (const auto migrations = map.find("migrations")) database.migrations = migrations->texts();
  if (const auto owner = map.find("owner")) database.owner = owner->text();
  read_words(map, database);
  if (const auto failure = map.find("on_backup_failure")) {
    database.without_on_backup_failure = failure->choice(failure_words) == 1;
  }
  if (!is_sqlite(database)) return database;
  for (const auto key : {"migrations", "owner"}) {
    if (const auto found = map.find(key)) {
      found->fail_not_built("'" + std::string(key) + "' of an SQLite database");
    }
  }
  return database;
}

// What a point calls it: the same for two entries of which one could not be told from
// the other.
std::string name_of(const DatabaseSettings& database) {
  if (!is_sqlite(database)) return mysql::parse_address(database.url).database;
  const boost::filesystem::path path(database.url.substr(std::string_view("sqlite:").size()));
  const std::string normal = path.lexically_normal().string();
  return normal.starts_with("./") ? normal.substr(2) : normal;
}

// By another url, too: a socket and a port can be of one server.
void require_another(const std::vector<DatabaseSettings>& before, const YamlValue& value,
                     const DatabaseSettings& database) {
  const std::string name = name_of(database);
  const bool twice = std::any_of(before.begin(), before.end(), [&](const auto& other) {
    return is_sqlite(other) == is_sqlite(database) && name_of(other) == name;
  });
  if (!twice) return;
  value.fail("database '" + name + "' is listed twice in " + value.path() +
             "; list all its tables in one entry" +
             (is_sqlite(database) ? "" : ", or, where they are of two servers, in two components"));
}

}  // namespace

std::vector<DatabaseSettings> read_databases(const YamlValue& value) {
  if (!value.is_list()) return {read_database(value)};
  std::vector<DatabaseSettings> databases;
  for (const auto& one : value.list()) {
    auto database = read_database(one);
    require_another(databases, one, database);
    databases.push_back(std::move(database));
  }
  if (databases.empty()) value.fail("an empty list in " + value.path() + "; leave it out");
  return databases;
}

}  // namespace rollback

// A component with one SQLite database in a scratch folder, and the life of a
// point: captured, assessed, gone back to, undone.
#pragma once

#include <SQLiteCpp/SQLiteCpp.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <boost/filesystem/operations.hpp>
#include <memory>
#include <string>
#include <vector>

#include "os/error.h"
#include "os/sha256.h"
#include "part/database/database_part.h"
#include "scratch_parent.h"
#include "store/names.h"

namespace rollback {

class DatabaseTest : public testing::Test {
 protected:
  DatabaseTest()
      : folder_(scratch_parent() /
                ("git-rollback-database-" + std::to_string(getpid()) + "-" + random_hex(4))) {
    boost::filesystem::create_directories(folder_);
    settings_.url = "sqlite:world.db";
    settings_.tables = {"playerbot", "playerbot_*"};
    settings_.ledger = {"updates"};
  }
  ~DatabaseTest() override {
    boost::system::error_code ignored;
    boost::filesystem::remove_all(folder_, ignored);
  }

  std::string file() const { return (folder_ / "world.db").string(); }

  SQLite::Database open() const {
    SQLite::Database db(file(), SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE, 10000);
    return db;
  }
  void use_wal() { open().exec("PRAGMA journal_mode=WAL"); }
  void run(const std::string& sql) { open().exec(sql); }
  std::string value(const std::string& query) {
    auto db = open();
    return db.execAndGet(query).getString();
  }

  // Everything that the user can see: all objects but ours, and all rows, as literals.
  std::string dump() {
    auto db = open();
    std::string text = dump_schema(db);
    for (const auto& table : tables(db)) {
      text += "-- " + table + "\n" + dump_rows(db, table);
    }
    return text;
  }

  std::string dump_rows(SQLite::Database& db, const std::string& table) {
    const std::string from = " FROM " + quote_name(table);
    SQLite::Statement rows(db, "SELECT *" + from);
    std::string list;
    for (int i = 0; i < rows.getColumnCount(); ++i) {
      const std::string name = quote_name(rows.getColumnName(i));
      list += (list.empty() ? "" : "||','||") + ("typeof(" + name + ")||quote(" + name + ")");
    }
    SQLite::Statement quoted(db, "SELECT " + list + " AS line" + from + " ORDER BY 1");
    std::string text;
    while (quoted.executeStep()) {
      const std::string line = quoted.getColumn(0).getString();
      // Statistics of displaced tables stand among those of the others.
      if (line.find("_out_2") == std::string::npos) text += line + "\n";
    }
    return text;
  }

  static std::string quote_name(const std::string& name) {
    std::string text = "\"";
    for (const char c : name) text += c == '"' ? std::string("\"\"") : std::string(1, c);
    return text + "\"";
  }

  std::vector<std::string> tables(SQLite::Database& db) {
    std::vector<std::string> names;
    SQLite::Statement query(db, "SELECT name FROM sqlite_schema WHERE type='table' ORDER BY name");
    while (query.executeStep()) {
      const std::string name = query.getColumn(0).getString();
      if (!names::is_table_of_ours(name) && name != "sqlite_sequence") names.push_back(name);
    }
    return names;
  }

  std::string dump_schema(SQLite::Database& db) {
    std::string text;
    SQLite::Statement query(db,
                            "SELECT type, name, tbl_name, ifnull(sql, '') FROM sqlite_schema "
                            "ORDER BY type, name");
    while (query.executeStep()) {
      if (names::is_table_of_ours(query.getColumn(1).getString()) ||
          names::is_table_of_ours(query.getColumn(2).getString())) {
        continue;
      }
      if (query.getColumn(1).getString() == "sqlite_sequence") continue;
      for (int i = 0; i < 4; ++i) text += query.getColumn(i).getString() + "|";
      text += "\n";
    }
    return text;
  }

  std::unique_ptr<Part> part() { return make_database_part("bots", {settings_}, folder_, Git()); }

  Point capture(const std::string& id = "20261123T100000Z-4f2a91c") {
    PointDraft draft;
    draft.point.id = id;
    draft.point.parts["bots"].insert(Kind::database);
    part()->capture(draft);
    notices_ = draft.notices;
    return draft.point;
  }

  Request to(const Point& point, std::optional<Rows> rows = {}, std::int64_t limit = 0) {
    Request request;
    request.operation = operation_;
    request.target = point;
    request.rows = rows;
    request.loss_limit = limit;
    return request;
  }

  // The whole way; returns the point that describes what was left.
  Point go_back(const Request& request) {
    const std::string prepared = part()->prepare(request);
    swap(prepared);
    return finish(prepared);
  }
  void swap(const std::string& prepared) {
    for (const auto& step : part()->steps(prepared).swap) {
      EXPECT_EQ(step->observe().what, Observation::before) << step->observe().detail;
      step->apply();
      EXPECT_EQ(step->observe().what, Observation::after) << step->observe().detail;
      step->apply();
    }
    expect_sound();
  }
  Point finish(const std::string& prepared) {
    PointDraft left;
    left.point.id = left_;
    left.point.parts["bots"].insert(Kind::database);
    part()->leave(prepared, left);
    part()->leave(prepared, left);
    part()->settle(prepared);
    part()->settle(prepared);
    expect_sound();
    return left.point;
  }
  void expect_sound() {
    EXPECT_EQ(value("PRAGMA integrity_check"), "ok");
    EXPECT_EQ(value("SELECT count(*) FROM sqlite_schema"),
              value("SELECT count(*) FROM "
                    "sqlite_schema WHERE name IS NOT NULL"));
  }
  void next_operation() {
    operation_ = "20261125T110000Z-bbbbbbb";
    left_ = "20261125T110001Z-4f2a91c";
  }
  std::int64_t count_of_ours(const std::string& pattern) {
    return std::stoll(
        value("SELECT count(*) FROM sqlite_schema WHERE name GLOB '" + pattern + "'"));
  }

  boost::filesystem::path folder_;
  DatabaseSettings settings_;
  std::vector<std::string> notices_;
  std::string operation_ = "20261124T110000Z-aaaaaaa";
  std::string left_ = "20261124T110001Z-4f2a91c";
};

// Twenty thousand rows, and a migration that makes a rollback of them copy all.
inline constexpr const char* bots =
    "CREATE TABLE playerbot(id INTEGER PRIMARY KEY, name TEXT UNIQUE, level INT);"
    "CREATE TABLE playerbot_pair(a TEXT, b INT, v, PRIMARY KEY(a, b)) WITHOUT ROWID;"
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i<20000)"
    " INSERT INTO playerbot SELECT i, 'bot' || i, i % 80 FROM n;"
    "INSERT INTO playerbot_pair SELECT name, id, level FROM playerbot WHERE id <= 500;";

inline constexpr const char* later =
    "ALTER TABLE playerbot ADD COLUMN extra INT DEFAULT 0;"
    "ALTER TABLE playerbot_pair ADD COLUMN extra INT DEFAULT 0;";

// Each test once in WAL mode and once with a rollback journal.
class BothJournals : public DatabaseTest, public testing::WithParamInterface<bool> {
 protected:
  BothJournals() {
    run("PRAGMA user_version=1");
    if (GetParam()) use_wal();
  }
};

}  // namespace rollback

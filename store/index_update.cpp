#include "store/index_update.h"

#include <SQLiteCpp/SQLiteCpp.h>

#include <algorithm>
#include <cstddef>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <unordered_map>
#include <unordered_set>

#include "os/progress.h"
#include "store/event.h"
#include "store/live.h"
#include "store/names.h"
#include "store/point.h"
#include "store/ref_state.h"
#include "store/tag.h"

namespace rollback {
namespace {

using nlohmann::json;

constexpr size_t tags_at_once = 5000;  // in one call of git, so that progress can be told
constexpr int schema_version = 4;
constexpr const char* schema = R"(
  CREATE TABLE source(state TEXT NOT NULL, listed INTEGER NOT NULL, events TEXT NOT NULL);
  INSERT INTO source VALUES ('', 0, '');
  CREATE TABLE points(
    environment TEXT NOT NULL, id TEXT NOT NULL, at INTEGER NOT NULL, depth INTEGER NOT NULL,
    commit_id TEXT NOT NULL, parent TEXT NOT NULL, version TEXT NOT NULL, tag_id TEXT NOT NULL,
    message TEXT NOT NULL, PRIMARY KEY(environment, id));
  CREATE INDEX points_by_time ON points(environment, at, depth, length(id), id);
  CREATE INDEX points_by_commit ON points(environment, commit_id);
  CREATE INDEX points_by_version ON points(environment, version) WHERE version <> '';
  CREATE TABLE events(
    commit_id TEXT NOT NULL, at INTEGER NOT NULL, id TEXT NOT NULL, environment TEXT NOT NULL,
    deploy TEXT NOT NULL, kind TEXT NOT NULL, point TEXT NOT NULL, operation TEXT NOT NULL,
    undoes TEXT NOT NULL, line TEXT NOT NULL);
  CREATE INDEX events_by_commit ON events(commit_id);
  CREATE INDEX events_by_deploy ON events(environment, deploy);
  CREATE INDEX events_by_kind ON events(environment, kind);
  CREATE INDEX events_by_point ON events(environment, point) WHERE point <> '';
  CREATE INDEX events_by_operation ON events(environment, operation) WHERE operation <> '';
  CREATE INDEX events_by_undone ON events(environment, undoes) WHERE undoes <> '';
  CREATE TABLE chains(environment TEXT PRIMARY KEY, tip TEXT NOT NULL);
  CREATE TABLE live(
    environment TEXT NOT NULL, seq INTEGER NOT NULL, record TEXT NOT NULL, at INTEGER NOT NULL,
    commit_id TEXT NOT NULL, parent TEXT NOT NULL, deploy TEXT NOT NULL, operation TEXT NOT NULL,
    host TEXT NOT NULL, subject TEXT NOT NULL, releases TEXT NOT NULL,
    PRIMARY KEY(environment, seq));
  CREATE TABLE undeployed(
    live TEXT NOT NULL, head TEXT NOT NULL, commits INTEGER NOT NULL, PRIMARY KEY(live, head));
)";

void create_tables(SQLite::Database& database) {
  if (database.execAndGet("PRAGMA user_version").getInt() == schema_version) return;
  std::vector<std::string> old;
  SQLite::Statement tables(database,
                           "SELECT name FROM sqlite_schema WHERE type = 'table'"
                           " AND name NOT LIKE 'sqlite_%'");
  while (tables.executeStep()) old.push_back(tables.getColumn(0));
  for (const auto& table : old) database.exec("DROP TABLE \"" + table + "\"");
  database.exec(schema);
  database.exec("PRAGMA user_version=" + std::to_string(schema_version));
}

// The refs that the index is made of, with their ids.
struct Refs {
  struct Ref {
    names::EnvironmentAndId name;
    std::string id;
  };
  std::vector<Ref> points;
  std::map<std::string, std::string> live;  // by environment
  std::string events;
};

Refs list_refs(const Git& git) {
  Refs refs;
  const std::string listed =
      git.run({"for-each-ref", "--format=%(objectname) %(refname)", std::string(names::record_refs),
               std::string(names::events_ref)});
  for (const auto line : split(listed, '\n')) {
    const size_t space = line.find(' ');
    const std::string id(line.substr(0, space));
    const std::string_view ref = line.substr(space + 1);
    if (ref == names::events_ref) {
      refs.events = id;
    } else if (auto point = names::parse_point_ref(ref)) {
      refs.points.push_back({*std::move(point), id});
    } else if (auto environment = names::parse_live_ref(ref)) {
      refs.live[*std::move(environment)] = id;
    }
  }
  return refs;
}

// --- points ---------------------------------------------------------------

// A second of an environment: a tag's date has no fractions.
using Second = std::pair<std::string, std::int64_t>;

std::string key_of(std::string_view environment, std::string_view id) {
  return std::string(environment) + "/" + std::string(id);
}

struct Kept {
  std::unordered_set<std::string> keys;  // of the points that stay
  std::set<Second> touched;              // where others went
};

// Removes the points that are gone or moved.
Kept keep_points(SQLite::Database& database, const Refs& refs) {
  std::unordered_map<std::string, std::string> now;
  for (const auto& ref : refs.points) now[key_of(ref.name.environment, ref.name.id)] = ref.id;
  Kept kept;
  std::vector<std::int64_t> gone;
  SQLite::Statement query(database, "SELECT rowid, environment, id, tag_id, at FROM points");
  while (query.executeStep()) {
    const std::string key = key_of(query.getColumn(1).getText(), query.getColumn(2).getText());
    const auto found = now.find(key);
    if (found != now.end() && found->second == query.getColumn(3).getText()) {
      kept.keys.insert(key);
    } else {
      gone.push_back(query.getColumn(0).getInt64());
      kept.touched.insert({query.getColumn(1).getString(), query.getColumn(4).getInt64()});
    }
  }
  SQLite::Statement remove(database, "DELETE FROM points WHERE rowid = ?");
  for (const auto row : gone) {
    remove.bind(1, row);
    remove.exec();
    remove.reset();
  }
  return kept;
}

void insert_point(SQLite::Statement& insert, const Refs::Ref& ref, const Tag& tag) {
  const auto trailers = parse_trailers(tag.message);
  insert.bind(1, ref.name.environment);
  insert.bind(2, ref.name.id);
  insert.bind(3, static_cast<std::int64_t>(to_unix(tag.at)));
  insert.bind(4, tag.commit);
  insert.bind(5, first_field(trailers, "Rollback-Parent"));
  insert.bind(6, first_field(trailers, "Rollback-Version"));
  insert.bind(7, ref.id);
  insert.bind(8, tag.message);
  insert.exec();
  insert.reset();
}

// How many of a point's ancestors are of the same second as it.
void order_within_second(SQLite::Database& database, const Second& second) {
  SQLite::Statement query(database, "SELECT id, parent FROM points WHERE environment=? AND at=?");
  query.bind(1, second.first);
  query.bind(2, second.second);
  std::map<std::string, std::string> parents;
  while (query.executeStep()) parents[query.getColumn(0)] = query.getColumn(1).getString();
  SQLite::Statement update(
      database, "UPDATE points SET depth = ?1 WHERE environment = ?2 AND id = ?3 AND depth <> ?1");
  for (const auto& [id, parent] : parents) {
    int depth = 0;
    for (auto above = parents.find(parent);
         above != parents.end() && depth < static_cast<int>(parents.size());
         above = parents.find(above->second)) {
      ++depth;
    }
    update.bind(1, depth);
    update.bind(2, second.first);
    update.bind(3, id);
    update.exec();
    update.reset();
  }
}

void update_points(SQLite::Database& database, const Git& git, const Refs& refs) {
  Kept kept = keep_points(database, refs);
  std::vector<const Refs::Ref*> fresh;
  std::vector<std::string> ids;
  for (const auto& ref : refs.points) {
    if (kept.keys.count(key_of(ref.name.environment, ref.name.id)) != 0) continue;
    fresh.push_back(&ref);
    ids.push_back(ref.id);
  }
  const Work work("indexing points", Unit::points, fresh.size());
  SQLite::Statement insert(database, "INSERT INTO points VALUES (?, ?, ?, 0, ?, ?, ?, ?, ?)");
  std::set<Second> seconds = std::move(kept.touched);
  std::vector<std::optional<Tag>> tags;
  for (size_t i = 0; i < fresh.size(); ++i) {
    const size_t in_batch = i % tags_at_once;
    if (in_batch == 0) {
      const auto first = ids.begin() + static_cast<std::ptrdiff_t>(i);
      const size_t count = std::min(tags_at_once, ids.size() - i);
      tags = read_tags(git, {first, first + static_cast<std::ptrdiff_t>(count)});
    }
    passed(Unit::points);
    const auto& tag = tags[in_batch];
    if (!tag) continue;  // no annotated tag of a commit: named when it is asked for
    insert_point(insert, *fresh[i], *tag);
    seconds.insert({fresh[i]->name.environment, to_unix(tag->at)});
  }
  for (const auto& second : seconds) order_within_second(database, second);
}

// --- events ---------------------------------------------------------------

void insert_event(SQLite::Statement& insert, const Event& event) {
  const json object = json::parse(event.line, nullptr, false);
  insert.bind(1, event.commit);
  insert.bind(2, static_cast<std::int64_t>(event.at.time_since_epoch().count()));
  insert.bind(3, event.id);
  insert.bind(4, event.environment);
  insert.bind(5, event.deploy);
  insert.bind(6, event.kind);
  insert.bind(7, text_at(object, "point"));
  insert.bind(8, text_at(object, "operation"));
  insert.bind(9, text_at(object, "undoes"));
  insert.bind(10, event.line);
  insert.exec();
  insert.reset();
}

void update_events(SQLite::Database& database, const Git& git, const Refs& refs) {
  const std::string known = database.execAndGet("SELECT events FROM source").getString();
  if (known == refs.events) return;
  auto changes = changed_notes(git, known, refs.events);
  if (!changes) {
    database.exec("DELETE FROM events");
    changes = changed_notes(git, "", refs.events).value_or(std::vector<NoteChange>{});
  }
  SQLite::Statement remove(database, "DELETE FROM events WHERE commit_id = ?");
  for (const auto& change : *changes) {
    remove.bind(1, change.commit);
    remove.exec();
    remove.reset();
  }
  SQLite::Statement insert(database, "INSERT INTO events VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
  for (const auto& event : read_events(git, *changes)) insert_event(insert, event);
  SQLite::Statement remember(database, "UPDATE source SET events = ?");
  remember.bind(1, refs.events);
  remember.exec();
}

// --- what was live --------------------------------------------------------

std::string releases_of(const LiveRecord& record) {
  std::vector<Trailer> trailers;
  for (const auto& [component, release] : record.releases) {
    trailers.push_back({"Rollback-Release", {component, release}});
  }
  return format_trailers(trailers);
}

// `newest_first` comes on top of what the chain has.
void add_records(SQLite::Database& database, const std::string& environment,
                 const std::vector<LiveRecord>& newest_first) {
  SQLite::Statement top(database, "SELECT coalesce(max(seq), 0) FROM live WHERE environment = ?");
  top.bind(1, environment);
  top.executeStep();
  std::int64_t seq = top.getColumn(0).getInt64();
  SQLite::Statement insert(database, "INSERT INTO live VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
  for (auto record = newest_first.rbegin(); record != newest_first.rend(); ++record) {
    insert.bind(1, environment);
    insert.bind(2, ++seq);
    insert.bind(3, record->id);
    insert.bind(4, static_cast<std::int64_t>(to_unix(record->at)));
    insert.bind(5, record->commit);
    insert.bind(6, record->parent);
    insert.bind(7, record->deploy);
    insert.bind(8, record->operation);
    insert.bind(9, record->host);
    insert.bind(10, record->subject);
    insert.bind(11, releases_of(*record));
    insert.exec();
    insert.reset();
  }
}

void forget_chain(SQLite::Database& database, const std::string& environment) {
  for (const char* table : {"live", "chains"}) {
    SQLite::Statement remove(database,
                             std::string("DELETE FROM ") + table + " WHERE environment = ?");
    remove.bind(1, environment);
    remove.exec();
  }
}

void update_chain(SQLite::Database& database, const Git& git, const std::string& environment,
                  const std::string& known, const std::string& tip) {
  auto records = known.empty() ? std::nullopt : read_live_since(git, known, tip);
  if (!records) {
    forget_chain(database, environment);
    records = read_live_chain(git, tip);
  }
  add_records(database, environment, *records);
  SQLite::Statement remember(database, "INSERT OR REPLACE INTO chains VALUES (?, ?)");
  remember.bind(1, environment);
  remember.bind(2, tip);
  remember.exec();
}

void update_chains(SQLite::Database& database, const Git& git, const Refs& refs) {
  std::map<std::string, std::string> known;
  SQLite::Statement query(database, "SELECT environment, tip FROM chains");
  while (query.executeStep()) known[query.getColumn(0)] = query.getColumn(1).getString();
  for (const auto& [environment, tip] : known) {
    if (refs.live.count(environment) == 0) forget_chain(database, environment);
  }
  for (const auto& [environment, tip] : refs.live) {
    if (known[environment] != tip) {
      update_chain(database, git, environment, known[environment], tip);
    }
  }
}

// --- all of it ------------------------------------------------------------

bool is_current(SQLite::Database& database, const RefState& state) {
  if (database.execAndGet("PRAGMA user_version").getInt() != schema_version) return false;
  SQLite::Statement source(database, "SELECT state, listed FROM source");
  return source.executeStep() && source.getColumn(0).getString() == state.text &&
         state.covers(Time(std::chrono::milliseconds(source.getColumn(1).getInt64())));
}

}  // namespace

void bring_up_to_date(SQLite::Database& database, const Repository& repository) {
  if (is_current(database, look_at_refs(repository.common_dir))) return;
  SQLite::Transaction transaction(database, SQLite::TransactionBehavior::IMMEDIATE);
  create_tables(database);
  const RefState state = look_at_refs(repository.common_dir);
  if (is_current(database, state)) return;  // another process did it meanwhile
  const Time listed = now();
  const Refs refs = list_refs(repository.git);
  update_points(database, repository.git, refs);
  update_events(database, repository.git, refs);
  update_chains(database, repository.git, refs);
  SQLite::Statement source(database, "UPDATE source SET state = ?, listed = ?");
  source.bind(1, state.text);
  source.bind(2, static_cast<std::int64_t>(listed.time_since_epoch().count()));
  source.exec();
  transaction.commit();
}

}  // namespace rollback

#include "store/index.h"

#include <SQLiteCpp/SQLiteCpp.h>

#include <algorithm>
#include <boost/filesystem/operations.hpp>
#include <map>
#include <tuple>

#include "os/error.h"
#include "os/sha256.h"
#include "store/names.h"
#include "store/tag.h"

namespace rollback {
namespace fs = boost::filesystem;
namespace {

constexpr const char* schema = R"(
  DROP TABLE IF EXISTS source; DROP TABLE IF EXISTS points;
  DROP TABLE IF EXISTS events; DROP TABLE IF EXISTS live;
  CREATE TABLE source(key TEXT NOT NULL);
  CREATE TABLE points(
    environment TEXT NOT NULL, id TEXT NOT NULL, at INTEGER NOT NULL, commit_id TEXT NOT NULL,
    version TEXT NOT NULL, tag_id TEXT NOT NULL, message TEXT NOT NULL, rank INTEGER NOT NULL,
    PRIMARY KEY(environment, id)) WITHOUT ROWID;
  CREATE INDEX points_by_rank ON points(environment, rank DESC);
  CREATE TABLE events(environment TEXT NOT NULL, commit_id TEXT NOT NULL, line TEXT NOT NULL);
  CREATE INDEX events_by_environment ON events(environment);
  CREATE TABLE live(environment TEXT NOT NULL, record TEXT NOT NULL, at INTEGER NOT NULL,
    commit_id TEXT NOT NULL, parent TEXT NOT NULL, deploy TEXT NOT NULL, operation TEXT NOT NULL,
    host TEXT NOT NULL, subject TEXT NOT NULL, releases TEXT NOT NULL);
)";

// All refs that the index depends on, with their ids, as one text.
std::string list_refs(const Git& git) {
  return git.run({"for-each-ref", "--format=%(objectname) %(refname)", "refs/rollback/",
                  std::string(names::events_ref)});
}

struct Listed {
  names::EnvironmentAndId name;
  std::string tag_id, parent, version;
  Tag tag;
};

using ByName = std::map<std::pair<std::string, std::string>, const Listed*>;

// How many of its ancestors are of the same second, since a tag's date has no
// fractions.
size_t depth_in_second(const Listed& point, const ByName& points) {
  size_t depth = 0;
  for (const Listed* child = &point; depth <= points.size(); ++depth) {
    const auto parent = points.find({child->name.environment, child->parent});
    if (parent == points.end() || parent->second->tag.at != point.tag.at) break;
    child = parent->second;
  }
  return depth;
}

std::vector<Listed> oldest_first(const std::vector<Listed>& points) {
  ByName by_name;
  for (const auto& point : points) by_name[{point.name.environment, point.name.id}] = &point;
  using Key = std::tuple<Time, size_t, size_t, std::string>;  // "-2" before "-10"
  std::vector<std::pair<Key, const Listed*>> keyed;
  for (const auto& point : points) {
    keyed.push_back(
        {{point.tag.at, depth_in_second(point, by_name), point.name.id.size(), point.name.id},
         &point});
  }
  std::sort(keyed.begin(), keyed.end());
  std::vector<Listed> sorted;
  for (const auto& [key, point] : keyed) sorted.push_back(*point);
  return sorted;
}

std::vector<Listed> read_points(const Git& git, std::string_view refs) {
  std::vector<Listed> points;
  std::vector<std::string> ids;
  for (const auto line : split(refs, '\n')) {
    const size_t space = line.find(' ');
    if (auto parsed = names::parse_point_ref(line.substr(space + 1))) {
      ids.emplace_back(line.substr(0, space));
      points.push_back({*std::move(parsed), ids.back(), {}, {}, {}});
    }
  }
  auto tags = read_tags(git, ids);
  std::vector<Listed> readable;
  for (size_t i = 0; i < points.size(); ++i) {
    if (!tags[i]) continue;
    points[i].tag = *std::move(tags[i]);
    const auto trailers = parse_trailers(points[i].tag.message);
    points[i].parent = first_field(trailers, "Rollback-Parent");
    points[i].version = first_field(trailers, "Rollback-Version");
    readable.push_back(std::move(points[i]));
  }
  return oldest_first(readable);
}

void add_points(SQLite::Database& database, const Git& git, std::string_view refs) {
  SQLite::Statement insert(database, "INSERT INTO points VALUES (?, ?, ?, ?, ?, ?, ?, ?)");
  std::int64_t rank = 0;
  for (const auto& point : read_points(git, refs)) {
    insert.bind(1, point.name.environment);
    insert.bind(2, point.name.id);
    insert.bind(3, static_cast<std::int64_t>(to_unix(point.tag.at)));
    insert.bind(4, point.tag.commit);
    insert.bind(5, point.version);
    insert.bind(6, point.tag_id);
    insert.bind(7, point.tag.message);
    insert.bind(8, ++rank);
    insert.exec();
    insert.reset();
  }
}

void add_events(SQLite::Database& database, const Git& git) {
  SQLite::Statement insert(database, "INSERT INTO events VALUES (?, ?, ?)");
  for (const auto& event : read_events(git, names::events_ref)) {
    insert.bind(1, event.environment);
    insert.bind(2, event.commit);
    insert.bind(3, event.line);
    insert.exec();
    insert.reset();
  }
}

std::vector<Trailer> releases_of(const LiveRecord& record) {
  std::vector<Trailer> trailers;
  for (const auto& [component, release] : record.releases) {
    trailers.push_back({"Rollback-Release", {component, release}});
  }
  return trailers;
}

void add_live(SQLite::Database& database, const Git& git, std::string_view refs) {
  constexpr std::string_view prefix = "refs/rollback/";
  constexpr std::string_view suffix = "/live";
  SQLite::Statement insert(database, "INSERT INTO live VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
  for (const auto line : split(refs, '\n')) {
    const std::string_view ref = line.substr(line.find(' ') + 1);
    if (!ref.starts_with(prefix) || !ref.ends_with(suffix)) continue;
    const std::string environment(
        ref.substr(prefix.size(), ref.size() - prefix.size() - suffix.size()));
    for (const auto& record : read_live_chain(git, ref)) {
      insert.bind(1, environment);
      insert.bind(2, record.id);
      insert.bind(3, static_cast<std::int64_t>(to_unix(record.at)));
      insert.bind(4, record.commit);
      insert.bind(5, record.parent);
      insert.bind(6, record.deploy);
      insert.bind(7, record.operation);
      insert.bind(8, record.host);
      insert.bind(9, record.subject);
      insert.bind(10, format_trailers(releases_of(record)));
      insert.exec();
      insert.reset();
    }
  }
}

void bring_up_to_date(SQLite::Database& database, const Git& git) {
  const std::string refs = list_refs(git);
  const std::string key = "2 " + sha256(refs);  // the 2 is this schema's version
  if (database.tableExists("source") &&
      database.execAndGet("SELECT coalesce(max(key), '') FROM source").getString() == key) {
    return;
  }
  SQLite::Transaction transaction(database, SQLite::TransactionBehavior::IMMEDIATE);
  database.exec(schema);
  add_points(database, git, refs);
  add_events(database, git);
  add_live(database, git, refs);
  SQLite::Statement source(database, "INSERT INTO source VALUES (?)");
  source.bind(1, key);
  source.exec();
  transaction.commit();
}

std::unique_ptr<SQLite::Database> open(const std::string& file, const Git& git) {
  auto database =
      std::make_unique<SQLite::Database>(file, SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE, 5000);
  bring_up_to_date(*database, git);
  return database;
}

// environment, commit_id, at, tag_id, message, id. The ref names it: that a tag
// was moved or renamed is found out when it is read as a target (read_point).
Point point_from(SQLite::Statement& row) {
  Point point = parse_point_message(row.getColumn(4).getString());
  point.environment = row.getColumn(0).getString();
  point.id = row.getColumn(5).getString();
  point.commit = row.getColumn(1).getString();
  point.at = from_unix(row.getColumn(2).getInt64());
  point.tag_id = row.getColumn(3).getString();
  return point;
}

}  // namespace

Index::Index(const Repository& repository) {
  const fs::path file = names::index_file(repository.common_dir);
  boost::system::error_code ignored;
  fs::create_directories(file.parent_path(), ignored);
  for (const bool again : {true, false}) {
    try {
      database_ = open(file.string(), repository.git);
      return;
    } catch (const SQLite::Exception&) {
      if (again) fs::remove(file, ignored);
    }
  }
  database_ = open(":memory:", repository.git);
}

Index::~Index() = default;
Index::Index(Index&&) noexcept = default;

std::vector<Point> Index::points_where(std::string_view environment, const std::string& condition,
                                       std::string_view value, int limit) const {
  SQLite::Statement query(*database_,
                          "SELECT environment, commit_id, at, tag_id, message, id FROM points"
                          " WHERE environment = ?1 AND " +
                              condition + " ORDER BY rank DESC LIMIT ?3");
  query.bind(1, std::string(environment));
  query.bind(2, std::string(value));
  query.bind(3, limit > 0 ? limit : -1);
  std::vector<Point> points;
  while (query.executeStep()) {
    try {
      points.push_back(point_from(query));
    } catch (const Fatal&) {
      // A tag of a newer version, or damaged: not offered, and named when asked for by id.
    }
  }
  return points;
}

std::vector<Point> Index::points(std::string_view environment, int limit) const {
  return points_where(environment, "?2 = ''", "", limit);
}

std::optional<Point> Index::point(std::string_view environment, std::string_view id) const {
  auto found = points_where(environment, "id = ?2", id, 1);
  if (found.empty()) return std::nullopt;
  return std::move(found.front());
}

std::vector<Point> Index::points_with_prefix(std::string_view environment,
                                             std::string_view prefix) const {
  return points_where(environment, "substr(id, 1, length(?2)) = ?2", prefix, 0);
}

std::vector<Point> Index::points_with_version(std::string_view environment,
                                              std::string_view version) const {
  return points_where(environment, "version = ?2", version, 0);
}

std::vector<Point> Index::points_at_commit(std::string_view environment,
                                           std::string_view commit) const {
  return points_where(environment, "commit_id = ?2", commit, 0);
}

std::vector<Event> Index::events(std::string_view environment) const {
  SQLite::Statement query(
      *database_, "SELECT commit_id, line FROM events WHERE environment = ? ORDER BY rowid");
  query.bind(1, std::string(environment));
  std::vector<Event> events;
  while (query.executeStep()) {
    if (auto event = parse_event(query.getColumn(0), query.getColumn(1).getString())) {
      events.push_back(*std::move(event));
    }
  }
  return events;
}

std::vector<LiveRecord> Index::live_chain(std::string_view environment) const {
  SQLite::Statement query(*database_,
                          "SELECT record, at, commit_id, parent, deploy, operation, host, subject,"
                          " releases FROM live WHERE environment = ? ORDER BY rowid");
  query.bind(1, std::string(environment));
  std::vector<LiveRecord> chain;
  while (query.executeStep()) {
    LiveRecord record;
    record.id = query.getColumn(0).getString();
    record.at = from_unix(query.getColumn(1).getInt64());
    record.commit = query.getColumn(2).getString();
    record.parent = query.getColumn(3).getString();
    record.deploy = query.getColumn(4).getString();
    record.operation = query.getColumn(5).getString();
    record.host = query.getColumn(6).getString();
    record.subject = query.getColumn(7).getString();
    for (const auto& trailer : parse_trailers(query.getColumn(8).getString())) {
      if (trailer.fields.size() == 2) record.releases[trailer.fields[0]] = trailer.fields[1];
    }
    chain.push_back(std::move(record));
  }
  return chain;
}

Point read_point(const Repository& repository, std::string_view environment, std::string_view id) {
  const std::string ref = names::point_ref(environment, id);
  const std::string tag_id =
      repository.git.line({"rev-parse", "--verify", "--quiet", "--end-of-options", ref});
  const auto tag = read_tags(repository.git, {tag_id}).at(0);
  if (!tag) throw Fatal("'" + ref + "' is no annotated tag of a commit");
  Point point = parse_point_message(tag->message);
  if (point.id != id || point.environment != environment) {
    throw Fatal("the tag at '" + ref + "' is that of point '" + point.id + "' of '" +
                point.environment + "': it was moved or renamed");
  }
  point.commit = tag->commit;
  point.at = tag->at;
  point.tag_id = tag_id;
  return point;
}

}  // namespace rollback

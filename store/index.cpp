#include "store/index.h"

#include <SQLiteCpp/SQLiteCpp.h>
#include <sqlite3.h>

#include <boost/filesystem/operations.hpp>

#include "os/error.h"
#include "store/index_update.h"
#include "store/names.h"
#include "store/tag.h"

namespace rollback {
namespace fs = boost::filesystem;
namespace {

// Another process may build an index of very many points meanwhile.
constexpr int patience_ms = 60'000;

std::unique_ptr<SQLite::Database> open(const std::string& file, const Repository& repository) {
  auto database = std::make_unique<SQLite::Database>(
      file, SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE, patience_ms);
  bring_up_to_date(*database, repository);
  return database;
}

// Neither damaged nor foreign, but out of reach: it may be good for others.
bool is_out_of_reach(const SQLite::Exception& error) {
  switch (error.getErrorCode()) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_FULL:
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_NOMEM:
    case SQLITE_INTERRUPT:
      return true;
    default:
      return false;
  }
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

LiveRecord record_from(SQLite::Statement& row) {
  LiveRecord record;
  record.id = row.getColumn(0).getString();
  record.at = from_unix(row.getColumn(1).getInt64());
  record.commit = row.getColumn(2).getString();
  record.parent = row.getColumn(3).getString();
  record.deploy = row.getColumn(4).getString();
  record.operation = row.getColumn(5).getString();
  record.host = row.getColumn(6).getString();
  record.subject = row.getColumn(7).getString();
  for (const auto& trailer : parse_trailers(row.getColumn(8).getString())) {
    if (trailer.fields.size() == 2) record.releases[trailer.fields[0]] = trailer.fields[1];
  }
  return record;
}

}  // namespace

Index::Index(const Repository& repository) {
  const fs::path file = names::index_file(repository.common_dir);
  boost::system::error_code ignored;
  fs::create_directories(file.parent_path(), ignored);
  for (const bool again : {true, false}) {
    try {
      database_ = open(file.string(), repository);
      return;
    } catch (const SQLite::Exception& error) {
      if (!again || is_out_of_reach(error)) break;
      fs::remove_all(file, ignored);
      fs::remove(file.string() + "-journal", ignored);
    }
  }
  database_ = open(":memory:", repository);
}

Index::~Index() = default;
Index::Index(Index&&) noexcept = default;

std::vector<Point> Index::points_where(std::string_view environment, const std::string& condition,
                                       std::string_view value, int limit) const {
  SQLite::Statement query(*database_,
                          "SELECT environment, commit_id, at, tag_id, message, id FROM points"
                          " WHERE environment = ?1 AND NOT EXISTS (SELECT 1 FROM events AS e"
                          " WHERE e.environment = ?1 AND e.point = points.id AND e.point <> ''"
                          " AND e.kind = 'pruned') AND " +
                              condition +
                              " ORDER BY at DESC, depth DESC, length(id) DESC, id DESC LIMIT ?3");
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
  // '~' sorts behind every character of an id.
  return points_where(environment, "id >= ?2 AND id < ?2 || '~'", prefix, 0);
}

std::vector<Point> Index::points_with_version(std::string_view environment,
                                              std::string_view version) const {
  return points_where(environment, "version = ?2 AND version <> ''", version, 0);
}

std::vector<Point> Index::points_at_commit(std::string_view environment,
                                           std::string_view commit) const {
  return points_where(environment, "commit_id = ?2", commit, 0);
}

namespace {

// commit_id, line.
std::vector<Event> events_from(SQLite::Statement& select,
                               std::initializer_list<std::string_view> values) {
  int parameter = 0;
  for (const auto value : values) select.bind(++parameter, std::string(value));
  std::vector<Event> events;
  while (select.executeStep()) {
    if (auto event = parse_event(select.getColumn(0), select.getColumn(1).getString())) {
      events.push_back(*std::move(event));
    }
  }
  return events;
}

}  // namespace

std::vector<Event> Index::events_where(const std::string& query,
                                       std::initializer_list<std::string_view> values) const {
  SQLite::Statement select(*database_, query + " ORDER BY at, id");
  return events_from(select, values);
}

std::vector<Event> Index::events_about(std::string_view environment, std::string_view deploy,
                                       std::string_view point) const {
  if (!about_) {
    about_ = std::make_unique<SQLite::Statement>(
        *database_,
        "SELECT commit_id, line, at, id FROM events WHERE environment = ?1 AND deploy = ?2"
        " AND deploy <> ''"
        " UNION SELECT commit_id, line, at, id FROM events WHERE environment = ?1 AND point = ?3"
        " AND point <> ''"
        " UNION SELECT u.commit_id, u.line, u.at, u.id FROM events AS r JOIN events AS u"
        " ON u.environment = ?1 AND u.undoes = r.operation AND u.undoes <> ''"
        " WHERE r.environment = ?1 AND r.deploy = ?2 AND r.deploy <> ''"
        " ORDER BY at, id");
  }
  auto events = events_from(*about_, {environment, deploy, point});
  about_->reset();
  return events;
}

std::vector<Event> Index::events_of_operation(std::string_view environment,
                                              std::string_view operation) const {
  return events_where(
      "SELECT commit_id, line FROM events WHERE environment = ?1 AND operation <> ''"
      " AND (?2 = '' OR operation = ?2)",
      {environment, operation});
}

std::vector<Event> Index::events_of_kind(std::string_view environment,
                                         std::string_view kind) const {
  return events_where("SELECT commit_id, line FROM events WHERE environment = ?1 AND kind = ?2",
                      {environment, kind});
}

std::vector<Event> Index::all_events(std::string_view environment) const {
  return events_where("SELECT commit_id, line FROM events WHERE environment = ?1", {environment});
}

std::vector<LiveRecord> Index::records(const std::string& condition, std::string_view environment,
                                       long long value) const {
  SQLite::Statement query(*database_,
                          "SELECT record, at, commit_id, parent, deploy, operation, host, subject,"
                          " releases FROM live WHERE environment = ?1 " +
                              condition);
  query.bind(1, std::string(environment));
  query.bind(2, static_cast<std::int64_t>(value));
  std::vector<LiveRecord> chain;
  while (query.executeStep()) chain.push_back(record_from(query));
  return chain;
}

std::vector<LiveRecord> Index::live_chain(std::string_view environment, int limit) const {
  return records("ORDER BY seq DESC LIMIT ?2", environment, limit > 0 ? limit : -1);
}

std::optional<Index::LiveThen> Index::live_at(std::string_view environment, Time time) const {
  // By the chain, whose clocks may have gone backwards: the newest record that is not younger.
  SQLite::Statement newest(*database_,
                           "SELECT max(seq) FROM live WHERE environment = ?1 AND at <= ?2");
  newest.bind(1, std::string(environment));
  newest.bind(2, static_cast<std::int64_t>(to_unix(time)));
  if (!newest.executeStep() || newest.getColumn(0).isNull()) return std::nullopt;
  const std::int64_t seq = newest.getColumn(0).getInt64();
  LiveThen then{records("AND seq = ?2", environment, seq).at(0), {}};
  const auto next = records("AND seq = ?2", environment, seq + 1);
  if (!next.empty()) then.until = next[0].at;
  return then;
}

std::optional<Time> Index::first_live(std::string_view environment) const {
  const auto first = records("AND ?2 ORDER BY seq LIMIT 1", environment, 1);
  if (first.empty()) return std::nullopt;
  return first[0].at;
}

std::optional<long long> Index::undeployed(const Repository& repository, const std::string& live,
                                           const std::string& head) const {
  if (live == head) return 0;
  if (head.empty()) return std::nullopt;
  const bool shallow = fs::exists(repository.common_dir / "shallow");  // and will not be for ever
  SQLite::Statement known(*database_, "SELECT commits FROM undeployed WHERE live=? AND head=?");
  known.bind(1, live);
  known.bind(2, head);
  if (!shallow && known.executeStep()) return known.getColumn(0).getInt64();
  const Finished counted = repository.git.ask({"rev-list", "--count", head, "^" + live, "--"});
  if (counted.status != 0) return std::nullopt;
  const long long commits = std::stoll(counted.out);
  if (shallow) return commits;
  try {
    SQLite::Statement remember(*database_, "INSERT OR IGNORE INTO undeployed VALUES (?, ?, ?)");
    remember.bind(1, live);
    remember.bind(2, head);
    remember.bind(3, static_cast<std::int64_t>(commits));
    remember.exec();
  } catch (const SQLite::Exception&) {
    // Another user's index: counted again the next time.
  }
  return commits;
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

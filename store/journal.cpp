#include "store/journal.h"

#include <SQLiteCpp/SQLiteCpp.h>
#include <sqlite3.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <boost/filesystem/operations.hpp>
#include <nlohmann/json.hpp>

#include "os/error.h"

namespace rollback {
namespace {

using nlohmann::json;

constexpr int schema_version = 1;
constexpr const char* schema = R"(
  CREATE TABLE operations(
    id TEXT PRIMARY KEY, environment TEXT NOT NULL, state TEXT NOT NULL, plan TEXT NOT NULL,
    configuration TEXT NOT NULL, host TEXT NOT NULL, started TEXT NOT NULL);
  CREATE TABLE publications(id INTEGER PRIMARY KEY, content TEXT NOT NULL);
  CREATE TABLE captures(
    environment TEXT NOT NULL, point TEXT NOT NULL, PRIMARY KEY(environment, point));
  CREATE TABLE deploys(
    seq INTEGER PRIMARY KEY, id TEXT NOT NULL, environment TEXT NOT NULL, open INTEGER NOT NULL);
  CREATE TABLE phases(seq INTEGER PRIMARY KEY, phase TEXT NOT NULL, ms INTEGER NOT NULL);
)";
// A journal of the same version may be from before these.
constexpr const char* added_tables = R"(
  CREATE TABLE IF NOT EXISTS pushes(
    seq INTEGER PRIMARY KEY, deploy TEXT NOT NULL, process TEXT NOT NULL,
    old_commit TEXT NOT NULL, new_commit TEXT NOT NULL);
)";

constexpr std::array<std::pair<State, std::string_view>, 10> state_names{{
    {State::preparing, "preparing"},
    {State::conflicted, "conflicted"},
    {State::intended, "intended"},
    {State::held, "held"},
    {State::verified, "verified"},
    {State::published, "published"},
    {State::reverting, "reverting"},
    {State::discarding, "discarding"},
    {State::done, "done"},
    {State::reverted, "reverted"},
}};

State state_of(std::string_view name) {
  for (const auto& [state, text] : state_names) {
    if (text == name) return state;
  }
  throw Fatal("the journal holds an operation in the unknown state '" + std::string(name) + "'",
              {"where a newer git-rollback wrote it, upgrade this one"});
}

std::string to_text(const Publication& publication) {
  json refs = json::array();
  for (const auto& ref : publication.refs) refs.push_back({ref.ref, ref.old_id, ref.new_id});
  json events = json::array();
  for (const auto& event : publication.events) events.push_back({event.commit, event.line});
  return json{{"refs", refs}, {"events", events}, {"merged_notes", publication.merged_notes}}
      .dump();
}

Publication publication_from(const std::string& text) {
  const json content = json::parse(text);
  Publication publication;
  for (const auto& ref : content.at("refs")) {
    publication.refs.push_back({ref.at(0), ref.at(1), ref.at(2)});
  }
  for (const auto& event : content.at("events")) {
    if (auto parsed = parse_event(event.at(0), event.at(1).get<std::string>())) {
      publication.events.push_back(*std::move(parsed));
    }
  }
  publication.merged_notes = content.value("merged_notes", std::vector<std::string>());
  return publication;
}

OperationRow row_from(SQLite::Statement& query) {
  return {.id = query.getColumn(0),
          .environment = query.getColumn(1),
          .state = state_of(query.getColumn(2).getString()),
          .plan = query.getColumn(3),
          .configuration = query.getColumn(4),
          .host = query.getColumn(5),
          .started = from_rfc3339(query.getColumn(6).getString()).value_or(Time{})};
}

constexpr const char* columns =
    "SELECT id, environment, state, plan, configuration, host, started"
    " FROM operations ";

}  // namespace

std::string_view name_of(State state) { return state_names[static_cast<size_t>(state)].second; }

Journal::Journal(const boost::filesystem::path& file) try
    : database_(std::make_unique<SQLite::Database>(
          file.string(), SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE, 10000)) {
  database_->exec("PRAGMA synchronous=FULL");
  int version = database_->execAndGet("PRAGMA user_version");
  if (version == 0) {
    database_->exec("PRAGMA journal_mode=WAL");
    SQLite::Transaction transaction(*database_, SQLite::TransactionBehavior::IMMEDIATE);
    version = database_->execAndGet("PRAGMA user_version");  // another process was first?
    if (version == 0) {
      database_->exec(schema);
      database_->exec("PRAGMA user_version=" + std::to_string(schema_version));
      version = schema_version;
    }
    transaction.commit();
  }
  if (version > schema_version) {
    throw Fatal("the journal '" + file.string() + "' was written by a newer git-rollback",
                {"upgrade git-rollback on this machine"});
  }
  database_->exec(added_tables);
} catch (const SQLite::Exception& error) {
  const int cause = error.getErrorCode();
  const bool damaged = cause == SQLITE_CORRUPT || cause == SQLITE_NOTADB;
  throw Fatal("the journal '" + file.string() + "' cannot be used: " + error.what(),
              {damaged ? "nothing was changed; restore that file from a copy, or move it away if"
                         " you are sure that no operation was in flight"
               : cause == SQLITE_FULL || cause == SQLITE_IOERR
                   ? "nothing was changed; free some space, then run the command again"
               : cause == SQLITE_BUSY
                   ? "nothing was changed; another process works with it: run the command again"
                   : "nothing was changed; it needs to be writable, and its folder too"});
}

std::optional<Journal> Journal::open_to_read(const boost::filesystem::path& file) {
  if (!boost::filesystem::exists(file)) return std::nullopt;
  if (access(file.c_str(), W_OK) == 0 && access(file.parent_path().c_str(), W_OK) == 0) {
    return Journal(file);
  }
  // Another user's. Where no writer has it open, SQLite reads a WAL database of
  // a folder it may not write only as a file that nobody changes.
  for (const char* mode : {"?mode=ro", "?immutable=1"}) {
    try {
      Journal journal{std::make_unique<SQLite::Database>("file:" + file.string() + mode,
                                                         SQLite::OPEN_READONLY | SQLite::OPEN_URI)};
      if (!journal.database_->tableExists("operations")) return std::nullopt;
      return journal;
    } catch (const SQLite::Exception&) {
      // the other way
    }
  }
  throw Fatal("the journal '" + file.string() + "' cannot be read");
}

Journal::~Journal() = default;
Journal::Journal(std::unique_ptr<SQLite::Database> database) : database_(std::move(database)) {}
Journal::Journal(Journal&&) noexcept = default;

long long Journal::begin_publication(const Publication& publication) {
  SQLite::Statement insert(*database_, "INSERT INTO publications(content) VALUES (?)");
  insert.bind(1, to_text(publication));
  insert.exec();
  return database_->getLastInsertRowid();
}

void Journal::end_publication(long long id) {
  SQLite::Statement remove(*database_, "DELETE FROM publications WHERE id = ?");
  remove.bind(1, static_cast<std::int64_t>(id));
  remove.exec();
}

std::vector<std::pair<long long, Publication>> Journal::pending_publications() {
  std::vector<std::pair<long long, Publication>> pending;
  SQLite::Statement query(*database_, "SELECT id, content FROM publications ORDER BY id");
  while (query.executeStep()) {
    pending.emplace_back(query.getColumn(0).getInt64(), publication_from(query.getColumn(1)));
  }
  return pending;
}

void Journal::begin_operation(const OperationRow& row) {
  SQLite::Statement insert(*database_, "INSERT INTO operations VALUES (?, ?, ?, ?, ?, ?, ?)");
  insert.bind(1, row.id);
  insert.bind(2, row.environment);
  insert.bind(3, std::string(name_of(row.state)));
  insert.bind(4, row.plan);
  insert.bind(5, row.configuration);
  insert.bind(6, row.host);
  insert.bind(7, to_rfc3339(row.started));
  insert.exec();
}

void Journal::set_state(const std::string& id, State state) {
  SQLite::Statement update(*database_, "UPDATE operations SET state = ? WHERE id = ?");
  update.bind(1, std::string(name_of(state)));
  update.bind(2, id);
  update.exec();
}

void Journal::intend(const std::string& id, const std::string& plan) {
  set_state_and_plan(id, State::intended, plan);
}

void Journal::wait_for_person(const std::string& id, const std::string& plan) {
  set_state_and_plan(id, State::conflicted, plan);
}

void Journal::set_state_and_plan(const std::string& id, State state, const std::string& plan) {
  SQLite::Statement update(*database_, "UPDATE operations SET state = ?, plan = ? WHERE id = ?");
  update.bind(1, std::string(name_of(state)));
  update.bind(2, plan);
  update.bind(3, id);
  update.exec();
}

void Journal::give_up(const std::string& id, const std::string& plan) {
  SQLite::Transaction transaction(*database_);
  // Younger than the schema, as `prunings`.
  database_->exec("CREATE TABLE IF NOT EXISTS given_up(operation TEXT PRIMARY KEY)");
  SQLite::Statement insert(*database_, "INSERT OR IGNORE INTO given_up VALUES (?)");
  insert.bind(1, id);
  insert.exec();
  SQLite::Statement update(*database_, "UPDATE operations SET plan = ? WHERE id = ?");
  update.bind(1, plan);
  update.bind(2, id);
  update.exec();
  transaction.commit();
}

std::vector<std::string> Journal::given_up() {
  if (!database_->tableExists("given_up")) return {};
  std::vector<std::string> all;
  SQLite::Statement query(*database_, "SELECT operation FROM given_up ORDER BY operation");
  while (query.executeStep()) all.push_back(query.getColumn(0));
  return all;
}

std::optional<OperationRow> Journal::operation(const std::string& id) {
  SQLite::Statement query(*database_, std::string(columns) + "WHERE id = ?");
  query.bind(1, id);
  if (!query.executeStep()) return std::nullopt;
  return row_from(query);
}

std::optional<OperationRow> Journal::in_flight() {
  SQLite::Statement query(
      *database_,
      std::string(columns) + "WHERE state NOT IN ('done', 'reverted') ORDER BY id DESC LIMIT 1");
  if (!query.executeStep()) return std::nullopt;
  return row_from(query);
}

void Journal::open_deploy(const OpenDeploy& deploy) {
  SQLite::Statement insert(*database_, "INSERT INTO deploys(id, environment, open) VALUES (?,?,1)");
  insert.bind(1, deploy.id);
  insert.bind(2, deploy.environment);
  insert.exec();
}

std::vector<OpenDeploy> Journal::open_deploys(const std::string& environment) {
  std::vector<OpenDeploy> all;
  SQLite::Statement query(*database_,
                          "SELECT id, environment FROM deploys WHERE open AND environment = ?1"
                          " AND seq > (SELECT coalesce(max(seq), 0) FROM deploys"
                          " WHERE NOT open AND environment = ?1) ORDER BY seq DESC");
  query.bind(1, environment);
  while (query.executeStep()) all.push_back({query.getColumn(0), query.getColumn(1)});
  return all;
}

std::optional<OpenDeploy> Journal::newest_open_deploy(const std::string& environment) {
  const auto open = open_deploys(environment);
  return open.empty() ? std::nullopt : std::optional(open.front());
}

void Journal::close_deploy(const std::string& id) {
  SQLite::Statement update(*database_, "UPDATE deploys SET open = 0 WHERE id = ?");
  update.bind(1, id);
  update.exec();
}

std::vector<PushRow> Journal::pushes() {
  std::vector<PushRow> all;
  if (!database_->tableExists("pushes")) return all;
  SQLite::Statement query(
      *database_, "SELECT seq, deploy, process, old_commit, new_commit FROM pushes ORDER BY seq");
  while (query.executeStep()) {
    all.push_back({.seq = query.getColumn(0).getInt64(),
                   .deploy = query.getColumn(1),
                   .process = query.getColumn(2),
                   .old_commit = query.getColumn(3),
                   .new_commit = query.getColumn(4)});
  }
  return all;
}

void Journal::begin_push(const PushRow& push) {
  SQLite::Statement insert(
      *database_,
      "INSERT INTO pushes(deploy, process, old_commit, new_commit) VALUES (?, ?, ?, ?)");
  insert.bind(1, push.deploy);
  insert.bind(2, push.process);
  insert.bind(3, push.old_commit);
  insert.bind(4, push.new_commit);
  insert.exec();
}

void Journal::set_process_of_push(long long seq, const std::string& process) {
  SQLite::Statement update(*database_, "UPDATE pushes SET process = ? WHERE seq = ?");
  update.bind(1, process);
  update.bind(2, static_cast<std::int64_t>(seq));
  update.exec();
}

void Journal::end_pushes(long long last_seq) {
  SQLite::Statement remove(*database_, "DELETE FROM pushes WHERE seq <= ?");
  remove.bind(1, static_cast<std::int64_t>(last_seq));
  remove.exec();
}

void Journal::forget_push(const PushRow& push) {
  SQLite::Transaction transaction(*database_);
  SQLite::Statement forget(*database_, "DELETE FROM deploys WHERE id = ? AND open");
  forget.bind(1, push.deploy);
  forget.exec();
  SQLite::Statement remove(*database_, "DELETE FROM pushes WHERE seq = ?");
  remove.bind(1, static_cast<std::int64_t>(push.seq));
  remove.exec();
  transaction.commit();
}

void Journal::begin_capture(const Capturing& capturing) {
  SQLite::Statement insert(*database_, "INSERT OR IGNORE INTO captures VALUES (?, ?)");
  insert.bind(1, capturing.environment);
  insert.bind(2, capturing.point);
  insert.exec();
}

void Journal::end_capture(const Capturing& capturing) {
  SQLite::Statement remove(*database_, "DELETE FROM captures WHERE environment = ? AND point = ?");
  remove.bind(1, capturing.environment);
  remove.bind(2, capturing.point);
  remove.exec();
}

std::vector<Journal::Capturing> Journal::captures() {
  std::vector<Capturing> all;
  SQLite::Statement query(*database_, "SELECT environment, point FROM captures ORDER BY point");
  while (query.executeStep()) all.push_back({query.getColumn(0), query.getColumn(1)});
  return all;
}

void Journal::begin_pruning(const Pruning& pruning) {
  // Younger than the schema: a journal that has never pruned does without it.
  database_->exec(
      "CREATE TABLE IF NOT EXISTS prunings("
      "environment TEXT NOT NULL, point TEXT NOT NULL, PRIMARY KEY(environment, point))");
  SQLite::Statement insert(*database_, "INSERT OR IGNORE INTO prunings VALUES (?, ?)");
  insert.bind(1, pruning.environment);
  insert.bind(2, pruning.point);
  insert.exec();
}

void Journal::end_pruning(const Pruning& pruning) {
  SQLite::Statement remove(*database_, "DELETE FROM prunings WHERE environment = ? AND point = ?");
  remove.bind(1, pruning.environment);
  remove.bind(2, pruning.point);
  remove.exec();
}

std::vector<Journal::Pruning> Journal::prunings() {
  if (!database_->tableExists("prunings")) return {};
  std::vector<Pruning> all;
  SQLite::Statement query(*database_, "SELECT environment, point FROM prunings ORDER BY point");
  while (query.executeStep()) all.push_back({query.getColumn(0), query.getColumn(1)});
  return all;
}

void Journal::measured(const std::string& phase, std::chrono::milliseconds duration) {
  SQLite::Statement insert(*database_, "INSERT INTO phases(phase, ms) VALUES (?, ?)");
  insert.bind(1, phase);
  insert.bind(2, static_cast<std::int64_t>(duration.count()));
  insert.exec();
}

std::optional<std::chrono::milliseconds> Journal::usual(const std::string& phase) {
  SQLite::Statement query(*database_,
                          "SELECT ms FROM phases WHERE phase = ? ORDER BY seq DESC LIMIT 10");
  query.bind(1, phase);
  std::vector<std::int64_t> durations;
  while (query.executeStep()) durations.push_back(query.getColumn(0).getInt64());
  if (durations.empty()) return std::nullopt;
  std::nth_element(durations.begin(), durations.begin() + static_cast<long>(durations.size() / 2),
                   durations.end());
  return std::chrono::milliseconds(durations[durations.size() / 2]);
}

}  // namespace rollback

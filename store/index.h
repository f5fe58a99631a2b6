// The index: points, events and live chains in SQLite, a cache of what git
// holds. Delete it at any time. Whatever is chosen as a target is read again
// from its tag (read_point).
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "store/event.h"
#include "store/live.h"
#include "store/point.h"
#include "store/repository.h"

namespace SQLite {
class Database;
class Statement;
}  // namespace SQLite

namespace rollback {

class Index {
 public:
  // Up to date with the refs of this moment. A damaged file is built anew; one
  // that cannot be written is replaced by a copy in memory.
  explicit Index(const Repository& repository);
  ~Index();
  Index(Index&&) noexcept;

  // Of one environment, newest first, without those that were pruned; limit 0: all.
  std::vector<Point> points(std::string_view environment, int limit = 0) const;
  std::optional<Point> point(std::string_view environment, std::string_view id) const;
  std::vector<Point> points_with_prefix(std::string_view environment,
                                        std::string_view prefix) const;
  std::vector<Point> points_with_version(std::string_view environment,
                                         std::string_view version) const;
  std::vector<Point> points_at_commit(std::string_view environment, std::string_view commit) const;

  // Of one environment, oldest first. All that a verdict on the deploy, or on
  // the point, depends on: theirs, and the undos of rollbacks away from them.
  // Either may be empty.
  std::vector<Event> events_about(std::string_view environment, std::string_view deploy,
                                  std::string_view point) const;
  // Those that name an operation: rollbacks and undos. "" : any.
  std::vector<Event> events_of_operation(std::string_view environment,
                                         std::string_view operation) const;
  std::vector<Event> events_of_kind(std::string_view environment, std::string_view kind) const;
  std::vector<Event> all_events(std::string_view environment) const;

  // Newest first; limit 0: all.
  std::vector<LiveRecord> live_chain(std::string_view environment, int limit = 0) const;

  struct LiveThen {
    LiveRecord record;
    std::optional<Time> until;  // nothing: it is live still
  };
  // What was live at a time; nothing before the first record.
  std::optional<LiveThen> live_at(std::string_view environment, Time time) const;
  std::optional<Time> first_live(std::string_view environment) const;  // the first record's time

  // How many commits `head` has that `live` has not; nothing where that cannot be
  // told, as in a shallow clone. Counted once, since git needs a process for it.
  std::optional<long long> undeployed(const Repository& repository, const std::string& live,
                                      const std::string& head) const;

 private:
  std::vector<Point> points_where(std::string_view environment, const std::string& condition,
                                  std::string_view value, int limit) const;
  std::vector<Event> events_where(const std::string& query,
                                  std::initializer_list<std::string_view> values) const;
  std::vector<LiveRecord> records(const std::string& condition, std::string_view environment,
                                  long long value) const;

  std::unique_ptr<SQLite::Database> database_;
  mutable std::unique_ptr<SQLite::Statement>
      about_;  // events_about, asked for each point of a list
};

// From the tag itself, by the ref of the point. Checks that the message names
// this id and environment; Fatal when the tag is damaged, moved or renamed.
Point read_point(const Repository& repository, std::string_view environment, std::string_view id);

}  // namespace rollback

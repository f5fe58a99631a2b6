// The index: points, events and live chains in SQLite, a cache of what git
// holds. Keyed on the refs it was built from; delete it at any time. Whatever
// is chosen as a target is read again from its tag (read_point).
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

  // Of one environment, newest first; limit 0: all.
  std::vector<Point> points(std::string_view environment, int limit = 0) const;
  std::optional<Point> point(std::string_view environment, std::string_view id) const;
  std::vector<Point> points_with_prefix(std::string_view environment,
                                        std::string_view prefix) const;
  std::vector<Point> points_with_version(std::string_view environment,
                                         std::string_view version) const;
  std::vector<Point> points_at_commit(std::string_view environment, std::string_view commit) const;

  // Of one environment, oldest first.
  std::vector<Event> events(std::string_view environment) const;

  // Newest first.
  std::vector<LiveRecord> live_chain(std::string_view environment) const;

 private:
  std::vector<Point> points_where(std::string_view environment, const std::string& condition,
                                  std::string_view value, int limit) const;

  std::unique_ptr<SQLite::Database> database_;
};

// From the tag itself, by the ref of the point. Checks that the message names
// this id and environment; Fatal when the tag is damaged, moved or renamed.
Point read_point(const Repository& repository, std::string_view environment, std::string_view id);

}  // namespace rollback

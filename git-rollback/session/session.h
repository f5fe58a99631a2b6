// A session: the repository, its configuration, and, where the world may be
// changed, the lock and the journal.
#pragma once

#include <boost/filesystem/path.hpp>
#include <chrono>
#include <exception>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "os/lock.h"
#include "session/configuration.h"
#include "store/journal.h"
#include "store/repository.h"

namespace rollback {

struct Session {
  Repository repository;
  std::optional<Configuration> configuration;  // nothing: there is none, or it is broken
  std::exception_ptr broken;  // what is wrong with .rollback.yml; listing and recovering go on

  // Usage when it is broken; Fatal, with the hint to run init, when it is missing.
  const Configuration& configured() const;
  const boost::filesystem::path& base() const;  // what relative paths start from

  // Where .rollback.yml is broken or gone, the newest of these commits that has
  // a good one lends it; false when none has. A bad deploy may have broken it.
  bool borrow_configuration(const std::vector<std::string>& commits);
};

// Reads .rollback.yml at the root of the work tree, or in HEAD's commit where
// the repository is bare.
Session open_session();

// With an operation in flight, verbs that change something stop with a hint,
// but for those that end it.
enum class InFlight { stops, is_wanted };

// Holds the lock for as long as it lives. On the way in it finishes what a
// killed process had begun to publish, gives notice of refs that it must leave
// since others moved them (os/notice.h), removes what one left that was killed
// before its intent, and forgets pushes that git did not take. Where the
// operation in flight is wanted, the repository is that of the work tree and
// environment in which it began.
class ChangingSession {
 public:
  ChangingSession(Session session, const std::string& about, std::chrono::milliseconds patience,
                  InFlight in_flight = InFlight::stops);

  Session& session() { return session_; }
  const Repository& repository() const { return session_.repository; }
  const Git& git() const { return session_.repository.git; }
  const std::string& environment() const { return session_.repository.environment; }
  Journal& journal() { return *journal_; }
  FileLock& lock() { return *lock_; }

  // Removes what the preparing of this operation made, which has changed nothing
  // yet; may be called again.
  void discard(const OperationRow& operation);
  // The same, and ends it. A database that is out of reach does not keep it in flight:
  // what is in there is removed when it is used again, and a notice says so.
  void forget(const OperationRow& operation);

  // The operation that the way in cleaned up after, since it was killed before
  // its intent; "" : there was none.
  const std::string& cleaned_up() const { return cleaned_up_; }

 private:
  void work_in(Repository repository, bool stale_locks);
  void clean_up(const OperationRow& killed);
  // Why a database could not be reached, by its part; throws where none are wanted.
  std::map<std::string, std::string> discard(const OperationRow& operation, bool reach_all);
  void leave_prepared(const OperationRow& operation,
                      const std::map<std::string, std::string>& out_of_reach);
  void forget_captures();

  Session session_;
  std::unique_ptr<FileLock> lock_;
  std::unique_ptr<Journal> journal_;
  std::string cleaned_up_;
};

// Not once its record is published: only its cleaning is left then.
bool can_go_back(const Repository& repository, const OperationRow& row);

// How long a short change (a hook, a mark) waits for another one to end. A
// rollback does not wait: two at once are a misunderstanding between people.
inline constexpr std::chrono::milliseconds short_wait = std::chrono::seconds(10);
inline constexpr std::chrono::milliseconds no_wait{0};

}  // namespace rollback

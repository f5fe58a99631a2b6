#include "session/session.h"

#include <algorithm>
#include <boost/filesystem/operations.hpp>

#include "os/error.h"
#include "os/fail_point.h"
#include "os/file.h"
#include "os/notice.h"
#include "os/process_identity.h"
#include "plan/plan_text.h"
#include "session/parts.h"
#include "session/push_standing.h"
#include "session/work_trees.h"
#include "store/live.h"
#include "store/names.h"
#include "store/scratch.h"

namespace rollback {
namespace fs = boost::filesystem;
namespace {

std::optional<std::string> configuration_text(const Repository& repository) {
  const std::string name(names::configuration_file);
  if (!repository.bare()) {
    const fs::path file = repository.work_tree / name;
    boost::system::error_code none;
    const auto type = fs::status(file, none).type();
    if (type == fs::file_not_found && !fs::is_symlink(fs::symlink_status(file, none))) {
      return std::nullopt;
    }
    // Nor a pipe, which would keep us waiting for ever.
    if (type != fs::regular_file) throw Fatal("'" + file.string() + "' is no regular file");
    return read_file(file);
  }
  const Finished blob = repository.git.ask({"cat-file", "blob", "HEAD:" + name});
  return blob.status == 0 ? std::optional(blob.out) : std::nullopt;
}

[[noreturn]] void refuse_broken(const std::exception_ptr& broken) try {
  std::rethrow_exception(broken);
} catch (const Usage& error) {
  throw Usage(error.what(), {"nothing was changed; correct it, then run the command again"});
}

bool was_cut_short(const std::vector<PushRow>& pushes) {
  return std::any_of(pushes.begin(), pushes.end(),
                     [](const PushRow& push) { return !is_running(push.process); });
}

void tell_of_foreign(const ForeignRef& foreign) {
  const auto& [change, now] = foreign;
  Notice notice{.text = "a command was cut short before it moved '" + change.ref +
                        "', and somebody else moved it since: it stays at " +
                        (now.empty() ? "nothing" : now) + ", and is not " +
                        (change.new_id.empty() ? "deleted" : "moved to " + change.new_id),
                .hints = {}};
  if (!change.new_id.empty()) {
    notice.hints = {"what was to be there: git show " + change.new_id,
                    "to put it there after all: git update-ref " + change.ref + " " +
                        change.new_id + " " + (now.empty() ? "''" : now)};
  }
  give_notice(notice);
}

}  // namespace

const Configuration& Session::configured() const {
  if (broken) refuse_broken(broken);
  if (!configuration) {
    throw Fatal("there is no " + std::string(names::configuration_file) + " here",
                {"git rollback init"});
  }
  return *configuration;
}

const fs::path& Session::base() const {
  return repository.bare() ? repository.git_dir : repository.work_tree;
}

bool Session::borrow_configuration(const std::vector<std::string>& commits) {
  const std::string name(names::configuration_file);
  for (const auto& commit : commits) {
    const Finished blob = repository.git.ask({"cat-file", "blob", commit + ":" + name});
    if (blob.status != 0) continue;
    try {
      configuration = parse_configuration(blob.out, name + " of " + commit.substr(0, 10));
      broken = nullptr;
      return true;
    } catch (const Error&) {
      // not a good one: the next
    }
  }
  return false;
}

Session open_session() {
  Session session{.repository = find_repository(), .configuration = {}, .broken = {}};
  try {
    if (const auto text = configuration_text(session.repository)) {
      session.configuration = parse_configuration(*text, std::string(names::configuration_file));
    }
  } catch (const Error&) {
    session.broken = std::current_exception();
  }
  return session;
}

ChangingSession::ChangingSession(Session session, const std::string& about,
                                 std::chrono::milliseconds patience, InFlight in_flight)
    : session_(std::move(session)) {
  const fs::path& common = session_.repository.common_dir;
  boost::system::error_code error;
  fs::create_directories(names::state_directory(common), error);
  if (error) {
    throw Fatal("cannot create '" + names::state_directory(common).string() +
                "': " + error.message());
  }
  lock_ = std::make_unique<FileLock>(names::lock_file(common), about, patience);
  journal_ = std::make_unique<Journal>(names::journal_file(common));
  const auto row = journal_->in_flight();
  const bool killed = row || !journal_->pending_publications().empty() ||
                      !journal_->captures().empty() || was_cut_short(journal_->pushes());
  work_in(session_.repository, killed);
  // An operation in flight publishes anew, or goes back and must not be recorded as done.
  if (row) forget_unbegun_publications(git(), *journal_);
  replay_publications(git(), *journal_, tell_of_foreign);
  sweep_scratch(git().git_dir());
  forget_pushes_not_taken(session_.repository, *journal_);
  try {
    forget_captures();
  } catch (const Error&) {
    // Their database does not answer: the next time, since recovery must not wait for it.
  }
  if (!row) return;
  if (row->state == State::preparing) {
    const Repository here = session_.repository;
    work_in(repository_of(here, *row), killed);
    clean_up(*row);
    session_.repository = here;
  } else if (in_flight == InFlight::is_wanted) {
    work_in(repository_of(session_.repository, *row), killed);
    // A step that is where it should be runs no git that would notice.
    clear_stale_locks(git(), {"index"});
  } else {
    std::vector<std::string> ways{"git rollback status", "git rollback --continue"};
    if (can_go_back(session_.repository, *row)) ways.emplace_back("git rollback --abort");
    throw Refused(
        row->state == State::conflicted
            ? "operation " + row->id + " waits for you to resolve a conflict"
            : "operation " + row->id + " is in flight (" + std::string(name_of(row->state)) + ")",
        ways);
  }
}

bool can_go_back(const Repository& repository, const OperationRow& row) {
  if (row.state == State::published) return false;
  const auto live = read_live(repository.git, names::live_ref(row.environment));
  return !live || live->operation != row.id;
}

void ChangingSession::work_in(Repository repository, bool stale_locks) {
  session_.repository = std::move(repository);
  session_.repository.head.clear();  // it may have moved before we had the lock
  session_.repository.git.hold_open(lock_->descriptor());
  if (stale_locks) session_.repository.git.expect_stale_locks();
}

// Of points whose recording was killed before they were published.
void ChangingSession::forget_captures() {
  for (const auto& capturing : journal_->captures()) {
    const std::string ref = names::point_ref(capturing.environment, capturing.point);
    const bool published = git().ask({"rev-parse", "--verify", "--quiet", ref}).status == 0;
    if (!published) {
      if (!session_.configuration) return;  // later, when it can be read again
      for (const auto& part : all_parts(session_)) {
        part->forget(capturing.point);
      }
      sweep_scratch(git().git_dir());
    }
    journal_->end_capture(capturing);
  }
}

void ChangingSession::discard(const OperationRow& operation) { discard(operation, true); }

std::map<std::string, std::string> ChangingSession::discard(const OperationRow& operation,
                                                            bool reach_all) {
  std::map<std::string, std::string> out_of_reach;
  const Configuration configuration = configuration_of(operation);
  for (const auto& part : make_parts(session_, configuration, everything(configuration))) {
    try {
      part->discard(operation.id);
    } catch (const Error& error) {
      if (reach_all || part->kind() != Kind::database) throw;
      out_of_reach[part->name()] = error.what();
    }
  }
  boost::system::error_code ignored;
  fs::remove_all(names::scripts_directory(repository().common_dir, operation.id), ignored);
  sweep_scratch(git().git_dir());
  return out_of_reach;
}

void ChangingSession::forget(const OperationRow& operation) {
  const auto out_of_reach = discard(operation, false);
  fail_point("forget discarded");
  if (!out_of_reach.empty()) leave_prepared(operation, out_of_reach);
  journal_->set_state(operation.id, State::reverted);
}

void ChangingSession::leave_prepared(const OperationRow& operation,
                                     const std::map<std::string, std::string>& out_of_reach) {
  PreparedPlan prepared = prepared_plan_from(operation.plan);
  bool left = false;
  for (auto& part : prepared.plan.parts) {
    const auto found = out_of_reach.find(part.name());
    if (found == out_of_reach.end() || part.fate != Fate::goes) continue;
    part.given_up = found->second;
    left = true;
    give_notice({"what operation " + operation.id + " had prepared in " + part.name() +
                     " stays there until that is used again: " + part.given_up,
                 {}});
  }
  if (left) journal_->give_up(operation.id, to_text(prepared));
}

void ChangingSession::clean_up(const OperationRow& killed) {
  forget(killed);
  cleaned_up_ = killed.id;
}

}  // namespace rollback

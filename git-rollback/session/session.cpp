#include "session/session.h"

#include <boost/filesystem/operations.hpp>

#include "os/error.h"
#include "os/file.h"
#include "session/parts.h"
#include "store/names.h"

namespace rollback {
namespace fs = boost::filesystem;
namespace {

std::optional<std::string> configuration_text(const Repository& repository) {
  const std::string name(names::configuration_file);
  if (!repository.bare()) return read_file_if_there(repository.work_tree / name);
  const Finished blob = repository.git.ask({"cat-file", "blob", "HEAD:" + name});
  return blob.status == 0 ? std::optional(blob.out) : std::nullopt;
}

}  // namespace

const Configuration& Session::configured() const {
  if (broken) std::rethrow_exception(broken);
  if (!configuration) {
    throw Fatal("there is no " + std::string(names::configuration_file) + " here",
                {"git rollback init"});
  }
  return *configuration;
}

const fs::path& Session::base() const {
  return repository.bare() ? repository.git_dir : repository.work_tree;
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
  session_.repository.git.hold_open(lock_->descriptor());
  journal_ = std::make_unique<Journal>(names::journal_file(common));
  replay_publications(git(), *journal_);

  const auto row = journal_->in_flight();
  if (!row) return;
  if (row->state == State::preparing) {
    clean_up(*row);
  } else if (in_flight == InFlight::stops) {
    throw Refused(
        "operation " + row->id + " is in flight (" + std::string(name_of(row->state)) + ")",
        {"git rollback status", "git rollback --continue", "git rollback --abort"});
  }
}

void ChangingSession::clean_up(const OperationRow& killed) {
  const Configuration configuration = parse_configuration(
      killed.configuration, std::string(names::configuration_file) + " of the operation");
  for (const auto& part : make_parts(session_, configuration, everything(configuration))) {
    part->discard(killed.id);
  }
  boost::system::error_code ignored;
  fs::remove_all(names::scripts_directory(repository().common_dir, killed.id), ignored);
  journal_->set_state(killed.id, State::reverted);
  cleaned_up_ = true;
}

}  // namespace rollback

#include "session/standing.h"

#include "os/error.h"
#include "session/parts.h"
#include "session/push_standing.h"
#include "store/names.h"

namespace rollback {
namespace {

std::string open_deploy_of(const Session& session) {
  auto journal = Journal::open_to_read(names::journal_file(session.repository.common_dir));
  if (!journal) return "";
  const auto open =
      newest_open_deploy(session.repository, *journal, session.repository.environment);
  return open ? open->id : "";
}

// As it was found when the session began, or, with the lock, as it is now.
std::string head_commit(const Repository& repository) {
  if (!repository.head.empty()) return repository.head;
  const Finished head = repository.git.ask({"rev-parse", "--verify", "--quiet", "HEAD^{commit}"});
  return head.status == 0 ? head.out.substr(0, head.out.find('\n')) : "";
}

// With the line that is broken.
std::string why_not_at_hand(const Session& session) try {
  if (session.broken) std::rethrow_exception(session.broken);
  return "there is no " + std::string(names::configuration_file) + " here";
} catch (const Error& error) {
  return error.what();
}

}  // namespace

Judgement Standing::judge_point(const Point& point, int min_score) const {
  return judge(point.id, point.deploy, index.events_about(environment, point.deploy, point.id),
               min_score);
}

Judgement Standing::judge_deploy(std::string_view deploy, int min_score) const {
  return judge("", deploy, index.events_about(environment, deploy, ""), min_score);
}

bool Standing::was_rolled_back_from(std::string_view deploy) const {
  return rolled_back_from(deploy, index.events_about(environment, deploy, ""));
}

std::optional<PartlyBack> Standing::partly_back() const {
  if (!recorded || recorded->operation.empty() || !open_deploy.empty()) return std::nullopt;
  const std::string& deploy = recorded->deploy;
  return partly_back_from(deploy, deploy.empty()
                                      ? index.events_of_operation(environment, recorded->operation)
                                      : index.events_about(environment, deploy, ""));
}

std::map<std::string, std::string> Standing::given_up() const {
  if (!recorded || recorded->deploy.empty() || !open_deploy.empty()) return {};
  return given_up_since(recorded->deploy, index.events_about(environment, recorded->deploy, ""));
}

Standing look_around(const Session& session) {
  Standing standing{.index = Index(session.repository),
                    .environment = session.repository.environment,
                    .open_deploy = open_deploy_of(session),
                    .recorded = {},
                    .live = {}};
  auto newest = standing.index.live_chain(standing.environment, 1);
  if (!newest.empty()) standing.recorded = std::move(newest.front());
  if (standing.recorded) standing.live = *standing.recorded;
  if (!standing.open_deploy.empty()) {
    standing.live.parent = standing.open_deploy;
    standing.live.deploy = standing.open_deploy;
    standing.live.commit = head_commit(session.repository);
    if (session.configuration) standing.live.releases = current_releases(session);
  }
  if (standing.live.commit.empty()) standing.live.commit = head_commit(session.repository);
  return standing;
}

std::string borrow_configuration(Session& session) {
  if (session.configuration) return "";
  const Standing standing = look_around(session);
  std::vector<std::string> commits{standing.live.commit};
  if (const auto parent =
          standing.index.point(session.repository.environment, standing.live.parent)) {
    commits.push_back(parent->commit);
  }
  if (!standing.has_live()) return "";
  const std::string why = why_not_at_hand(session);
  for (const auto& commit : commits) {
    if (session.borrow_configuration({commit})) {
      return why + "; the one of commit " + commit.substr(0, 10) + " is used in its place";
    }
  }
  return "";
}

}  // namespace rollback

#include "session/standing.h"

#include "os/error.h"
#include "session/parts.h"
#include "store/names.h"

namespace rollback {
namespace {

std::string newest_open_deploy(const Session& session) {
  auto journal = Journal::open_to_read(names::journal_file(session.repository.common_dir));
  if (!journal) return "";
  const auto open = journal->newest_open_deploy(session.repository.environment);
  return open ? open->id : "";
}

std::string head_commit(const Git& git) {
  const Finished head = git.ask({"rev-parse", "--verify", "--quiet", "HEAD^{commit}"});
  return head.status == 0 ? head.out.substr(0, head.out.find('\n')) : "";
}

}  // namespace

Standing look_around(const Session& session) {
  const std::string& environment = session.repository.environment;
  Standing standing{.index = Index(session.repository),
                    .events = {},
                    .chain = {},
                    .open_deploy = newest_open_deploy(session),
                    .live = {}};
  standing.events = standing.index.events(environment);
  standing.chain = standing.index.live_chain(environment);
  if (!standing.chain.empty()) standing.live = standing.chain.front();
  if (!standing.open_deploy.empty()) {
    standing.live.parent = standing.open_deploy;
    standing.live.deploy = standing.open_deploy;
    standing.live.commit = head_commit(session.repository.git);
    if (session.configuration) standing.live.releases = current_releases(session);
  }
  if (standing.live.commit.empty()) standing.live.commit = head_commit(session.repository.git);
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
  if (!standing.has_live() || !session.borrow_configuration(commits)) return "";
  return std::string(names::configuration_file) +
         " here is broken or gone; the one of an earlier commit is used";
}

}  // namespace rollback

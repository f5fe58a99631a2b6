#include "session/standing.h"

#include <boost/filesystem/operations.hpp>

#include "os/error.h"
#include "session/parts.h"
#include "store/names.h"

namespace rollback {
namespace {

std::string newest_open_deploy(const Session& session) {
  const auto file = names::journal_file(session.repository.common_dir);
  if (!boost::filesystem::exists(file)) return "";
  const auto open = Journal(file).open_deploys(session.repository.environment);
  return open.empty() ? "" : open.front().id;
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

}  // namespace rollback

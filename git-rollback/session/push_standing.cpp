#include "session/push_standing.h"

#include <algorithm>

#include "os/error.h"
#include "os/process_identity.h"
#include "session/push_to_deploy.h"

namespace rollback {
namespace {

// "" where the branch is not there, as in a row; nothing where the settings are
// broken, so that nobody can say.
std::optional<std::string> commit_of_branch(const Repository& repository) {
  try {
    const std::string branch = push_to_deploy_of(repository).branch;
    const Finished at = repository.git.ask({"rev-parse", "--verify", "--quiet", branch});
    return at.status == 0 ? at.out.substr(0, at.out.find('\n')) : "";
  } catch (const Error&) {
    return std::nullopt;
  }
}

// Newest first. Those before one that was taken tell nothing: a later push may
// have forced the branch back to where it had been.
std::vector<PushRow> pushes_not_taken(const Repository& repository, std::vector<PushRow> pushes) {
  std::vector<PushRow> not_taken;
  std::reverse(pushes.begin(), pushes.end());
  std::optional<std::string> branch;
  for (const auto& push : pushes) {
    // Nobody's: its checkout failed, so git had taken it.
    if (!repository.push_to_deploy || push.process.empty() || is_running(push.process)) break;
    if (!branch) branch = commit_of_branch(repository);
    if (!branch || push.old_commit != *branch || push.new_commit == *branch) break;
    not_taken.push_back(push);
  }
  return not_taken;
}

std::optional<OpenDeploy> open_deploy_but_of(const std::vector<PushRow>& not_taken,
                                             Journal& journal, const std::string& environment) {
  for (const auto& open : journal.open_deploys(environment)) {
    const bool counts = std::none_of(not_taken.begin(), not_taken.end(),
                                     [&](const PushRow& push) { return push.deploy == open.id; });
    if (counts) return open;
  }
  return std::nullopt;
}

}  // namespace

std::optional<StandingPush> standing_push(const Repository& repository, Journal& journal) {
  if (!repository.push_to_deploy) return std::nullopt;
  auto pushes = journal.pushes();
  const auto not_taken = pushes_not_taken(repository, pushes);
  pushes.resize(pushes.size() - not_taken.size());
  const auto open = open_deploy_but_of(not_taken, journal, repository.environment);
  if (!pushes.empty() && pushes.back().deploy == (open ? open->id : "")) {
    const bool running = is_running(pushes.back().process);
    return StandingPush{pushes.back(), running ? PushStanding::running : PushStanding::cut_short};
  }
  if (not_taken.empty()) return std::nullopt;
  return StandingPush{not_taken.front(), PushStanding::not_taken};
}

std::optional<OpenDeploy> newest_open_deploy(const Repository& repository, Journal& journal,
                                             const std::string& environment) {
  return open_deploy_but_of(pushes_not_taken(repository, journal.pushes()), journal, environment);
}

void forget_pushes_not_taken(const Repository& repository, Journal& journal) {
  for (const auto& push : pushes_not_taken(repository, journal.pushes())) {
    journal.forget_push(push);
  }
}

}  // namespace rollback

// A rollback of code alone, as a branch that nothing follows.
#include <algorithm>

#include "os/error.h"
#include "session/parts.h"
#include "session/rollback.h"
#include "store/names.h"

namespace rollback {
namespace {

void refuse_other_parts(const std::string& list) {
  for (const auto word : split(list, ',')) {
    const size_t slash = word.find('/');
    const auto kind = kind_of(slash == std::string_view::npos ? word : word.substr(slash + 1));
    if (!kind || *kind == Kind::code) continue;
    throw Usage("--branch-only makes a branch of code, and '" + std::string(word) + "' is none",
                {"leave it out, or roll it back without --branch-only"});
  }
}

}  // namespace

Selection selection_for(const RollbackRequest& request, const Configuration& configuration) {
  Selection selection = parse_selection(request.components, configuration);
  if (!request.branch_only) return selection;
  refuse_other_parts(request.components);
  std::erase_if(selection, [](const auto& entry) { return entry.second.count(Kind::code) == 0; });
  if (selection.empty()) throw Usage("--branch-only is about code, and none is selected");
  for (auto& [component, kinds] : selection) {
    kinds.erase(Kind::database);
    kinds.erase(Kind::binaries);  // config stays: tracked files of it belong to the commit
  }
  return selection;
}

MadeBranch make_branch(ChangingSession& changing, const Plan& plan,
                       const RollbackRequest& request) {
  const Session& session = changing.session();
  const Configuration& configuration = session.configured();
  const auto parts = make_parts(session, configuration, selection_for(request, configuration));
  for (const auto& part : parts) {
    if (part->kind() != Kind::code) continue;
    const auto assessed = std::find_if(plan.parts.begin(), plan.parts.end(),
                                       [](const auto& one) { return one.kind == Kind::code; });
    part->prepare(request_for(session, plan, request, &*assessed));
  }
  const std::string ref = names::branch_ref(plan.operation);
  return {.name = ref.substr(std::string("refs/heads/").size()),
          .commit = changing.git().line({"rev-parse", "--verify", ref})};
}

}  // namespace rollback

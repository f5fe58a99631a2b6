#include "store/live_history.h"

#include "store/trailers.h"

namespace rollback {
namespace {

bool chain_holds(const Git& git, const std::string& tip, const std::string& record) {
  const Finished chain = git.ask({"rev-list", "--first-parent", tip, "--"});
  return chain.status == 0 && ("\n" + chain.out).find("\n" + record + "\n") != std::string::npos;
}

// "<tree> <parent>…\n<message>"
bool is_record(std::string_view entry, const std::string& no_files) {
  const size_t newline = entry.find('\n');
  const auto ids = split(entry.substr(0, newline), ' ');
  if (ids.empty() || ids[0] != no_files) return false;
  if (ids.size() == 1) return true;  // the root that a chain starts with
  if (ids.size() != 3 || newline == std::string_view::npos) return false;
  return first_field(parse_trailers(entry.substr(newline + 1)), "Rollback-Commit") == ids[2];
}

}  // namespace

History compare_live(const Git& git, const std::string& ours, const std::string& theirs) {
  if (ours == theirs) return History::same;
  if (theirs.empty() || (!ours.empty() && chain_holds(git, ours, theirs))) {
    return History::ours_continues_theirs;
  }
  if (ours.empty() || chain_holds(git, theirs, ours)) return History::theirs_continues_ours;
  return History::diverged;
}

std::string problem_of_live(const Git& git, const std::string& tip, const std::string& known) {
  std::vector<std::string> arguments{"log", "--first-parent",     "--no-show-signature",
                                     "-z",  "--format=%T %P%n%B", tip};
  if (!known.empty()) arguments.push_back("^" + known);
  arguments.emplace_back("--");
  const Finished log = git.ask(arguments);
  if (log.status != 0) return "it is no commit";
  const std::string no_files = empty_tree(git);
  for (const auto entry : split(log.out, '\0')) {
    if (!is_record(entry, no_files)) return "it holds a commit that is no record of what was live";
  }
  return "";
}

}  // namespace rollback

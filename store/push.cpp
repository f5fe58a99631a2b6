#include "store/push.h"

#include <algorithm>
#include <map>

#include "store/names.h"

namespace rollback {
namespace {

// A command line has room for about this many.
constexpr size_t refs_in_one_push = 2000;

bool is_outrun(const std::string& reason) {
  // git's words when the id differs, and those of a remote where another push
  // of the same ref is under way.
  for (const char* word : {"stale info", "fetch first", "non-fast-forward", "already exists",
                           "needs force", "cannot lock ref", "failed to update ref",
                           "incorrect old value", "failed to lock", "unable to lock"}) {
    if (reason.find(word) != std::string::npos) return true;
  }
  return false;
}

// "remote: <what it said>   "
void keep_words(const std::string& err, std::vector<std::string>& words) {
  constexpr std::string_view prefix = "remote:";
  for (auto line : split(err, '\n')) {
    if (!line.starts_with(prefix)) continue;
    line.remove_prefix(std::min(line.size(), prefix.size() + 1));
    while (line.ends_with(' ')) line.remove_suffix(1);
    if (!line.empty()) words.emplace_back(line);
  }
}

// "<flag>\t<from>:<to>\t<summary> (<reason>)"
std::map<std::string, PushResult> parse_porcelain(std::string_view out) {
  std::map<std::string, PushResult> results;
  for (const auto line : split(out, '\n')) {
    const auto fields = split(line, '\t');
    if (fields.size() != 3 || fields[0].size() != 1) continue;
    const std::string ref(fields[1].substr(fields[1].find(':') + 1));
    PushResult result{ref, Pushed::done, ""};
    if (fields[0] == "!") {
      std::string_view reason = fields[2];
      const size_t open = reason.find(" (");
      if (open != std::string_view::npos && reason.ends_with(')')) {
        reason = reason.substr(open + 2, reason.size() - open - 3);
      }
      result.reason = reason;
      result.outcome = is_outrun(result.reason) ? Pushed::outrun : Pushed::refused;
    }
    results.emplace(ref, result);
  }
  return results;
}

void push_some(const Git& git, const Remote& remote, const std::vector<PushRef>& refs,
               PushOutcome& outcome) {
  // The lease makes it a compare-and-swap. Without it git takes one point for
  // the next version of another whose commit is an ancestor.
  std::vector<std::string> arguments{"push", "--porcelain", "--no-follow-tags",
                                     "--recurse-submodules=no"};
  for (const auto& ref : refs) {
    arguments.push_back("--force-with-lease=" + ref.ref + ":" + ref.expected);
  }
  arguments.insert(arguments.end(), {"--", remote.address});
  for (const auto& ref : refs) arguments.push_back(ref.id + ":" + ref.ref);
  const Finished pushed = git.ask(arguments, talking());
  keep_words(pushed.err, outcome.words);
  const auto results = parse_porcelain(pushed.out);
  for (const auto& ref : refs) {
    const auto found = results.find(ref.ref);
    outcome.results.push_back(found != results.end() ? found->second
                                                     : PushResult{ref.ref, Pushed::refused,
                                                                  transport_problem(pushed.err)});
  }
}

// What a pre-receive hook has against one ref refuses them all.
bool all_were_refused(const PushOutcome& outcome) {
  return std::all_of(outcome.results.begin(), outcome.results.end(), [](const PushResult& result) {
    return result.outcome == Pushed::refused &&
           result.reason.find("pre-receive") != std::string::npos;
  });
}

// Points, live chains, tags and events each by themselves.
std::vector<std::vector<PushRef>> by_kind(const std::vector<PushRef>& refs) {
  std::map<int, std::vector<PushRef>> kinds;
  for (const auto& ref : refs) {
    const int kind = names::parse_point_ref(ref.ref)        ? 0
                     : names::parse_live_ref(ref.ref)       ? 1
                     : ref.ref.starts_with(names::tag_refs) ? 2
                                                            : 3;
    kinds[kind].push_back(ref);
  }
  std::vector<std::vector<PushRef>> groups;
  for (auto& [kind, group] : kinds) groups.push_back(std::move(group));
  return groups;
}

}  // namespace

PushOutcome push(const Git& git, const Remote& remote, const std::vector<PushRef>& refs) {
  PushOutcome outcome;
  for (size_t at = 0; at < refs.size(); at += refs_in_one_push) {
    const std::vector<PushRef> some(
        refs.begin() + static_cast<long>(at),
        refs.begin() + static_cast<long>(std::min(refs.size(), at + refs_in_one_push)));
    PushOutcome together;
    push_some(git, remote, some, together);
    const auto kinds = by_kind(some);
    if (kinds.size() > 1 && all_were_refused(together)) {
      together = {};
      for (const auto& kind : kinds) push_some(git, remote, kind, together);
    }
    outcome.results.insert(outcome.results.end(), together.results.begin(), together.results.end());
    outcome.words.insert(outcome.words.end(), together.words.begin(), together.words.end());
  }
  return outcome;
}

}  // namespace rollback

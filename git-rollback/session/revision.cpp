#include "session/revision.h"

#include <algorithm>
#include <cctype>

#include "part/binaries/binaries_part.h"

namespace rollback {
namespace {

constexpr size_t shortest_usual_id = 7;

std::string first_line(const std::string& text) { return text.substr(0, text.find('\n')); }

std::optional<std::string> commit_named(const Git& git, const std::string& name) {
  const Finished answer =
      git.ask({"rev-parse", "--verify", "--quiet", "--end-of-options", name + "^{commit}"});
  if (answer.status != 0) return std::nullopt;
  return first_line(answer.out);
}

bool looks_like_an_id(const std::string& word) {
  return word.size() >= shortest_usual_id && std::all_of(word.begin(), word.end(), [](char c) {
           return std::isxdigit(static_cast<unsigned char>(c)) != 0;
         });
}

bool is_branch(const Git& git, const std::string& word) {
  for (const std::string prefix : {"refs/heads/", "refs/remotes/", "refs/remotes/origin/"}) {
    if (git.ask({"show-ref", "--verify", "--quiet", prefix + word}).status == 0) return true;
  }
  return word == "HEAD";
}

RunningCommit told_by(const Git& git, const std::string& component, const std::string& revision) {
  const std::string whose = "the REVISION of " + component + "'s release says '" + revision + "'";
  if (const auto commit = commit_of_revision(git, revision)) {
    if (looks_like_an_id(revision) || !is_branch(git, revision)) return {*commit, ""};
    return {*commit,
            whose + ", a branch, which may have moved since: taken as " + commit->substr(0, 10)};
  }
  if (looks_like_an_id(revision)) {
    return {"", whose + ", and no commit of this repository begins like that"};
  }
  const auto head = commit_named(git, "HEAD");
  return {head.value_or(""), whose + ", which is no commit of this repository: taken is HEAD"};
}

}  // namespace

std::optional<std::string> commit_of_revision(const Git& git, const std::string& revision) {
  if (revision.empty()) return std::nullopt;
  if (auto commit = commit_named(git, revision)) return commit;
  return commit_named(git, "refs/remotes/origin/" + revision);
}

RunningCommit commit_that_runs(const Session& session) {
  const Git& git = session.repository.git;
  for (const auto& component : session.configured().components) {
    if (!component.binaries) continue;
    const auto revision = revision_of_release(*component.binaries, session.base());
    if (revision && !revision->empty()) return told_by(git, component.name, *revision);
  }
  return {commit_named(git, "HEAD").value_or(""), ""};
}

}  // namespace rollback

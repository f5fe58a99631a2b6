#include "store/remote.h"

#include <algorithm>
#include <cstdlib>

#include "os/error.h"
#include "os/sha256.h"
#include "store/names.h"

namespace rollback {
namespace {

std::vector<std::string> configured_remotes(const Git& git) {
  const std::string list = git.run({"remote"});
  std::vector<std::string> remotes;
  for (const auto name : split(list, '\n')) remotes.emplace_back(name);
  return remotes;
}

bool holds(const std::vector<std::string>& remotes, const std::string& name) {
  return std::find(remotes.begin(), remotes.end(), name) != remotes.end();
}

// "https://user:secret@host/x" -> "https://host/x", where the user may be a
// token; "ssh://user:secret@host/x" -> "ssh://user@host/x"
std::string without_login(const std::string& url) {
  const size_t scheme = url.find("://");
  if (scheme == std::string::npos) return url;
  const size_t host = scheme + 3;
  const size_t at = url.substr(0, url.find('/', host)).rfind('@');
  if (at == std::string::npos || at < host) return url;
  std::string user;
  if (!url.starts_with("http")) {
    user = url.substr(host, at - host);
    user = user.substr(0, user.find(':')) + "@";
  }
  return url.substr(0, host) + user + url.substr(at + 1);
}

// A name that no ref can hold, and a url, are told apart by their hash.
Remote remote_from(const Git& git, const std::string& address, bool configured) {
  Remote remote{address, address, configured ? address : without_login(address)};
  const bool fits =
      configured &&
      git.ask({"check-ref-format", names::tracked_refs(address) + "production/live"}).status == 0;
  if (!fits) remote.key = "by-hash-" + sha256(address).substr(0, 16);
  return remote;
}

bool is_url(const std::string& word) { return word.find_first_of(":/") != std::string::npos; }

std::string remote_of_branch(const Repository& repository) {
  const Finished head = repository.git.ask({"symbolic-ref", "--quiet", "--short", "HEAD"});
  if (head.status != 0) return "";
  const std::string branch = head.out.substr(0, head.out.find('\n'));
  const std::string name = repository.settings.text("branch." + branch + ".remote").value_or("");
  return name == "." ? "" : name;  // it follows another branch of this repository
}

}  // namespace

std::optional<Remote> default_remote(const Repository& repository) {
  const auto remotes = configured_remotes(repository.git);
  std::string name = remote_of_branch(repository);
  if (name.empty() && remotes.size() == 1) name = remotes.front();
  if (name.empty() && holds(remotes, "origin")) name = "origin";
  if (name.empty()) return std::nullopt;
  if (!holds(remotes, name) && !is_url(name)) return std::nullopt;
  return remote_from(repository.git, name, holds(remotes, name));
}

Remote find_remote(const Repository& repository, const std::optional<std::string>& word) {
  if (word) {
    const bool configured = holds(configured_remotes(repository.git), *word);
    if (configured || is_url(*word)) return remote_from(repository.git, *word, configured);
    throw Usage("'" + *word + "' names no remote", {"git remote -v"});
  }
  if (auto remote = default_remote(repository)) return *std::move(remote);
  const auto remotes = configured_remotes(repository.git);
  if (remotes.empty()) {
    throw Fatal("there is no remote to exchange with", {"git remote add origin <url>"});
  }
  throw Fatal("there are several remotes, and none of them is chosen",
              {"git rollback sync " + remotes.front()});
}

GitExtra talking() {
  const char* prompt = getenv("GIT_TERMINAL_PROMPT");
  return {.input = {},
          .set = {{"GIT_TERMINAL_PROMPT", prompt != nullptr ? prompt : "1"}},
          .config = {}};
}

std::string transport_problem(const std::string& err) {
  std::string before, problem;
  for (auto line : split(err, '\n')) {
    if (line.ends_with('\r')) line.remove_suffix(1);  // as ssh ends its lines
    for (const std::string_view prefix : {"fatal: ", "error: ", "remote: error: ", "remote: "}) {
      if (problem.empty() && line.starts_with(prefix)) problem = line.substr(prefix.size());
    }
    if (!problem.empty()) break;
    if (!line.empty()) before = line;
  }
  // git only knows that the program which carries its words gave up.
  const bool bare = problem.empty() || problem.starts_with("Could not read from remote") ||
                    problem.starts_with("failed to push some refs");
  if (bare && !before.empty()) return before;
  return problem.empty() ? "git said nothing about it" : problem;
}

}  // namespace rollback

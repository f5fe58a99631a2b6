#include <algorithm>

#include "command/command.h"

namespace rollback {

const std::vector<Verb>& verbs() {
  static const std::vector<Verb> table{
      {"init", run_init, "take this repository under its care"},
      {"trust", run_trust, "let this exact configuration run its commands"},
      {"deploy", run_deploy, "pre-deploy, a command, post-deploy"},
      {"hook", run_hook, "what the installed hooks call"},
      {"record", run_record, "record a point now"},
      {"list", run_list, "the points"},
      {"show", run_show, "one point or operation"},
      {"status", run_status, "what is live, undeployed, in flight"},
      {"mark", run_mark, "a person's verdict on a point"},
      {"undo", run_undo, "take the last rollback back"},
      {"verify", run_verify, "recompute what a point recorded"},
      {"prune", run_prune, "remove what retention does not keep"},
      {"doctor", run_doctor, "would a rollback work here and now"},
      {"salvage", run_salvage, "rows that a rollback displaced"},
      {"health", nullptr, "scores and metrics of a deploy"},
      {"check", nullptr, "the gate for CI"},
      {"watch", nullptr, "roll back or alert after a deploy"},
      {"unlatch", nullptr, "let automation act again"},
      {"drill", nullptr, "rehearse a point"},
      {"schedule", nullptr, "planned rollbacks"},
      {"install-procedures", run_install_procedures, "SQL procedures for people"},
      {"sync", run_sync, "exchange points, live chains and events with a remote"},
      {"report", nullptr, "one page of history"},
  };
  return table;
}

namespace {

// Levenshtein's distance, with two neighbours exchanged counting as one change.
size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::vector<size_t>> cost(a.size() + 1, std::vector<size_t>(b.size() + 1));
  for (size_t i = 0; i <= a.size(); ++i) {
    for (size_t j = 0; j <= b.size(); ++j) {
      if (i == 0 || j == 0) {
        cost[i][j] = i + j;
        continue;
      }
      const size_t change = a[i - 1] == b[j - 1] ? 0 : 1;
      cost[i][j] = std::min({cost[i - 1][j] + 1, cost[i][j - 1] + 1, cost[i - 1][j - 1] + change});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        cost[i][j] = std::min(cost[i][j], cost[i - 2][j - 2] + 1);
      }
    }
  }
  return cost[a.size()][b.size()];
}

}  // namespace

std::vector<std::string> similar_verbs(std::string_view word) {
  std::vector<std::string> similar;
  if (word.size() < 3 || word.size() > 30) return similar;
  for (const auto& verb : verbs()) {
    const std::string_view name(verb.name);
    const bool begins = name.starts_with(word);
    if (verb.run != nullptr && (begins || distance(word, name) <= (name.size() > 4 ? 2 : 1))) {
      similar.emplace_back(name);
    }
  }
  return similar;
}

}  // namespace rollback

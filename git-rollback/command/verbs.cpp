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
      {"doctor", nullptr, "would a rollback work here and now"},
      {"health", nullptr, "scores and metrics of a deploy"},
      {"check", nullptr, "the gate for CI"},
      {"watch", nullptr, "roll back or alert after a deploy"},
      {"unlatch", nullptr, "let automation act again"},
      {"salvage", nullptr, "rows that a rollback displaced"},
      {"drill", nullptr, "rehearse a point"},
      {"schedule", nullptr, "planned rollbacks"},
      {"verify", nullptr, "recompute what a point recorded"},
      {"prune", nullptr, "retention"},
      {"install-procedures", nullptr, "SQL procedures for people"},
      {"sync", run_sync, "exchange points, live chains and events with a remote"},
      {"report", nullptr, "one page of history"},
  };
  return table;
}

}  // namespace rollback

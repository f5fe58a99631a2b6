#include "session/settling.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "os/fail_point.h"
#include "os/lock.h"
#include "session/recording.h"
#include "store/live.h"
#include "store/names.h"

namespace rollback {
namespace {

using nlohmann::json;

bool went(const PartPlan& part) { return part.fate == Fate::goes; }

// The commit on the operation's branch, where its code part made one and went.
std::string commit_of_code(const Git& git, const Plan& plan) {
  const bool goes = std::any_of(plan.parts.begin(), plan.parts.end(), [](const PartPlan& part) {
    return part.kind == Kind::code && went(part);
  });
  if (!goes) return "";
  const Finished answer = git.ask(
      {"rev-parse", "--verify", "--quiet", names::branch_ref(plan.operation) + "^{commit}"});
  return answer.status == 0 ? answer.out.substr(0, answer.out.find('\n')) : "";
}

PointDraft draft_of_left(const Session& session, const Plan& plan) {
  PointDraft left;
  Point& point = left.point;
  point.at = plan.started;
  point.id = free_point_id(session, plan.started, plan.live.commit);
  point.environment = plan.environment;
  point.host = host_name();
  point.parent = plan.live.parent;
  point.deploy = plan.live.deploy;
  point.commit = plan.live.commit;
  point.version = described_version(session.repository.git, point.commit);
  point.sentence = "State of " + plan.environment + " before " +
                   (plan.undoes.empty() ? "rolling back to " : "undoing to ") + plan.target.id +
                   ".";
  for (const auto& part : plan.parts) {
    if (!went(part)) continue;
    for (const auto component : split(part.component, ',')) {
      point.parts[std::string(component)].insert(part.kind);
    }
  }
  return left;
}

LiveRecord new_live(const Git& git, const Plan& plan) {
  LiveRecord record = plan.live;
  record.id.clear();
  record.operation = plan.operation;
  record.host = host_name();
  record.at = now();
  record.subject = (plan.undoes.empty() ? "Roll back to " : "Undo to ") + plan.target.id;
  const std::string code = commit_of_code(git, plan);
  bool code_selected = false;
  for (const auto& part : plan.parts) {
    code_selected = code_selected || part.kind == Kind::code;
    if (part.kind == Kind::code && part.fate == Fate::already) {  // somebody reset it before
      record.commit = git.line({"rev-parse", "--verify", "HEAD^{commit}"});
    }
    if (part.kind != Kind::binaries || !went(part)) continue;
    for (const auto& trailer : plan.target.trailers) {
      if (trailer.key == "Rollback-Release" && trailer.fields.size() > 1 &&
          trailer.fields[0] == part.component) {
        record.releases[part.component] = trailer.fields[1];
      }
    }
  }
  if (!code.empty()) {
    record.commit = code;
  } else if (plan.goes_fully() && !code_selected) {
    record.commit = plan.target.commit;  // no component has code: the builds say what runs
  }
  if (plan.goes_fully()) {
    record.parent = plan.target.parent;
    record.deploy = plan.target.deploy;
  }
  return record;
}

json parts_of(const Plan& plan, Fate fate) {
  json parts = json::array();
  for (const auto& part : plan.parts) {
    if (part.fate == fate) parts.push_back(part.name());
  }
  return parts;
}

json given_up_of(const Plan& plan) {
  json parts = json::array();
  for (const auto& part : plan.parts) {
    if (!part.given_up.empty()) parts.push_back(part.name());
  }
  return parts;
}

Event rollback_event(const Plan& plan, const std::string& outcome, json more) {
  more["operation"] = plan.operation;
  more["outcome"] = outcome;
  more["to"] = plan.target.id;
  more["parts"] = parts_of(plan, Fate::goes);
  if (plan.partial()) more["left_out"] = parts_of(plan, Fate::left_out);
  if (auto given_up = given_up_of(plan); !given_up.empty()) more["given_up"] = std::move(given_up);
  more["complete"] = plan.goes_fully();
  if (!plan.reason.empty()) more["reason"] = plan.reason;
  if (!plan.undoes.empty()) more["undoes"] = plan.undoes;
  return make_event(plan.live.commit, plan.environment, plan.live.deploy,
                    plan.undoes.empty() ? "rollback" : "undo", more);
}

}  // namespace

namespace {

// What an open deploy brought so far was rolled back from.
void close_deploys(ChangingSession& changing) {
  while (const auto open = changing.journal().newest_open_deploy(changing.environment())) {
    changing.journal().close_deploy(open->id);
  }
}

}  // namespace

bool is_published(ChangingSession& changing, const std::string& operation) {
  const auto live = read_live(changing.git(), names::live_ref(changing.environment()));
  return live && live->operation == operation;
}

std::string publish_done(ChangingSession& changing, Executor& executor,
                         const PreparedPlan& prepared) {
  const Plan& plan = prepared.plan;
  if (is_published(changing, plan.operation)) {
    close_deploys(changing);
    return "";
  }
  const Session& session = changing.session();
  PointDraft left = draft_of_left(session, plan);
  executor.leave(prepared, left);
  Publication publication = publication_of(session, left);
  const std::string ref = names::live_ref(plan.environment);
  const std::string previous = [&] {
    const auto live = read_live(changing.git(), ref);
    return live ? live->id : std::string();
  }();
  publication.refs.push_back(
      {ref, previous, write_live_record(changing.git(), new_live(changing.git(), plan), previous)});
  json more{{"left", left.point.id}};
  if (plan.rows_lost) more["rows_lost"] = *plan.rows_lost;
  publication.events.push_back(
      rollback_event(plan, plan.partial() ? "partial" : "done", std::move(more)));
  fail_point("publish before");
  publish(changing.git(), changing.journal(), publication);
  close_deploys(changing);
  return left.point.id;
}

void publish_reverted(ChangingSession& changing, const PreparedPlan& prepared,
                      const std::string& problem, BranchOfCode branch) {
  const Plan& plan = prepared.plan;
  Publication publication;
  if (branch == BranchOfCode::kept) {
    for (const auto& part : plan.parts) {
      if (part.kind != Kind::code || !went(part)) continue;
      const auto data = json::parse(prepared.prepared.at(part.name()), nullptr, false);
      const std::string commit = data.value("after", "");
      if (!commit.empty()) {
        publication.refs.push_back({names::branch_ref(plan.operation), "", commit});
      }
    }
  }
  publication.events.push_back(rollback_event(plan, "reverted", json{{"problem", problem}}));
  publish(changing.git(), changing.journal(), publication);
  fail_point("reverted published");
  changing.journal().set_state(plan.operation, State::reverted);
}

}  // namespace rollback

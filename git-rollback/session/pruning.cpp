#include "session/pruning.h"

#include <algorithm>
#include <boost/filesystem/operations.hpp>
#include <map>
#include <nlohmann/json.hpp>

#include "os/error.h"
#include "os/fail_point.h"
#include "os/lock.h"
#include "part/binaries/retention.h"
#include "session/needed_points.h"
#include "session/parts.h"
#include "session/standing.h"
#include "store/names.h"

namespace rollback {
namespace fs = boost::filesystem;
namespace {

using nlohmann::json;

// Points whose tables an earlier run was killed over: those of which the event
// is out.
std::set<std::string> unfinished(Journal& journal, const std::string& environment,
                                 const Pruned& pruned) {
  std::set<std::string> points;
  for (const auto& pruning : journal.prunings()) {
    if (pruning.environment != environment) continue;
    if (pruned.points.count(pruning.point) + pruned.backups.count(pruning.point) > 0) {
      points.insert(pruning.point);
    }
  }
  return points;
}

// A procedure in a database (`install-procedures`) records no point here: what it
// displaced is of one that is called as its operation, and comes behind all others.
void add_what_calls_displaced(Holdings& holdings) {
  std::set<std::string> calls;
  for (const auto& table : holdings.tables) {
    if (table.operation == table.point) calls.insert(table.point);
  }
  for (auto call = calls.rbegin(); call != calls.rend(); ++call) {
    holdings.points.push_back({.id = *call});
  }
}

Holdings look_at_holdings(const Session& session, const Standing& standing,
                          const NeededPoints& needed,
                          const std::vector<std::unique_ptr<Part>>& parts) {
  const std::string& environment = session.repository.environment;
  Holdings holdings;
  holdings.now = now();
  for (const auto& point : standing.index.points(environment)) {
    if (point.host != host_name()) continue;
    holdings.points.push_back({.id = point.id,
                               .needed = needed.points.count(point.id) != 0,
                               .tables_needed = needed.tables.count(point.id) != 0});
  }
  for (const auto& part : parts) {
    KeptTables kept = part->kept();
    if (session.configured().retention.needs_sizes()) part->measure(kept.tables);
    holdings.tables.insert(holdings.tables.end(), kept.tables.begin(), kept.tables.end());
    holdings.volumes.insert(holdings.volumes.end(), kept.volumes.begin(), kept.volumes.end());
  }
  add_what_calls_displaced(holdings);
  if (auto journal = Journal::open_to_read(names::journal_file(session.repository.common_dir))) {
    holdings.unfinished = unfinished(*journal, environment, pruned_in(standing));
  }
  return holdings;
}

// Newest first; a deploy was successful unless it, or its trigger, failed.
std::vector<DeployedRelease> release_history(const Standing& standing, const std::string& component,
                                             int min_score) {
  std::vector<DeployedRelease> history;
  for (const auto& record : standing.index.live_chain(standing.environment)) {
    const auto found = record.releases.find(component);
    if (found == record.releases.end()) continue;
    const Judgement judgement = standing.judge_deploy(record.deploy, min_score);
    history.push_back({found->second, judgement.verdict != Verdict::failed});
  }
  return history;
}

std::set<std::string> releases_in_use(const Session& session, const Standing& standing,
                                      const NeededPoints& needed, const std::string& component) {
  std::set<std::string> in_use;
  const auto now_live = current_releases(session);
  if (const auto found = now_live.find(component); found != now_live.end()) {
    in_use.insert(found->second);
  }
  const int min_score = session.configured().min_score;
  bool stable_seen = false;
  for (const auto& point : standing.index.points(session.repository.environment)) {
    const bool stable =
        !stable_seen && standing.judge_point(point, min_score).verdict == Verdict::stable;
    stable_seen = stable_seen || stable;
    if (!stable && needed.tables.count(point.id) == 0) continue;
    for (const auto& trailer : point.trailers) {
      if (trailer.key == "Rollback-Release" && trailer.fields.size() > 1 &&
          trailer.fields[0] == component) {
        in_use.insert(trailer.fields[1]);
      }
    }
  }
  return in_use;
}

fs::path releases_of(const Session& session, const ComponentConfiguration& component) {
  return fs::absolute(component.binaries->releases, session.base());
}

std::vector<PrunePlan::Release> plan_releases(const Session& session, const Standing& standing,
                                              const NeededPoints& needed) {
  std::vector<PrunePlan::Release> releases;
  for (const auto& component : session.configured().components) {
    if (!component.binaries) continue;
    const int keep = component.binaries->keep;
    for (auto& name : releases_to_prune(
             release_history(standing, component.name, session.configured().min_score), keep,
             releases_in_use(session, standing, needed, component.name))) {
      if (!fs::exists(releases_of(session, component) / name)) continue;
      releases.push_back({component.name, std::move(name), keep});
    }
  }
  return releases;
}

void remove_releases(const Session& session, const PrunePlan& plan) {
  for (const auto& component : session.configured().components) {
    const auto mine = [&](const auto& release) { return release.component == component.name; };
    if (std::none_of(plan.releases.begin(), plan.releases.end(), mine)) continue;
    const fs::path folder = releases_of(session, component);
    const FileLock lock(names::releases_lock_file(folder), "pruning releases", short_wait);
    for (const auto& release : plan.releases) {
      if (mine(release)) remove_release(folder, release.name);
    }
  }
}

using Refs = std::map<std::string, std::string, std::less<>>;  // to their ids

Refs list_refs(const Git& git) {
  Refs refs;
  const std::string list = git.run({"for-each-ref", "--format=%(objectname) %(refname)",
                                    std::string(names::record_refs), std::string(names::tag_refs)});
  for (const auto line : split(list, '\n')) {
    const size_t space = line.find(' ');
    if (space == std::string_view::npos) continue;
    refs.emplace(line.substr(space + 1), line.substr(0, space));
  }
  return refs;
}

// Which operation left which point.
std::map<std::string, std::string> operations_by_left(const Standing& standing) {
  std::map<std::string, std::string> operations;
  for (const auto& event : standing.index.events_of_operation(standing.environment, "")) {
    if (event.kind != "rollback" && event.kind != "undo") continue;
    const json object = json::parse(event.line, nullptr, false);
    const std::string left = text_at(object, "left");
    if (!left.empty()) operations[left] = text_at(object, "operation");
  }
  return operations;
}

class Publisher {
 public:
  Publisher(const Session& session, const Standing& standing)
      : environment_(session.repository.environment),
        standing_(standing),
        refs_(list_refs(session.repository.git)),
        operations_(operations_by_left(standing)) {}

  Publication publication(const PrunePlan& plan) {
    for (const auto& removal : plan.removals) add(removal);
    const Pruned pruned = pruned_in(standing_);
    for (const auto& release : plan.releases) {
      if (pruned.releases.count({release.component, release.name}) == 0) add(release);
    }
    return std::move(publication_);
  }

 private:
  void add(const Removal& removal) {
    if (removal.what == Removal::What::rest) return;  // its event is out
    const auto point = standing_.index.point(environment_, removal.point);
    if (!point && removal.operation() != removal.point) return;
    json more{{"host", host_name()}, {"why", removal.why}};
    const bool whole = removal.what == Removal::What::point;
    more[whole ? "point" : "backups_of"] = removal.point;
    if (!removal.operation().empty()) more["operation"] = removal.operation();
    publication_.events.push_back(make_event(point ? point->commit : standing_.live.commit,
                                             environment_, point ? point->deploy : "", "pruned",
                                             more));
    if (!whole) return;
    remove(names::point_ref(environment_, point->id));
    const auto tag = refs_.find(names::tag_ref(environment_, point->id));
    if (tag != refs_.end() && tag->second == point->tag_id) remove(tag->first);
    const auto operation = operations_.find(point->id);
    if (operation != operations_.end()) {
      remove(names::before_ref(environment_, operation->second));
    }
  }

  void add(const PrunePlan::Release& release) {
    publication_.events.push_back(make_event(standing_.live.commit, environment_, "", "pruned",
                                             json{{"host", host_name()},
                                                  {"why", release.why()},
                                                  {"component", release.component},
                                                  {"release", release.name}}));
  }

  void remove(const std::string& ref) {
    const auto found = refs_.find(ref);
    if (found != refs_.end()) publication_.refs.push_back({ref, found->second, ""});
  }

  const std::string& environment_;
  const Standing& standing_;
  Refs refs_;
  std::map<std::string, std::string> operations_;
  Publication publication_;
};

// Of all whose event is out; what was journalled and never published is
// struck, since nothing was said or done.
void remove_tables(ChangingSession& changing) {
  Journal& journal = changing.journal();
  const Standing standing = look_around(changing.session());
  const auto due = unfinished(journal, changing.environment(), pruned_in(standing));
  const auto parts = all_parts(changing.session());
  for (const auto& pruning : journal.prunings()) {
    if (pruning.environment != changing.environment()) continue;
    bool done = true;
    if (due.count(pruning.point) != 0) {
      for (const auto& part : parts) done = part->remove_kept(pruning.point) && done;
    }
    if (done) journal.end_pruning(pruning);
    fail_point("prune tables after");
  }
}

}  // namespace

std::string PrunePlan::Release::why() const {
  return "past the " + std::to_string(keep) + " good " + (keep == 1 ? "one" : "ones") + " kept";
}

std::int64_t PrunePlan::bytes() const {
  std::int64_t sum = 0;
  for (const auto& removal : removals) sum += removal.bytes();
  return sum;
}

std::vector<std::string> PrunePlan::lines() const {
  std::vector<std::string> lines;
  for (const auto& removal : removals) lines.push_back(removal.words());
  for (const auto& release : releases) {
    lines.push_back("release '" + release.name + "' of " + release.component + ": " +
                    release.why());
  }
  return lines;
}

PrunePlan plan_prune(const Session& session) {
  const Configuration& configuration = session.configured();
  const Standing standing = look_around(session);
  const NeededPoints needed = needed_points(standing, configuration.min_score);
  const auto parts = all_parts(session);
  PrunePlan plan;
  const Holdings holdings = look_at_holdings(session, standing, needed, parts);
  plan.removals = plan_retention(configuration.retention, holdings);
  plan.staying = points_that_stay(configuration.retention, holdings, plan.removals);
  for (auto& removal : plan.removals) {
    for (const auto& part : parts) part->measure(removal.tables);
  }
  plan.releases = plan_releases(session, standing, needed);
  return plan;
}

void prune(ChangingSession& changing, const PrunePlan& plan) {
  const Session& session = changing.session();
  fail_point("prune before");
  for (const auto& removal : plan.removals) {
    changing.journal().begin_pruning({changing.environment(), removal.point});
  }
  fail_point("prune journalled");
  const Standing standing = look_around(session);
  const Publication publication = Publisher(session, standing).publication(plan);
  if (!publication.events.empty()) publish(changing.git(), changing.journal(), publication);
  fail_point("prune published");
  remove_tables(changing);
  remove_releases(session, plan);
  fail_point("prune after");
}

std::vector<std::string> prune_after_deploy(ChangingSession& changing) try {
  const PrunePlan plan = plan_prune(changing.session());
  prune(changing, plan);
  std::vector<std::string> lines = plan.lines();
  for (auto& line : lines) line = "removed " + line;
  return lines;
} catch (const std::exception& error) {
  return {"not everything could be pruned: " + std::string(error.what()) +
          "; later: git rollback prune"};
}

}  // namespace rollback

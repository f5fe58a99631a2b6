#include "session/target.h"

#include <set>

#include "os/error.h"
#include "session/recording.h"
#include "session/time_words.h"
#include "store/names.h"

namespace rollback {
namespace {

constexpr size_t shortest_prefix = 4;

std::string commit_of(const Git& git, std::string_view word) {
  const Finished answer = git.ask(
      {"rev-parse", "--verify", "--quiet", "--end-of-options", std::string(word) + "^{commit}"});
  return answer.status == 0 && !answer.out.starts_with('^')
             ? answer.out.substr(0, answer.out.find('\n'))
             : "";
}

ResolvedTarget last_stable(const Standing& standing, const Session& session, int min_score,
                           const CannotRestore& cannot_restore) {
  const std::string& environment = session.repository.environment;
  std::string closest;
  bool any_stable = false;
  std::set<std::string> seen;
  for (std::string id = standing.live.parent; !id.empty() && seen.insert(id).second;) {
    const auto point = standing.index.point(environment, id);
    if (!point) {
      if (closest.empty()) closest = id + " is recorded nowhere here";
      break;
    }
    const Judgement judgement = standing.judge_point(*point, min_score);
    if (judgement.verdict == Verdict::stable) {
      const auto reason = cannot_restore(*point);
      if (!reason) return {.point = id, .already_live = {}};
      if (!any_stable) closest = id + " is stable, but cannot be restored: " + *reason;
      any_stable = true;
    } else if (closest.empty()) {
      closest =
          id + " is " + std::string(name_of(judgement.verdict)) + " (" + judgement.because + ")";
    }
    id = point->parent;
  }
  std::vector<std::string> hints{"git rollback list", "git rollback mark <point> stable",
                                 "git rollback --target previous"};
  if (any_stable) {
    hints.insert(hints.begin(),
                 "to go back without what cannot: --components with the other parts");
  }
  throw Refused("there is no stable point to go back to" +
                    (closest.empty() ? std::string() : "; the closest: " + closest),
                hints);
}

ResolvedTarget previous(const Standing& standing) {
  if (standing.live.parent.empty()) {
    throw Refused("nothing was live before what is live now", {"git rollback list"});
  }
  return {.point = standing.live.parent, .already_live = {}};
}

// What was live then is the newest record that is not younger; the point that
// holds it was recorded while it was live.
ResolvedTarget live_at(const Standing& standing, const Session& session, Time time,
                       std::string_view word) {
  const std::string quoted = "'" + std::string(word) + "'";
  if (time > now()) throw Usage(quoted + " is not in the past");
  const std::string& environment = session.repository.environment;
  const auto then = standing.index.live_at(environment, time);
  if (!then) {
    const auto first = standing.index.first_live(environment);
    std::vector<std::string> hints{first ? "the record starts at " + to_rfc3339_seconds(*first)
                                         : "git rollback init"};
    if (const std::string older = newest_point_before(standing, time); !older.empty()) {
      hints.push_back("the newest point of before that: git rollback --target " + older);
    }
    throw Refused("nothing is known to have been live " + quoted, hints);
  }
  const LiveRecord& record = then->record;
  if (!then->until && standing.open_deploy.empty()) {
    return {.point = {}, .already_live = "what was live " + quoted + " is already live"};
  }
  for (const auto& point : standing.index.points_at_commit(environment, record.commit)) {
    if (point.at >= record.at && point.at <= then->until.value_or(now()) &&
        point.deploy == record.deploy) {
      return {.point = point.id, .already_live = {}};
    }
  }
  throw Refused(
      "no point holds what was live " + quoted + " (commit " + record.commit.substr(0, 10) + ")",
      {"git rollback list"});
}

// By id, unique prefix, or the tag that shows it.
std::optional<Point> point_with_name(const Session& session, const Standing& standing,
                                     std::string_view word) {
  const std::string& environment = session.repository.environment;
  if (auto point = standing.index.point(environment, word)) return point;
  if (word.size() >= shortest_prefix) {
    auto found = standing.index.points_with_prefix(environment, word);
    if (found.size() > 1) {
      std::vector<std::string> hints{"the points that begin with it:"};
      for (size_t i = 0; i < found.size() && i < 5; ++i) hints.push_back("  " + found[i].id);
      throw Refused("'" + std::string(word) + "' names " + std::to_string(found.size()) + " points",
                    hints);
    }
    if (found.size() == 1) return found.front();
  }
  auto tag = names::parse_tag_ref(word);
  if (!tag) tag = names::parse_point_ref(word);
  if (tag) {
    if (tag->environment != environment) {
      throw Refused("'" + std::string(word) + "' is a point of '" + tag->environment +
                        "', and this is '" + environment + "'",
                    {"git -c rollback.environment=" + tag->environment + " rollback …"});
    }
    if (auto point = standing.index.point(environment, tag->id)) return point;
  }
  // One that the index left out is damaged, or of a newer format, and says so.
  const std::string id(tag ? tag->id : word);
  if (names::is_point_id(id) &&
      session.repository.git
              .ask({"rev-parse", "--verify", "--quiet", names::point_ref(environment, id)})
              .status == 0) {
    return read_point(session.repository, environment, id);
  }
  return std::nullopt;
}

std::optional<Point> point_with_version(const Session& session, const Standing& standing,
                                        std::string_view word) {
  auto found = standing.index.points_with_version(session.repository.environment, word);
  if (word.empty() || found.empty()) return std::nullopt;
  return found.front();
}

// The newest point that holds the commit.
std::optional<Point> point_at_commit(const Session& session, const Standing& standing,
                                     const std::string& commit) {
  if (commit.empty()) return std::nullopt;
  auto found = standing.index.points_at_commit(session.repository.environment, commit);
  if (found.empty()) return std::nullopt;
  return found.front();
}

}  // namespace

std::optional<Point> find_point(const Session& session, const Standing& standing,
                                std::string_view word) {
  if (auto point = point_with_name(session, standing, word)) return point;
  return point_with_version(session, standing, word);
}

ResolvedTarget resolve_target(const Session& session, const Standing& standing,
                              std::string_view word, int min_score,
                              const CannotRestore& cannot_restore) {
  if (word == "last_stable") return last_stable(standing, session, min_score, cannot_restore);
  if (word == "previous") return previous(standing);
  const Git& git = session.repository.git;
  const std::string name(word);
  auto point = point_with_name(session, standing, word);
  if (!point) point = point_at_commit(session, standing, commit_of(git, "refs/tags/" + name));
  if (!point) point = point_with_version(session, standing, word);
  const std::string commit = point ? "" : commit_of(git, name);
  if (!point) point = point_at_commit(session, standing, commit);
  if (point) return {.point = point->id, .already_live = {}};
  if (!commit.empty()) {
    throw Refused(
        "no point of '" + session.repository.environment + "' holds commit " + commit.substr(0, 10),
        {"git rollback list"});
  }
  if (const auto time = past_time(word, now())) return live_at(standing, session, *time, word);
  throw Usage("'" + std::string(word) + "' is no point, tag, version, commit or time",
              {"git rollback list",
               "words: last_stable, previous, \"last hour\", \"2 hours ago\","
               " \"2026-11-23 10:00\""});
}

}  // namespace rollback

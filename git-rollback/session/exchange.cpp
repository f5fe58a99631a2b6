#include "session/exchange.h"

#include <map>

#include "store/live_history.h"
#include "store/names.h"
#include "store/notes.h"

namespace rollback {
namespace {

std::string id_in(const RefIds& refs, const std::string& ref) {
  const auto found = refs.find(ref);
  return found == refs.end() ? "" : found->second;
}

std::string in_words(const names::EnvironmentAndId& name) {
  return "point " + name.id + " of '" + name.environment + "'";
}

std::string short_tag(const names::EnvironmentAndId& name) {
  return names::tag_ref(name.environment, name.id).substr(std::string("refs/tags/").size());
}

bool is_notes_ancestor(const Git& git, const std::string& old, const std::string& tip) {
  return !old.empty() && !tip.empty() &&
         git.ask({"merge-base", "--is-ancestor", old, tip}).status == 0;
}

// Those whose message says the same as their ref; the others are named.
std::vector<NamedTag> without_forged(const Git& git, const std::vector<NamedTag>& tags,
                                     const std::string& whose, std::vector<Left>& left) {
  std::vector<NamedTag> good;
  const auto problems = problems_of(git, tags);
  for (size_t i = 0; i < tags.size(); ++i) {
    if (problems[i].empty()) {
      good.push_back(tags[i]);
    } else {
      left.push_back({"left " + in_words(tags[i].name) + whose + " alone: " + problems[i], {}});
    }
  }
  return good;
}

// A tag of ours that is not that of the point; what it shows is not the point.
void name_moved_tags(const Sides& sides, std::vector<Left>& left) {
  for (const auto& [ref, id] : sides.ours) {
    const auto name = ref.starts_with(names::tag_refs) ? names::parse_tag_ref(ref) : std::nullopt;
    if (!name) continue;
    const std::string point = id_in(sides.ours, names::point_ref(name->environment, name->id));
    if (point.empty() || point == id) continue;
    left.push_back({"left the tag '" + short_tag(*name) +
                        "' alone: it was moved, and the point is " + point.substr(0, 10),
                    {"to have the point's own put back: git tag -d " + short_tag(*name) +
                     ", then git rollback sync"}});
  }
}

// What the remote's points and our own tags bring, by ref. A clone has the tags
// of points before it has their refs.
void add_new_points(const Git& git, const Sides& sides, Incoming& incoming) {
  std::vector<Left>& left = incoming.left;
  std::map<std::string, NamedTag> from_remote, from_tags;
  for (const auto& [ref, id] : sides.theirs) {
    const auto name = names::parse_point_ref(ref);
    if (!name || sides.pruned.count(ref) != 0) continue;
    const std::string our_id = id_in(sides.ours, ref);
    if (our_id.empty()) {
      from_remote.emplace(ref, NamedTag{*name, id});
    } else if (our_id != id) {
      left.push_back({"left " + in_words(*name) + " alone: it is another one at '" + sides.shown +
                          "' (" + id.substr(0, 10) + ") than here (" + our_id.substr(0, 10) + ")",
                      {"git cat-file -p " + id, "git cat-file -p " + our_id}});
    }
  }
  for (const auto& [ref, id] : sides.ours) {
    const auto name = ref.starts_with(names::tag_refs) ? names::parse_tag_ref(ref) : std::nullopt;
    if (!name) continue;
    const std::string point = names::point_ref(name->environment, name->id);
    if (sides.ours.count(point) != 0 || sides.pruned.count(point) != 0) continue;
    const auto theirs = from_remote.find(point);
    if (theirs != from_remote.end() && theirs->second.tag_id != id) {
      left.push_back({"left " + in_words(*name) + " alone: the tag here is not the one at '" +
                          sides.shown + "'",
                      {"if the one here is wrong: git tag -d " + short_tag(*name)}});
      from_remote.erase(theirs);
    } else if (theirs == from_remote.end()) {
      from_tags.emplace(point, NamedTag{*name, id});
    }
  }
  std::vector<NamedTag> remote_tags, our_tags;
  for (auto& [ref, tag] : from_remote) remote_tags.push_back(std::move(tag));
  for (auto& [ref, tag] : from_tags) our_tags.push_back(std::move(tag));
  incoming.points = without_forged(git, remote_tags, " at '" + sides.shown + "'", left);
  incoming.from_tags = without_forged(git, our_tags, ", which has a tag here,", left);
}

std::set<std::string> live_environments(const Sides& sides) {
  std::set<std::string> environments;
  for (const RefIds* refs : {&sides.ours, &sides.theirs}) {
    for (const auto& [ref, id] : *refs) {
      if (auto environment = names::parse_live_ref(ref)) environments.insert(*environment);
    }
  }
  return environments;
}

std::vector<LiveMove> new_live(const Git& git, const Sides& sides, const Busy& busy,
                               std::vector<Left>& left) {
  std::vector<LiveMove> moves;
  for (const auto& environment : live_environments(sides)) {
    const std::string ref = names::live_ref(environment);
    const LiveMove move{environment, id_in(sides.ours, ref), id_in(sides.theirs, ref)};
    const std::string chain = "the live chain of '" + environment + "'";
    const History history = compare_live(git, move.from, move.to);
    if (history == History::diverged) {
      left.push_back(
          {chain + " went on both here and at '" + sides.shown +
               "' since they met last, so neither was changed",
           {"give each host an environment of its own: git config rollback.environment " +
            environment + "/<host>"}});
    }
    if (history != History::theirs_continues_ours) continue;
    std::string problem = problem_of_live(git, move.to, move.from);
    if (problem.empty()) problem = busy(environment);
    if (problem.empty()) {
      moves.push_back(move);
    } else {
      left.push_back({"left " + chain + " as it is here: " + problem, {}});
    }
  }
  return moves;
}

std::vector<NamedTag> points_to_push(const Git& git, const Sides& sides, std::vector<Left>& left) {
  std::vector<NamedTag> points;
  for (const auto& [ref, id] : sides.ours) {
    const auto name = names::parse_point_ref(ref);
    if (!name || sides.theirs.count(ref) != 0 || sides.pruned.count(ref) != 0) continue;
    points.push_back({*name, id});
  }
  return without_forged(git, points, "", left);
}

// Those that show a point which is the same on both sides, or goes now.
void add_tags(const Sides& sides, const std::set<std::string>& unsound, Outgoing& outgoing) {
  for (const auto& [ref, id] : sides.ours) {
    const auto name = ref.starts_with(names::tag_refs) ? names::parse_tag_ref(ref) : std::nullopt;
    if (!name) continue;
    const std::string point = names::point_ref(name->environment, name->id);
    if (id_in(sides.ours, point) != id || sides.pruned.count(point) != 0) continue;
    if (unsound.count(point) != 0) continue;
    const std::string their_point = id_in(sides.theirs, point), theirs = id_in(sides.theirs, ref);
    if (theirs == id || (!their_point.empty() && their_point != id)) continue;
    if (theirs.empty()) {
      outgoing.refs.push_back({ref, id, ""});
    } else {
      outgoing.left.push_back({"left the tag '" + short_tag(*name) + "' at '" + sides.shown +
                                   "' alone: it was moved there, and is not that of the point",
                               {}});
    }
  }
}

}  // namespace

Incoming find_incoming(const Git& git, const Sides& sides, const Busy& busy) {
  Incoming incoming;
  add_new_points(git, sides, incoming);
  name_moved_tags(sides, incoming.left);
  incoming.live = new_live(git, sides, busy, incoming.left);
  const std::string events(names::events_ref);
  const std::string ours = id_in(sides.ours, events), theirs = id_in(sides.theirs, events);
  if (!theirs.empty() && !is_notes_ancestor(git, theirs, ours)) {
    incoming.notes = theirs;
    incoming.events = lines_only_in(git, theirs, ours).size();
  }
  return incoming;
}

Outgoing find_outgoing(const Git& git, const Sides& sides) {
  Outgoing outgoing;
  std::set<std::string> unsound;
  for (const auto& [ref, id] : sides.ours) {
    if (names::parse_point_ref(ref) && sides.theirs.count(ref) == 0) unsound.insert(ref);
  }
  for (const auto& [name, id] : points_to_push(git, sides, outgoing.left)) {
    const std::string ref = names::point_ref(name.environment, name.id);
    outgoing.refs.push_back({ref, id, ""});
    unsound.erase(ref);
  }
  add_tags(sides, unsound, outgoing);
  for (const auto& environment : live_environments(sides)) {
    const std::string ref = names::live_ref(environment);
    const std::string ours = id_in(sides.ours, ref), theirs = id_in(sides.theirs, ref);
    if (compare_live(git, ours, theirs) == History::ours_continues_theirs) {
      outgoing.refs.push_back({ref, ours, theirs});
    }
  }
  const std::string events(names::events_ref);
  const std::string ours = id_in(sides.ours, events), theirs = id_in(sides.theirs, events);
  if (!ours.empty() && ours != theirs) {
    outgoing.events = lines_only_in(git, ours, theirs).size();
    if (theirs.empty() || is_notes_ancestor(git, theirs, ours)) {
      outgoing.refs.push_back({events, ours, theirs});
    }
  }
  return outgoing;
}

}  // namespace rollback

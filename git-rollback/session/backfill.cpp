#include "session/backfill.h"

#include "os/error.h"
#include "os/lock.h"
#include "part/binaries/binaries_part.h"
#include "session/recording.h"
#include "session/revision.h"
#include "session/selection.h"
#include "session/standing.h"
#include "session/time_words.h"
#include "store/names.h"

namespace rollback {
namespace {

using Releases = std::map<std::string, std::string>;  // by component

Time moment(const std::string& words) {
  auto time = past_time(words, now());
  if (!time) time = from_rfc3339(words);
  if (!time) {
    throw Usage("'" + words + "' is no time",
                {"such as \"2026-11-23 10:00\", 2026-11-23T10:00:00Z, \"2 days ago\""});
  }
  if (*time > now()) throw Usage("'" + words + "' is not in the past");
  if (to_unix(*time) < 0) throw Usage("'" + words + "' is before 1970, which git cannot record");
  return from_unix(to_unix(*time));  // a tag's date has no fractions
}

std::string given_commit(const Git& git, const std::string& name) {
  const auto commit = commit_of_revision(git, name);
  if (!commit) throw Fatal("'" + name + "' names no commit", {"git fetch"});
  return *commit;
}

// By the user's word, else by the record's, else by the releases'.
std::string commit_then(const Session& session, const BackfillRequest& request,
                        const Releases& releases, const LiveRecord* record) {
  const Git& git = session.repository.git;
  if (request.commit) return given_commit(git, *request.commit);
  if (record != nullptr) return record->commit;
  for (const auto& [component, release] : releases) {
    const auto revision = revision_of_release(*session.configured().find(component)->binaries,
                                              session.base(), release);
    if (!revision) continue;
    if (auto commit = commit_of_revision(git, *revision)) return *commit;
    throw Fatal("the REVISION of release '" + release + "' says '" + *revision +
                    "', which is no commit of this repository",
                {"git fetch", "or say what was live: --commit <commit>"});
  }
  throw Usage("nothing is known to have been live then", {"say what was: --commit <commit>"});
}

// What can be said afterwards of what was selected; what cannot is told.
void take_parts(const Session& session, const BackfillRequest& request, const Releases& releases,
                PointDraft& draft) {
  const Configuration& configuration = session.configured();
  const Selection selection = parse_selection(request.components, configuration);
  for (const auto& [component, release] : releases) {
    const auto selected = selection.find(component);
    if (selected == selection.end() || selected->second.count(Kind::binaries) == 0) {
      throw Usage("--release names one of '" + component + "', whose binaries are not selected");
    }
    draft.point.parts[component].insert(Kind::binaries);
    capture_release(draft, component, *configuration.find(component)->binaries, session.base(),
                    release);
  }
  std::string left_out;
  for (const auto& [component, kinds] : selection) {
    for (const Kind kind : kinds) {
      if (kind == Kind::code) draft.point.parts[component].insert(kind);
      if (draft.point.holds(component, kind)) continue;
      left_out += (left_out.empty() ? "" : ", ") + part_name(component, kind);
    }
  }
  if (draft.point.parts.empty()) {
    throw Usage("nothing that is selected can be recorded afterwards: " + left_out,
                {"code can, and binaries with --release <name>"});
  }
  if (!left_out.empty()) {
    draft.notices.push_back("left out, since today's are not those of then: " + left_out);
  }
}

void remark(const Git& git, const Point& point, const LiveRecord* record, PointDraft& draft) {
  if (record != nullptr && record->commit != point.commit) {
    draft.notices.push_back("the record says that " + record->commit.substr(0, 10) +
                            " was live then: it stays as it is, and so does what a time means");
  }
  const std::string date = git.line(
      {"log", "-1", "--no-show-signature", "--format=%ct", "--end-of-options", point.commit});
  if (std::stoll(date) > to_unix(point.at)) {
    draft.notices.push_back("commit " + point.commit.substr(0, 10) +
                            " is younger than that: it is of " +
                            to_rfc3339_seconds(from_unix(std::stoll(date))));
  }
}

}  // namespace

std::map<std::string, std::string> parse_releases(const std::string& list,
                                                  const Configuration& configuration) {
  std::vector<std::string> with_binaries;
  for (const auto& component : configuration.components) {
    if (component.binaries) with_binaries.push_back(component.name);
  }
  Releases releases;
  for (const auto piece : split(list, ',')) {
    const std::string word(piece);
    const size_t equals = word.find('=');
    const std::string component = equals == std::string::npos ? "" : word.substr(0, equals);
    const ComponentConfiguration* named = configuration.find(component);
    if (named == nullptr && with_binaries.size() != 1) {
      throw Usage("whose release is '" + word + "'?", {"--release <component>=<name>"});
    }
    if (named != nullptr && !named->binaries) {
      throw Usage("component '" + component + "' has no part 'binaries' in .rollback.yml");
    }
    const std::string owner = named == nullptr ? with_binaries.front() : component;
    const std::string name = named == nullptr ? word : word.substr(equals + 1);
    if (!releases.emplace(owner, name).second) {
      throw Usage("two releases of '" + owner + "' are named: one was live");
    }
  }
  return releases;
}

BackfillReport backfill(ChangingSession& changing, const BackfillRequest& request) {
  const Session& session = changing.session();
  const Time at = moment(request.at);
  const Releases releases = parse_releases(request.releases, session.configured());
  for (const auto& [component, release] : releases) {
    require_release(*session.configured().find(component)->binaries, session.base(), release);
  }
  const Standing standing = look_around(session);
  const auto then = standing.index.live_at(changing.environment(), at);
  const LiveRecord* record = then ? &then->record : nullptr;

  PointDraft draft;
  Point& point = draft.point;
  point.at = at;
  point.environment = changing.environment();
  point.host = host_name();
  point.commit = commit_then(session, request, releases, record);
  point.id = names::point_id(at, point.commit);
  if (free_point_id(session, at, point.commit) != point.id) {
    throw Refused("point '" + point.id + "' is there already", {"git rollback show " + point.id});
  }
  const bool of_the_record = record != nullptr && record->commit == point.commit;
  point.deploy = of_the_record ? record->deploy : "";
  point.parent = of_the_record ? record->parent : newest_point_before(standing, at);
  point.version =
      request.version.empty() ? described_version(changing.git(), point.commit) : request.version;
  point.sentence = request.reason.empty() ? "State of " + point.environment + " at " +
                                                to_rfc3339_seconds(at) + ", recorded afterwards."
                                          : request.reason;
  take_parts(session, request, releases, draft);
  remark(changing.git(), point, record, draft);
  publish_point(changing, draft, {});
  if (!standing.has_live()) {
    draft.notices.emplace_back("git rollback init will take it for the point before today");
  }
  return {point.id, draft.notices};
}

}  // namespace rollback

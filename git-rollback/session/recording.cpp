#include "session/recording.h"

#include "os/error.h"
#include "os/fail_point.h"
#include "os/lock.h"
#include "session/migrations.h"
#include "session/parts.h"
#include "session/work_trees.h"
#include "store/names.h"
#include "store/tag.h"

namespace rollback {
namespace {

// `begun`: those which may have made something that is to be forgotten.
void capture(const RecordRequest& request, Part& part, PointDraft& draft,
             std::vector<Part*>& begun) {
  if (!part.present()) {
    draft.notices.push_back(part.name() + ": nothing is there yet, so the point does without it");
    return;
  }
  fail_point("capture " + part.name() + " before");
  for (const auto& [component, kinds] : request.selection) {
    const bool of_it = part.kind() == Kind::code || part.component() == component;
    if (of_it && kinds.count(part.kind()) != 0) draft.point.parts[component].insert(part.kind());
  }
  begun.push_back(&part);
  part.capture(draft);  // which takes itself out of parts where it does without a backup
}

// False where a store does not answer any more: the next command tries again.
bool forget(const std::vector<Part*>& parts, const std::string& point) {
  bool all = true;
  for (Part* const part : parts) {
    try {
      part->forget(point);
    } catch (const Error&) {
      all = false;
    }
  }
  return all;
}

}  // namespace

std::string described_version(const Git& git, const std::string& commit) {
  const Finished answer = git.ask({"describe", "--tags", "--exclude", "rollback/*", commit});
  return answer.status == 0 ? answer.out.substr(0, answer.out.find('\n')) : "";
}

std::string newest_point_before(const Standing& standing, Time at) {
  for (const auto& point : standing.index.points(standing.environment)) {
    if (point.at < at) return point.id;
  }
  return "";
}

void require_room_for_tags(const Session& session) {
  const Repository& repository = session.repository;
  if (!repository.settings.flag("rollback.tags", true)) return;
  const auto ref = ref_in_the_way(repository.git, names::tag_ref(repository.environment, "id"));
  if (!ref) return;
  const std::string name = ref->substr(std::string("refs/tags/").size());
  throw Refused("a tag called '" + name + "' stands where the tags of points belong",
                {"git tag <another name> " + name + " && git tag -d " + name,
                 "or record points without tags: git config rollback.tags false"});
}

void require_sound_record(const Session& session) {
  const Repository& repository = session.repository;
  const std::string refs =
      repository.git.run({"for-each-ref", "--format=%(objecttype) %(refname)",
                          std::string(names::events_ref), names::live_ref(repository.environment)});
  for (const auto line : split(refs, '\n')) {
    if (line.starts_with("commit ")) continue;
    const std::string ref(line.substr(line.find(' ') + 1));
    throw Refused("'" + ref + "' is no commit, so that nothing can be recorded",
                  {"git rollback sync, where a remote has it", "or git update-ref -d " + ref});
  }
}

std::string free_point_id(const Session& session, Time at, const std::string& commit) {
  for (int attempt = 1;; ++attempt) {
    std::string id = names::point_id(at, commit, attempt);
    const std::string& environment = session.repository.environment;
    const Finished taken = session.repository.git.ask(
        {"for-each-ref", names::point_ref(environment, id), names::tag_ref(environment, id)});
    if (taken.status == 0 && taken.out.empty()) return id;
  }
}

PointDraft capture_point(ChangingSession& changing, const RecordRequest& request) {
  const Session& session = changing.session();
  const Repository& repository = session.repository;
  require_work_tree_for(session, request.selection);
  require_room_for_tags(session);
  PointDraft draft;
  Point& point = draft.point;
  point.at = request.at;
  point.id = free_point_id(session, request.at, request.live.commit);
  point.environment = repository.environment;
  point.host = host_name();
  point.parent = request.live.parent;
  point.deploy = request.live.deploy;
  point.commit = request.live.commit;
  point.version =
      request.version.empty() ? described_version(repository.git, point.commit) : request.version;
  point.sentence = request.sentence;
  draft.migrations =
      coming_migrations(repository.git, session.configured(), point.commit, request.coming);
  changing.journal().begin_capture({point.environment, point.id});
  const auto parts = make_parts(session, session.configured(), request.selection);
  std::vector<Part*> begun;
  try {
    for (const auto& part : parts) capture(request, *part, draft, begun);
  } catch (const std::exception&) {
    if (forget(begun, point.id)) changing.journal().end_capture({point.environment, point.id});
    throw;
  }
  return draft;
}

void publish_point(ChangingSession& changing, const PointDraft& draft, Publication more) {
  Publication publication = publication_of(changing.session(), draft);
  publication.refs.insert(publication.refs.end(), more.refs.begin(), more.refs.end());
  publication.events = std::move(more.events);
  publish(changing.git(), changing.journal(), publication);
  changing.journal().end_capture({draft.point.environment, draft.point.id});
}

Publication publication_of(const Session& session, const PointDraft& draft) {
  Publication publication{.refs = draft.refs, .events = {}};
  Point point = draft.point;
  note_work_tree(session.repository, point);
  const std::string tag = write_point_tag(session.repository.git, point);
  publication.refs.push_back({names::point_ref(draft.point.environment, draft.point.id), "", tag});
  if (session.repository.settings.flag("rollback.tags", true)) {
    publication.refs.push_back({names::tag_ref(draft.point.environment, draft.point.id), "", tag});
  }
  return publication;
}

}  // namespace rollback

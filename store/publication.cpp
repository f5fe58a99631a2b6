#include "store/publication.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <boost/filesystem/operations.hpp>
#include <chrono>
#include <map>
#include <thread>

#include "os/error.h"
#include "os/fail_point.h"
#include "os/file.h"
#include "os/process_identity.h"
#include "store/identity.h"
#include "store/journal.h"
#include "store/names.h"
#include "store/notes.h"

namespace rollback {
namespace fs = boost::filesystem;
namespace {

constexpr int attempts = 8;

std::string id_of(const Git& git, std::string_view ref) {
  const Finished answer =
      git.ask({"rev-parse", "--verify", "--quiet", "--end-of-options", std::string(ref)});
  std::string id = answer.status == 0 ? answer.out : "";
  if (id.ends_with('\n')) id.pop_back();
  return id;
}

fs::path lock_of(const Git& git, const std::string& name) {
  return git.line({"rev-parse", "--path-format=absolute", "--git-path", name + ".lock"});
}

// Lines to be in the note of a commit. One that holds `mark` is there already.
struct Addition {
  std::string mark, line;
};
using Additions = std::map<std::string, std::vector<Addition>>;  // by commit

std::string mark_of(const Event& event) { return "\"id\":\"" + event.id + "\""; }

// True when the draft was changed.
bool add_lines(const Git& git, const std::string& draft, const Additions& additions,
               const std::map<std::string, std::string>& identity) {
  bool changed = false;
  for (const auto& [commit, lines] : additions) {
    const Finished old = git.ask({"notes", "--ref=" + draft, "show", commit});
    if (old.status != 0 && old.err.find("no note found") == std::string::npos) {
      throw Fatal("git notes failed: " + old.err);
    }
    std::string note = old.status == 0 ? old.out : "";
    if (!note.empty() && !note.ends_with('\n')) note += '\n';
    const size_t before = note.size();
    for (const auto& [mark, line] : lines) {
      if (note.find(mark) == std::string::npos) note += line + "\n";
    }
    if (note.size() == before) continue;
    changed = true;
    const std::string blob = git.line({"hash-object", "-w", "--stdin"}, {.input = note});
    git.run({"notes", "--ref=" + draft, "add", "-f", "-C", blob, commit}, {.set = identity});
  }
  return changed;
}

// A merge follows their removals, too; those lines are put back.
bool merge_notes(const Git& git, const std::string& draft, const std::string& theirs,
                 const std::map<std::string, std::string>& identity) {
  if (git.ask({"cat-file", "-e", theirs + "^{commit}"}).status != 0) {
    return false;  // replayed late, and gone since: the next sync brings it again
  }
  const std::string ours = id_of(git, draft);
  git.run({"notes", "--ref=" + draft, "merge", "--quiet", "--strategy=cat_sort_uniq", theirs},
          {.set = identity});
  Additions lost;
  for (const auto& [commit, line] : lines_only_in(git, ours, id_of(git, draft))) {
    lost[commit].push_back({line, line});
  }
  add_lines(git, draft, lost, identity);
  return id_of(git, draft) != ours;
}

// The old notes and our new lines, as one new notes tree. Lines whose event is
// there already, from a publication that was killed, are not added again.
std::string build_notes(const Git& git, const std::string& tip, const Publication& publication) {
  Additions additions;
  for (const auto& event : publication.events) {
    additions[event.commit].push_back({mark_of(event), event.line});
  }
  const std::string draft = names::draft_events_ref(getpid());
  git.ask({"update-ref", "-d", draft});
  if (!tip.empty()) git.run({"update-ref", draft, tip});
  const auto identity = record_identity(git);
  bool changed = false;
  for (const auto& theirs : publication.merged_notes) {
    changed = merge_notes(git, draft, theirs, identity) || changed;
  }
  changed = add_lines(git, draft, additions, identity) || changed;
  const std::string built = changed ? id_of(git, draft) : tip;
  git.ask({"update-ref", "-d", draft});
  return built;
}

// The changes still to be made; Refused when a ref is neither old nor new.
std::vector<RefChange> outstanding(const Git& git, const std::vector<RefChange>& changes) {
  std::vector<RefChange> left;
  for (const auto& change : changes) {
    const std::string now = id_of(git, change.ref);
    if (now == change.new_id) continue;
    if (now != change.old_id) {
      throw Refused("'" + change.ref + "' was moved by somebody else: it is at " +
                    (now.empty() ? "nothing" : now) + ", not at " +
                    (change.old_id.empty() ? "nothing" : change.old_id));
    }
    left.push_back(change);
  }
  return left;
}

std::string begin_transaction(const std::vector<RefChange>& changes) {
  std::string text = "start\n";
  for (const auto& change : changes) {
    if (change.new_id.empty()) {
      text += "delete " + change.ref + " " + change.old_id + "\n";
    } else if (change.old_id.empty()) {
      text += "create " + change.ref + " " + change.new_id + "\n";
    } else {
      text += "update " + change.ref + " " + change.new_id + " " + change.old_id + "\n";
    }
  }
  return text;
}

constexpr std::string_view end_transaction = "prepare\ncommit\n";

std::vector<std::string> update_refs(const std::string& reason) {
  return {"update-ref", "-m", reason, "--stdin", "--no-deref"};
}

// Of those, by inode, that are the same file now as they were then.
void keep_unchanged(std::map<fs::path, ino_t>& locks) {
  for (auto lock = locks.begin(); lock != locks.end();) {
    struct stat found {};
    const bool same = stat(lock->first.c_str(), &found) == 0 && found.st_ino == lock->second;
    lock = same ? std::next(lock) : locks.erase(lock);
  }
}

// The notes that a killed process was building, and the locks it left on them.
void sweep_drafts(const Git& git) {
  clear_stale_locks(git, {"packed-refs"});
  const fs::path folder =
      git.line({"rev-parse", "--path-format=absolute", "--git-path", names::draft_events_ref(0)});
  boost::system::error_code none;
  for (const auto& entry : fs::directory_iterator(folder.parent_path(), none)) {
    if (entry.path().extension() == ".lock") remove_file(entry.path());
  }
  const std::string drafts =
      git.run({"for-each-ref", "--format=%(refname)", std::string(names::draft_events_refs)});
  for (const auto draft : split(drafts, '\n')) git.ask({"update-ref", "-d", std::string(draft)});
}

void publish_once(const Git& git, const Publication& publication) {
  std::vector<RefChange> changes = publication.refs;
  if (!publication.events.empty() || !publication.merged_notes.empty()) {
    const std::string tip = id_of(git, names::events_ref);
    const std::string built = build_notes(git, tip, publication);
    if (built != tip) changes.push_back({std::string(names::events_ref), tip, built});
  }
  fail_point("publish refs before");
  move_refs(git, changes, "rollback: publish");
  fail_point("publish refs after");
}

void publish_with_patience(const Git& git, const Publication& publication) {
  for (int attempt = 1;; ++attempt) {
    try {
      publish_once(git, publication);
      return;
    } catch (const Error&) {  // perhaps another process was first: look again
      if (attempt == attempts) throw;
      std::this_thread::sleep_for(std::chrono::milliseconds(5 * attempt));
    }
  }
}

bool is_recorded(const Git& git, const Event& event) {
  const Finished note =
      git.ask({"notes", "--ref=" + std::string(names::events_ref), "show", event.commit});
  return note.status == 0 && note.out.find(mark_of(event)) != std::string::npos;
}

// git's transaction fails as a whole while it takes its locks, and anywhere once
// it commits: a disk that is full then leaves the first refs moved.
bool is_begun(const Git& git, const Publication& publication) try {
  const auto& [refs, events, merged_notes] = publication;
  return std::any_of(
             refs.begin(), refs.end(),
             [&](const RefChange& change) { return id_of(git, change.ref) == change.new_id; }) ||
         std::any_of(events.begin(), events.end(),
                     [&](const Event& event) { return is_recorded(git, event); });
} catch (const Error&) {
  return true;  // a replay will see
}

// Without the foreign refs, which are returned.
std::vector<ForeignRef> leave_out_foreign(const Git& git, Publication& publication) {
  std::vector<ForeignRef> foreign = foreign_refs(git, publication);
  for (const auto& [change, now] : foreign) std::erase(publication.refs, change);
  return foreign;
}

void replay(const Git& git, Publication publication,
            const std::function<void(const ForeignRef&)>& tell) {
  std::vector<ForeignRef> foreign = leave_out_foreign(git, publication);
  for (bool over = false; !over;) {
    for (const auto& ref : foreign) tell(ref);
    try {
      publish_with_patience(git, publication);
      over = true;
    } catch (const Refused&) {  // moved just now
      foreign = leave_out_foreign(git, publication);
      if (foreign.empty()) throw;
    }
  }
}

}  // namespace

std::optional<std::string> ref_in_the_way(const Git& git, const std::string& ref) {
  std::string prefixes;
  for (size_t slash = ref.find('/', std::string("refs/heads/").size()); slash != std::string::npos;
       slash = ref.find('/', slash + 1)) {
    prefixes += ref.substr(0, slash) + "\n";
  }
  const std::string found =
      git.run({"cat-file", "--batch-check=%(objectname)"}, {.input = prefixes});
  const auto answers = split(found, '\n');
  const auto names = split(prefixes, '\n');
  for (size_t i = 0; i < answers.size(); ++i) {
    if (!answers[i].ends_with(" missing")) return std::string(names.at(i));
  }
  return std::nullopt;
}

void clear_stale_locks(const Git& git, const std::vector<std::string>& names) {
  if (!git.may_have_stale_locks()) return;
  // `git commit` holds the lock of the index for as long as its editor is open.
  if (!git.work_tree().empty() && works_in("git", git.work_tree().string())) return;
  std::vector<fs::path> paths;
  for (const auto& name : names) paths.push_back(lock_of(git, name));
  remove_stale_locks(paths);
}

void remove_stale_locks(const std::vector<fs::path>& paths) {
  std::map<fs::path, ino_t> locks;
  for (const auto& path : paths) {
    struct stat found {};
    if (stat(path.c_str(), &found) == 0) locks.emplace(path, found.st_ino);
  }
  for (int i = 0; i < 10 && !locks.empty(); ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    keep_unchanged(locks);
  }
  for (const auto& [path, inode] : locks) remove_file(path);
}

ReadyMove::ReadyMove(const Git& git, const std::vector<RefChange>& changes,
                     const std::string& reason)
    : git_(git.talk(update_refs(reason))) {
  git_.send(begin_transaction(changes));
  git_.next_line();  // it is up
}

bool ReadyMove::commit() {
  git_.send(end_transaction);
  return git_.next_line() == "prepare: ok" && git_.next_line() == "commit: ok";
}

void move_refs(const Git& git, const std::vector<RefChange>& changes, const std::string& reason) {
  const std::vector<std::string> arguments = update_refs(reason);
  if (git.ask(arguments, {.input = begin_transaction(changes) + std::string(end_transaction)})
          .status == 0)
    return;
  // Some are moved already, or a killed git of ours left its lock files. Only
  // now are the refs and paths looked up, which costs a process each.
  std::vector<RefChange> left = outstanding(git, changes);
  if (left.empty()) return;
  std::vector<std::string> names{"HEAD", "packed-refs"};
  for (const auto& change : left) names.push_back(change.ref);
  clear_stale_locks(git, names);
  left = outstanding(git, changes);
  if (!left.empty())
    git.run(arguments, {.input = begin_transaction(left) + std::string(end_transaction)});
}

void publish(const Git& git, Journal& journal, const Publication& publication) {
  const long long id = journal.begin_publication(publication);
  fail_point("publish intent after");
  try {
    publish_with_patience(git, publication);
  } catch (const Error&) {
    // Who called is told that it failed: it must not happen by itself later, nor
    // stay done by half.
    if (!is_begun(git, publication)) journal.end_publication(id);
    throw;
  }
  journal.end_publication(id);
  fail_point("publish after");
}

std::vector<ForeignRef> foreign_refs(const Git& git, const Publication& publication) {
  std::vector<ForeignRef> foreign;
  for (const auto& change : publication.refs) {
    const std::string now = id_of(git, change.ref);
    if (now != change.old_id && now != change.new_id) foreign.push_back({change, now});
  }
  return foreign;
}

void forget_unbegun_publications(const Git& git, Journal& journal) {
  const auto pending = journal.pending_publications();
  if (!pending.empty()) sweep_drafts(git);
  for (const auto& [id, publication] : pending) {
    const bool as_before = foreign_refs(git, publication).empty();
    if (as_before && !is_begun(git, publication)) journal.end_publication(id);
  }
}

void replay_publications(const Git& git, Journal& journal,
                         const std::function<void(const ForeignRef&)>& tell) {
  const auto pending = journal.pending_publications();
  if (!pending.empty()) sweep_drafts(git);
  for (const auto& [id, publication] : pending) {
    replay(git, publication, tell);
    journal.end_publication(id);
  }
}

}  // namespace rollback

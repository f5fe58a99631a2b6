// Tag, note and live are published together (DESIGN §3): objects first, then
// one transaction of refs by compare-and-swap. git's transaction is not atomic
// under a kill, so the publication is journalled first and replayed.
#pragma once

#include <boost/filesystem/path.hpp>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "store/event.h"
#include "store/git.h"

namespace rollback {

class Journal;

struct RefChange {
  std::string ref;
  std::string old_id;  // "" : must not exist
  std::string new_id;  // "" : is deleted

  friend bool operator==(const RefChange&, const RefChange&) = default;
};

struct Publication {
  std::vector<RefChange> refs;
  std::vector<Event> events;
  // Notes commits whose lines are merged into the events. No line of ours is
  // lost by it, not even one that theirs removed.
  std::vector<std::string> merged_notes = {};
};

// Journals it, publishes it, strikes it from the journal. The lock must be
// held. Throws Refused when a ref is neither at its old nor at its new id, and
// Fatal when git cannot publish it. When it throws, nothing of it was published,
// or it stays in the journal and a replay publishes the rest.
void publish(const Git& git, Journal& journal, const Publication& publication);

// A ref of a publication that somebody else moved: it is neither at its old nor
// at its new id.
struct ForeignRef {
  RefChange change;
  std::string now;  // "" : it is not there
};
std::vector<ForeignRef> foreign_refs(const Git& git, const Publication& publication);

// Forgets those that were cut short before anything of them was published, for who
// publishes anew or will not any more. But for those with a foreign ref, of which a replay
// tells.
void forget_unbegun_publications(const Git& git, Journal& journal);

// Finishes what was begun to be published and cut short. Foreign refs stay where
// they are, all else is published; `tell` hears of each of them before the
// journal forgets it. Fatal when git cannot publish the rest, which is kept.
void replay_publications(const Git& git, Journal& journal,
                         const std::function<void(const ForeignRef&)>& tell);

// The branch or tag that stands where `ref` needs a folder: "refs/heads/rollback"
// for "refs/heads/rollback/x".
std::optional<std::string> ref_in_the_way(const Git& git, const std::string& ref);

// Removes NAME.lock for names such as "HEAD", "index" or a ref, where a killed
// git child of ours left it (Git::expect_stale_locks). The flock must be held: git children share
// it, so while we have it none of them lives. While a git of somebody else's works
// in the work tree, none is removed; elsewhere one gets half a second to end.
void clear_stale_locks(const Git& git, const std::vector<std::string>& names);

// A git that knows which refs to move, and waits for the word: to start it is
// most of what a move takes. It holds no lock before.
class ReadyMove {
 public:
  ReadyMove(const Git& git, const std::vector<RefChange>& changes, const std::string& reason);

  // Once. False when git did not say that they moved: move_refs() then says why.
  bool commit();

 private:
  Process git_;
};

// Removes those of these lock files that stand unchanged for half a second, all
// of which are watched together. For locks that only a killed process can hold.
void remove_stale_locks(const std::vector<boost::filesystem::path>& paths);

// Moves refs, each from its old to its new id; those already there are passed
// over. Throws Refused when a ref is at neither. The flock must be held.
void move_refs(const Git& git, const std::vector<RefChange>& changes, const std::string& reason);

}  // namespace rollback

// What a replay engine does. With path_change.h, this is all that is shared with
// the module that loads libgit2.
#pragma once

#include <string>
#include <vector>

#include "part/code/path_change.h"

namespace rollback {

struct CommitToLay {
  std::string id;
  std::string parent;               // its first parent: a merge is one unit; "": it has none
  std::vector<PathChange> changes;  // against that parent, of the paths that go back
  bool whole = true;                // these are all that it changes
};

struct Laid {
  std::string tree;                     // with as many as could be laid
  size_t count = 0;                     // so many: fewer than asked, if the next one does not apply
  std::vector<std::string> paths = {};  // the files in which that one conflicts
  std::string problem = {};             // why it could not be tried at all; "": it was
};

// The trees are written to the repository. Nothing here throws out of the
// module: it has a C++ runtime of its own, perhaps.
class Replay {
 public:
  virtual ~Replay() = default;

  // Lays the commits on the tree in order, up to the first that does not apply.
  virtual Laid lay(const std::string& tree, const std::vector<CommitToLay>& commits) = 0;

  // The tree with these paths as on their new side, whatever it had there.
  virtual Laid with_changes(const std::string& tree, const std::vector<PathChange>& changes) = 0;
};

// The module's one symbol. `error` gets the reason when the answer is null.
using OpenReplay = Replay* (*)(const char* git_dir, std::string& error);
inline constexpr const char* open_replay_symbol = "git_rollback_open_replay";

}  // namespace rollback

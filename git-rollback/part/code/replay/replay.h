// What a replay engine does. This header alone is shared with the module that
// loads libgit2, so it holds nothing but the standard library.
#pragma once

#include <string>
#include <vector>

namespace rollback {

struct CommitToLay {
  std::string id;
  std::string parent;  // its first parent: a merge is one unit; "": it has none here
};

struct Laid {
  std::string tree;                     // the result; "" after a conflict
  std::string conflicting;              // the commit that does not apply
  std::vector<std::string> paths = {};  // the files it conflicts in
  std::string problem = {};             // why it could not be tried at all; "": it was
};

class Replay {
 public:
  virtual ~Replay() = default;

  // Lays the commits on the tree in order, stops at the first conflict. The
  // module never throws: it has a C++ runtime of its own, perhaps.
  virtual Laid lay(const std::string& tree, const std::vector<CommitToLay>& commits) = 0;
};

// The module's one symbol. `error` gets the reason when the answer is null.
using OpenReplay = Replay* (*)(const char* git_dir, std::string& error);
inline constexpr const char* open_replay_symbol = "git_rollback_open_replay";

}  // namespace rollback

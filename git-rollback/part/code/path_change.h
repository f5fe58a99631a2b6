// How one path differs between two trees. This header is shared with the module
// that loads libgit2, so it holds nothing but the standard library.
#pragma once

#include <string>

namespace rollback {

struct PathChange {
  std::string path;
  std::string old_mode, new_mode;  // as git spells it, "100644"; "000000": absent
  std::string old_id, new_id;
};

}  // namespace rollback

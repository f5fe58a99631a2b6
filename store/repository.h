// The repository that a command works in, found once: its folders, its git
// configuration, and the environment (DESIGN §2) that is meant.
#pragma once

#include <boost/filesystem/path.hpp>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "store/git.h"

namespace rollback {

class Settings {  // git config, as `git config --list` sees it, so `git -c` works
 public:
  Settings() = default;
  explicit Settings(std::string_view nul_separated);  // from `git config --list -z`

  std::optional<std::string> text(std::string_view key) const;  // the last value
  // All values, in order; those before an empty one do not count.
  std::vector<std::string> texts(std::string_view key) const;
  bool flag(std::string_view key, bool fallback) const;  // Fatal for no boolean
  long long number(std::string_view key, long long fallback) const;

 private:
  std::map<std::string, std::vector<std::string>, std::less<>> values_;
};

struct Repository {
  boost::filesystem::path git_dir;     // of this work tree
  boost::filesystem::path common_dir;  // shared by all work trees
  boost::filesystem::path work_tree;   // empty: bare
  bool push_to_deploy = false;         // git's is bare; the work tree is where pushes are deployed
  std::string head;                    // the commit checked out; empty: none yet
  Settings settings;
  std::string environment;
  Git git;

  bool bare() const { return work_tree.empty(); }
};

// Starts at the current directory, or where GIT_DIR says. A bare repository is
// taken only when it is the current folder and none encloses it, or when named
// by GIT_DIR (DESIGN §8). Throws Fatal outside of any.
Repository find_repository();

}  // namespace rollback

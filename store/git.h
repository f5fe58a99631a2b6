// Calls git(1) in one explicit repository, with a scrubbed environment.
#pragma once

#include <boost/filesystem/path.hpp>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "os/process.h"

namespace rollback {

struct GitExtra {
  std::optional<std::string> input = {};
  std::map<std::string, std::string> set = {};  // environment
  std::vector<std::string> config = {};         // "key=value", as git -c
};

class Git {
 public:
  Git() = default;
  // `work_tree` is empty for a bare repository.
  Git(boost::filesystem::path git_dir, boost::filesystem::path work_tree);
  // The same in another work tree: what is held open stays so.
  Git in(boost::filesystem::path git_dir, boost::filesystem::path work_tree) const;

  // Standard output; Fatal with git's own message when it fails.
  std::string run(const std::vector<std::string>& arguments, const GitExtra& extra = {}) const;
  // The same without its last newline.
  std::string line(const std::vector<std::string>& arguments, const GitExtra& extra = {}) const;
  // For calls whose failure is an answer.
  Finished ask(const std::vector<std::string>& arguments, const GitExtra& extra = {}) const;
  // For one that is talked to, and runs on meanwhile.
  Process talk(const std::vector<std::string>& arguments) const;

  // The one descriptor that git children inherit: our lock, so that it stays
  // held while any of them still works.
  void hold_open(int descriptor) { keep_open_ = {descriptor}; }

  // A process of ours was killed, so that lock files which nobody owns may
  // stand about. Only then are any cleared: others may be of a git that lives.
  void expect_stale_locks() { stale_locks_ = true; }
  bool may_have_stale_locks() const { return stale_locks_; }

  const boost::filesystem::path& git_dir() const { return git_dir_; }
  const boost::filesystem::path& work_tree() const { return work_tree_; }

 private:
  Command command(const std::vector<std::string>& arguments, const GitExtra& extra) const;

  boost::filesystem::path git_dir_, work_tree_;
  std::vector<int> keep_open_;
  bool stale_locks_ = false;
};

// "a\0b\0" or "a\nb\n" -> a, b. Views into `text`.
std::vector<std::string_view> split(std::string_view text, char separator);
std::vector<std::string_view> split(std::string&& text, char separator) = delete;

// The id of the empty tree, which it writes if missing.
std::string empty_tree(const Git& git);

}  // namespace rollback

// The two visible steps of a code rollback.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "part/code/work_tree.h"
#include "part/part.h"
#include "store/git.h"
#include "store/publication.h"

namespace rollback {

// Compare-and-swap of the current branch, or of a detached HEAD.
class BranchStep : public Step {
 public:
  BranchStep(const Git& git, std::string ref, std::string before, std::string after,
             std::string operation);

  std::string name() const override { return "code branch " + ref_; }
  Seen observe() override;
  void get_ready() override;
  void apply() override;
  void revert() override;

 private:
  const Git& git_;
  std::string ref_;  // "HEAD" when detached
  std::string before_, after_, operation_;
  bool head_names_it() const;

  std::optional<ReadyMove> move_;
  bool tried_ = false;  // it was given the word
  bool moved_ = false;  // and git said that it did
};

// Index and files of the paths that the commit changed: the one step that is
// not atomic. It overwrites only what equals either side.
class WorkTreeStep : public Step {
 public:
  WorkTreeStep(const Git& git, std::string before, std::string after,
               std::vector<PathChange> changes, std::vector<std::string> files_elsewhere);

  std::string name() const override { return "code work tree"; }
  Seen observe() override;
  void apply() override;
  void revert() override;

 private:
  const Git& git_;
  std::string before_, after_;
  std::vector<PathChange> changes_;
  std::vector<std::string> files_elsewhere_;
  void bring(Side side, const std::string& from);

  bool tried_ = false;           // to write the files
  std::optional<InIndex> seen_;  // by observe(), for what follows it at once
};

// "refs/heads/main", or "HEAD" when it is detached.
std::string current_branch(const Git& git);

}  // namespace rollback

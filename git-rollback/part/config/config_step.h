// One config file's swap.
#pragma once

#include <boost/filesystem/path.hpp>
#include <string>

#include "part/config/file_state.h"
#include "part/part.h"
#include "store/git.h"

namespace rollback {

// The other state waits beside the target under names::incoming_file, and
// after the swap what was displaced waits there, inode and all, until settle.
// An application that writes the file at the very moment is found out, since
// what the exchange brought out is looked at before the step counts as done.
class ConfigStep : public Step {
 public:
  ConfigStep(const Git& git, boost::filesystem::path target, const std::string& operation,
             FileState before, FileState after);

  std::string name() const override { return "config " + before_.path; }
  Seen observe() override;
  void apply() override { change(before_, after_); }
  void revert() override { change(after_, before_); }

  // Makes the file that waits; called by prepare, and again when it is gone.
  void stage(const FileState& wanted) const;

 private:
  void change(const FileState& from, const FileState& to);

  const Git& git_;
  boost::filesystem::path target_, beside_;
  FileState before_, after_;
};

}  // namespace rollback

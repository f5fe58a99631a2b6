// A git index of its own, in which a tree is built.
#pragma once

#include <boost/filesystem/path.hpp>
#include <map>
#include <string>

#include "store/git.h"

namespace rollback {

// A scratch file (store/scratch.h), so that two commands at once do not meet in
// it, and one that a killed process left is swept.
class TemporaryIndex {
 public:
  explicit TemporaryIndex(const Git& git);
  ~TemporaryIndex();
  TemporaryIndex(const TemporaryIndex&) = delete;
  TemporaryIndex& operator=(const TemporaryIndex&) = delete;

  // For GitExtra::set.
  std::map<std::string, std::string> environment() const;

 private:
  boost::filesystem::path file_;
};

}  // namespace rollback

// Which rule of a class fits a commit (DESIGN §5, `preserve:`).
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "part/code/history.h"
#include "part/code/settings.h"

namespace rollback {

// By the name of a class that has paths: the ids of the units that touch them.
using Touched = std::map<std::string, std::set<std::string>>;

class PreserveRules {
 public:
  explicit PreserveRules(std::vector<PreserveClass> classes);
  ~PreserveRules();
  PreserveRules(PreserveRules&&) noexcept;

  const std::vector<PreserveClass>& classes() const { return classes_; }
  bool need_notes() const;

  // The first that fits, in words for people, so that a false match is seen:
  // "security_patches: CVE-2024-1234 in its message". What a commit of `git
  // revert` quotes of another one's subject does not count. Pure.
  std::optional<std::string> rule_for(const Commit& commit, const Touched& touched) const;

 private:
  struct Patterns;

  std::vector<PreserveClass> classes_;
  std::vector<Patterns> patterns_;  // one for each class
};

}  // namespace rollback

// A component that is code alone, with ten lines to change: the scene of the
// tests about rolling code back.
#pragma once

#include "service_fixture.h"

namespace rollback::testing {

class CodeFixture : public ServiceFixture {
 protected:
  // src/a has ten lines, docs/a is outside; the first point is what is live now.
  void begin_with_code();

  std::string commit_all(const std::string& message);  // its id
  // Changes one line of src/a.
  std::string line(int number, const std::string& text, const std::string& message);
  void deploy();  // of HEAD, and nothing else

  std::string lines();          // of src/a, on one line
  std::string newest_branch();  // "rollback/…"; "": there is none
};

}  // namespace rollback::testing

// Named places where a test kills the program, to prove that it recovers.
//
// GIT_ROLLBACK_FAIL_POINT=NAME or NAME#N kills our whole process group at the
// first or Nth passing of that name; GIT_ROLLBACK_FAIL_POINT_LOG=FILE gets one
// line per passing, so that a test can find every name. Built only with the
// CMake option GIT_ROLLBACK_FAIL_POINTS; otherwise these are nothing.
#pragma once

#include <string_view>

namespace rollback {

#ifdef GIT_ROLLBACK_FAIL_POINTS
void fail_point(std::string_view name);
#else
inline void fail_point(std::string_view) {}
#endif

}  // namespace rollback

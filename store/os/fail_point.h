// Named places where a test kills the program, to prove that it recovers.
//
// GIT_ROLLBACK_FAIL_POINT=NAME or NAME#N kills our whole process group at the
// first or Nth passing of that name; GIT_ROLLBACK_FAIL_POINT_LOG=FILE gets one
// line per passing, so that a test can find every name. A test can also do
// something else there, in its own process. Built only with the CMake option
// GIT_ROLLBACK_FAIL_POINTS; otherwise these are nothing.
#pragma once

#include <functional>
#include <string_view>

namespace rollback {

#ifdef GIT_ROLLBACK_FAIL_POINTS
void fail_point(std::string_view name);
// Called with each name, in place of all the above; nothing: no more.
void at_fail_points(std::function<void(std::string_view name)> work);
#else
inline void fail_point(std::string_view) {}
#endif

}  // namespace rollback

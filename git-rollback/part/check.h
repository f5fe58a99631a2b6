// What `doctor` says of one thing: a sentence, and the command that mends it.
#pragma once

#include <string>

namespace rollback {

struct Check {
  enum class Level {
    ok,
    warning,  // a rollback works, but not as one may think
    problem,  // a rollback would not work
  };
  Level level = Level::ok;
  std::string what;
  std::string mend = {};  // what to type; "": nothing to do, or no one command does it
};

// quick: looks at names, modes and headers. thorough: reads everything.
enum class Depth { quick, thorough };

inline Check fine(std::string what) { return {Check::Level::ok, std::move(what)}; }
inline Check warn(std::string what, std::string mend = {}) {
  return {Check::Level::warning, std::move(what), std::move(mend)};
}
inline Check problem(std::string what, std::string mend = {}) {
  return {Check::Level::problem, std::move(what), std::move(mend)};
}

}  // namespace rollback

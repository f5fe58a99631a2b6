// The running program of a component: the commands of `.rollback.yml` that
// quiesce it before a swap and start it afterwards. They run for any of its
// parts, so they belong to the component.
#pragma once

#include <chrono>
#include <string>
#include <vector>

namespace rollback {

using CommandLine = std::vector<std::string>;  // empty: none given

struct ServiceSettings {
  CommandLine drain, stop, start, restart;
  std::chrono::milliseconds drain_timeout = std::chrono::seconds(30);
};

}  // namespace rollback

#include "session/mirror.h"

namespace rollback {

std::optional<std::string> mirrored_remote(const Git& git) {
  const Finished found =
      git.ask({"config", "-z", "--get-regexp", "^remote\\..*\\.fetch$", "^\\+?refs/\\*:refs/\\*$"});
  if (found.status != 0) return std::nullopt;
  const std::string key = found.out.substr(0, found.out.find('\n'));
  constexpr size_t before = std::string_view("remote.").size();
  constexpr size_t around = before + std::string_view(".fetch").size();
  return key.substr(before, key.size() - around);
}

}  // namespace rollback

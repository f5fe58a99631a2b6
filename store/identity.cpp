#include "store/identity.h"

#include <pwd.h>
#include <unistd.h>

#include "os/lock.h"

namespace rollback {

std::map<std::string, std::string> record_identity(const Git& git) {
  static const bool known = git.ask({"var", "GIT_COMMITTER_IDENT"}).status == 0 &&
                            git.ask({"var", "GIT_AUTHOR_IDENT"}).status == 0;
  if (known) return {};
  const passwd* user = getpwuid(geteuid());
  const std::string mail =
      (user != nullptr ? std::string(user->pw_name) : std::to_string(geteuid())) + "@" +
      host_name();
  return {{"GIT_AUTHOR_NAME", "git-rollback"},
          {"GIT_AUTHOR_EMAIL", mail},
          {"GIT_COMMITTER_NAME", "git-rollback"},
          {"GIT_COMMITTER_EMAIL", mail}};
}

}  // namespace rollback

#include "session/migrations.h"

#include <algorithm>

namespace rollback {

std::map<std::string, std::vector<std::string>> coming_migrations(
    const Git& git, const Configuration& configuration, const std::string& live,
    const std::string& coming) {
  std::map<std::string, std::vector<std::string>> texts;
  if (coming.empty()) return texts;
  for (const auto& component : configuration.components) {
    std::vector<std::string> pathspecs;
    bool known = !component.databases.empty();
    for (const auto& database : component.databases) {
      known = known && !database.migrations.empty();
      pathspecs.insert(pathspecs.end(), database.migrations.begin(), database.migrations.end());
    }
    if (!known) continue;
    // With all lines: a table can be named far above the one that changed.
    std::vector<std::string> arguments{"diff",   "--no-ext-diff", "--no-textconv",
                                       "--text", "--no-color",    "--unified=1000000",
                                       live,     coming,          "--"};
    arguments.insert(arguments.end(), pathspecs.begin(), pathspecs.end());
    Finished answer = git.ask(arguments);
    if (answer.status == 0) texts[component.name] = {std::move(answer.out)};
  }
  return texts;
}

}  // namespace rollback

// What is asked of a component's databases without a part.
#include "part/database/database_part.h"
#include "part/database/engine.h"

namespace rollback {

std::vector<std::string> rows_set_aside(const std::string& component,
                                        const std::vector<DatabaseSettings>& databases,
                                        const boost::filesystem::path& base, const Git& git,
                                        const std::string& operation) {
  std::vector<std::string> lines;
  for (const auto& engine : make_engines(component, databases, base, git)) {
    const auto found = engine->set_aside(operation);
    lines.insert(lines.end(), found.begin(), found.end());
  }
  return lines;
}

std::vector<Procedures> procedures_of(const std::string& component,
                                      const std::vector<DatabaseSettings>& databases,
                                      const boost::filesystem::path& base, const Git& git,
                                      bool install) {
  std::vector<Procedures> all;
  for (const auto& engine : make_engines(component, databases, base, git)) {
    all.push_back({engine->schema(), engine->procedures(install)});
  }
  return all;
}

}  // namespace rollback

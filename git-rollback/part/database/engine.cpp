#include "part/database/engine.h"

#include <array>

#include "os/error.h"
#include "part/database/sqlite/engine.h"

namespace rollback {
namespace {

using Make = std::unique_ptr<Engine> (*)(const std::string& component,
                                         const DatabaseSettings& settings,
                                         const boost::filesystem::path& base);

std::unique_ptr<Engine> not_built(const std::string&, const DatabaseSettings& settings,
                                  const boost::filesystem::path&) {
  // The url may hold a login, which must not be repeated.
  const std::string scheme = settings.url.substr(0, settings.url.find(':'));
  throw Usage("database url '" + scheme +
              "://…': MySQL and MariaDB are not built yet; only sqlite: urls work");
}

struct Scheme {
  std::string_view prefix;
  Make make;
};

constexpr std::array<Scheme, 3> schemes{{
    {"sqlite:", make_sqlite_engine},
    {"mysql:", not_built},
    {"mariadb:", not_built},
}};

}  // namespace

std::unique_ptr<Engine> make_engine(const std::string& component, const DatabaseSettings& settings,
                                    const boost::filesystem::path& base) {
  for (const Scheme& scheme : schemes) {
    if (settings.url.starts_with(scheme.prefix)) return scheme.make(component, settings, base);
  }
  throw Usage("unknown database url '" + settings.url.substr(0, settings.url.find(':')) + ":…'",
              {"write it as sqlite:PATH"});
}

}  // namespace rollback

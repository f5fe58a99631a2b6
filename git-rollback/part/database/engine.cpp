#include "part/database/engine.h"

#include <array>

#include "os/counted.h"
#include "os/error.h"
#include "part/database/mysql/engine.h"
#include "part/database/sqlite/engine.h"

namespace rollback {
namespace {

using Make = std::unique_ptr<Engine> (*)(const std::string& component,
                                         const DatabaseSettings& settings,
                                         const boost::filesystem::path& base, const Git& git);

struct Scheme {
  std::string_view prefix;
  void (*check)(const std::string& url);
  Make make;
};

constexpr std::array<Scheme, 3> schemes{{
    {"sqlite:", check_sqlite_url, make_sqlite_engine},
    {"mysql:", check_mysql_url, make_mysql_engine},
    {"mariadb:", check_mysql_url, make_mysql_engine},
}};

const Scheme& scheme_of(const std::string& url) {
  for (const Scheme& scheme : schemes) {
    if (url.starts_with(scheme.prefix)) return scheme;
  }
  // The url may hold a login, which must not be repeated.
  throw Usage("unknown database url '" + url.substr(0, url.find(':')) + ":…'",
              {"write it as sqlite:PATH or mysql://HOST/DATABASE"});
}

}  // namespace

std::string in_words(const Stranded& stranded) {
  return counted(stranded.rows, "row") + " of table '" + stranded.child +
         "' would refer to rows of table '" + stranded.parent + "' that do not come along";
}

std::vector<Finding> verify_in_reach(Engine& engine, const std::string& point,
                                     const std::vector<Backup>& backups) {
  try {
    engine.present();
  } catch (const Error& error) {
    return {{.what = "could not be looked at: " + std::string(error.what()),
             .wrong = false,
             .out_of_reach = true,
             .hints = error.hints()}};
  }
  return engine.verify(point, backups);
}

void check_url(const std::string& url) { scheme_of(url).check(url); }

Engines make_engines(const std::string& component, const std::vector<DatabaseSettings>& databases,
                     const boost::filesystem::path& base, const Git& git) {
  Engines engines;
  for (const auto& settings : databases) {
    engines.push_back(scheme_of(settings.url).make(component, settings, base, git));
  }
  return engines;
}

}  // namespace rollback

#include "session/doctor.h"

#include <nlohmann/json.hpp>

#include "cli/options.h"
#include "cli/plan_view.h"
#include "cli/terminal.h"
#include "command/command.h"

namespace rollback {
namespace {

const char* word_for(Check::Level level) {
  switch (level) {
    case Check::Level::ok:
      return "ok";
    case Check::Level::warning:
      return "warning";
    case Check::Level::problem:
      break;
  }
  return "problem";
}

Colour colour_of(Check::Level level) {
  if (level == Check::Level::ok) return Colour::good;
  return level == Check::Level::problem ? Colour::bad : Colour::strong;
}

std::string for_people(const std::vector<Diagnosis>& diagnoses) {
  Table table;
  for (const auto& [about, check] : diagnoses) {
    table.row({word_for(check.level), printable(about), printable(check.what)},
              colour_of(check.level));
    if (!check.mend.empty()) table.row({"", "", "  -> " + printable(check.mend)}, Colour::dim);
  }
  return table.text() + (would_work(diagnoses) ? "a rollback would work here\n"
                                               : "a rollback would not work here\n");
}

nlohmann::json as_json(const std::vector<Diagnosis>& diagnoses) {
  nlohmann::json checks = nlohmann::json::array();
  for (const auto& [about, check] : diagnoses) {
    checks.push_back(
        {{"about", about},
         {"level", word_for(check.level)},
         {"what", check.what},
         {"mend", check.mend.empty() ? nlohmann::json() : nlohmann::json(check.mend)}});
  }
  return {{"format", 1}, {"would_work", would_work(diagnoses)}, {"checks", checks}};
}

}  // namespace

int run_doctor(const Arguments& arguments) {
  bool json = false;
  Options options("git rollback doctor [--json]");
  options.flag("--json", json, "as JSON");
  if (!options.parse(arguments)) {
    say(options.help());
    return exit_usage;
  }
  const Session session = open_session();
  choose_colour(session.repository.settings);
  const auto diagnoses = examine(session);
  print((json ? dump(as_json(diagnoses)) : for_people(diagnoses)));
  flush_output();
  return would_work(diagnoses) ? exit_done : exit_as_it_was;
}

}  // namespace rollback

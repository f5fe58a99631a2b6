#include <charconv>
#include <nlohmann/json.hpp>

#include "cli/options.h"
#include "cli/output.h"
#include "cli/plan_view.h"
#include "cli/point_view.h"
#include "cli/terminal.h"
#include "command/command.h"
#include "os/error.h"

namespace rollback {

int run_list(const Arguments& arguments) {
  OutputOptions output;
  std::optional<std::string> count;
  Options options(
      "git rollback list [-n <number>] [--json | --porcelain[=<version>]] [-z]\n"
      "                         [--color[=<when>] | --no-color]");
  options.value("-n,--max-count", "<number>", count, "only the newest");
  add_output_options(options, output);
  if (!options.parse(arguments)) {
    say(options.help());
    return exit_usage;
  }
  int limit = 0;
  if (count) {
    const char* end = count->data() + count->size();
    const auto [stop, error] = std::from_chars(count->data(), end, limit);
    if (error != std::errc() || stop != end || limit < 1) {
      throw Usage("'" + *count + "' is no number of points");
    }
  }
  const Format format = output.format();
  const Session session = open_session();
  choose_colour(session.repository.settings, output.color);
  const Standing standing = look_around(session);
  const auto points = judged_points(session, standing, limit);
  if (format == Format::porcelain) {
    print(list_for_scripts(points, output.nul));
    return exit_done;
  }
  if (format == Format::json) {
    nlohmann::json list = nlohmann::json::array();
    for (const auto& point : points) list.push_back(point_as_json(point));
    print(dump({{"format", 1},
                {"environment", session.repository.environment},
                {"rollback_points", list}}));
    return exit_done;
  }
  print(list_for_people(points, standing));
  flush_output();
  if (points.empty()) hints({"there are no points yet: git rollback init"});
  return exit_done;
}

}  // namespace rollback

#include <nlohmann/json.hpp>

#include "cli/options.h"
#include "cli/output.h"
#include "cli/plan_view.h"
#include "cli/terminal.h"
#include "command/command.h"
#include "os/error.h"
#include "plan/plan_text.h"
#include "session/standing.h"
#include "session/target.h"
#include "store/names.h"

namespace rollback {
namespace {

using nlohmann::json;

void point_for_scripts(const JudgedPoint& judged, Porcelain& porcelain) {
  const Point& point = judged.point;
  porcelain.line({"point", point.id});
  porcelain.line({"at", to_rfc3339_seconds(point.at)});
  porcelain.line({"verdict", std::string(name_of(judged.judgement.verdict))});
  porcelain.line({"because"}, judged.judgement.because);
  if (judged.judgement.score) {
    porcelain.line({"score", std::to_string(*judged.judgement.score)});
  }
  porcelain.line({"commit", point.commit});
  if (!point.version.empty()) porcelain.line({"version"}, point.version);
  porcelain.line({"host"}, point.host);
  if (!point.parent.empty()) porcelain.line({"parent", point.parent});
  if (!point.deploy.empty()) porcelain.line({"deploy", point.deploy});
  porcelain.line({"parts", parts_for_scripts(point)});
  for (const auto& trailer : point.trailers) {
    std::string line = format_trailers({trailer});
    if (line.ends_with('\n')) line.pop_back();
    porcelain.line({"trailer"}, line);
  }
}

void show_point(const Session& session, const Standing& standing, const Point& point,
                const OutputOptions& output) {
  const int min_score = session.configuration ? session.configuration->min_score : 80;
  const JudgedPoint judged{point, standing.judge_point(point, min_score)};
  if (output.format() == Format::porcelain) {
    Porcelain porcelain(output.nul);
    point_for_scripts(judged, porcelain);
    return print(porcelain.text());
  }
  if (output.json) {
    json object = point_as_json(judged);
    object["format"] = 1;
    object["host"] = point.host;
    object["because"] = judged.judgement.because;
    for (const auto& trailer : point.trailers)
      object["trailers"].push_back({trailer.key, trailer.fields});
    print(dump(object));
    return;
  }
  Table table;
  table.row({"point:", point.id});
  table.row({"recorded:", to_rfc3339_seconds(point.at) + " (" + to_words(point.at, now()) + ")"});
  table.row({"verdict:", std::string(name_of(judged.judgement.verdict)) + " (" +
                             printable(judged.judgement.because) + ")"});
  table.row({"commit:", point.commit});
  if (!point.version.empty()) table.row({"version:", printable(point.version)});
  table.row({"host:", printable(point.host)});
  if (!point.parent.empty()) table.row({"parent:", printable(point.parent)});
  if (!point.deploy.empty()) table.row({"deploy:", printable(point.deploy)});
  table.row({"parts:", printable(parts_in_words(point))});
  for (const auto& trailer : point.trailers) {
    std::string fields;
    for (const auto& field : trailer.fields) fields += printable(field) + " ";
    table.row({printable(trailer.key) + ":", fields});
  }
  say(table.text() + "\n" + printable(point.sentence));
}

void operation_for_scripts(const OperationRow& row, const Plan& plan, Porcelain& porcelain) {
  porcelain.line({"operation", row.id});
  porcelain.line({"state", std::string(name_of(row.state))});
  porcelain.line({"started", to_rfc3339_seconds(row.started)});
  porcelain.line({"to", plan.target.id});
  if (!plan.reason.empty()) porcelain.line({"reason"}, plan.reason);
  for (const auto& part : plan.parts) porcelain.line({"part", part.name()});
}

bool show_operation(const Session& session, const std::string& word, const OutputOptions& output) {
  auto journal = Journal::open_to_read(names::journal_file(session.repository.common_dir));
  const auto row = journal ? journal->operation(word) : std::nullopt;
  if (!row) return false;
  const PreparedPlan prepared = prepared_plan_from(row->plan);
  if (output.format() == Format::porcelain) {
    Porcelain porcelain(output.nul);
    operation_for_scripts(*row, prepared.plan, porcelain);
    print(porcelain.text());
    return true;
  }
  if (output.json) {
    json parts = json::array();
    for (const auto& part : prepared.plan.parts) parts.push_back(part.name());
    print(dump({{"format", 1},
                {"operation", row->id},
                {"state", name_of(row->state)},
                {"started", to_rfc3339(row->started)},
                {"to", prepared.plan.target.id},
                {"parts", parts}}));
    return true;
  }
  Table table;
  table.row({"operation:", row->id});
  table.row({"state:", std::string(name_of(row->state))});
  table.row({"started:", to_rfc3339_seconds(row->started)});
  table.row({"to:", prepared.plan.target.id});
  if (!prepared.plan.reason.empty()) table.row({"reason:", printable(prepared.plan.reason)});
  for (const auto& part : prepared.plan.parts) table.row({"part:", printable(part.name())});
  print(table.text());
  return true;
}

}  // namespace

int run_show(const Arguments& arguments) {
  for (const auto& argument : arguments) {
    if (argument == "--script") throw Usage("option '--script' is not built yet in this version");
  }
  std::string word;
  OutputOptions output;
  Options options(
      "git rollback show [--json | --porcelain[=<version>]] [-z]\n"
      "                         [--color[=<when>] | --no-color] (<point> | <operation>)");
  options.positional("point", word);
  add_output_options(options, output);
  if (!options.parse(arguments)) {
    say(options.help());
    return exit_usage;
  }
  output.format();  // before anything is opened
  const Session session = open_session();
  choose_colour(session.repository.settings, output.color);
  if (show_operation(session, word, output)) return exit_done;
  const Standing standing = look_around(session);
  const auto point = find_point(session, standing, word);
  if (!point) throw Usage("'" + word + "' names no point and no operation", {"git rollback list"});
  show_point(session, standing, *point, output);
  return exit_done;
}

}  // namespace rollback

#include "store/event.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "os/sha256.h"

namespace rollback {
namespace {

using nlohmann::json;
using nlohmann::ordered_json;

std::string text_at(const json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : "";
}

}  // namespace

Event make_event(const std::string& commit, const std::string& environment,
                 const std::string& deploy, const std::string& kind, const json& more) {
  Event event{.commit = commit,
              .at = now(),
              .id = random_hex(8),
              .environment = environment,
              .deploy = deploy,
              .kind = kind,
              .line = {}};
  ordered_json object{{"at", to_rfc3339(event.at)},
                      {"id", event.id},
                      {"environment", environment},
                      {"deploy", deploy},
                      {"event", kind}};
  for (const auto& [key, value] : more.items()) object[key] = value;
  event.line = object.dump(-1, ' ', true, json::error_handler_t::replace);
  return event;
}

std::optional<Event> parse_event(const std::string& commit, std::string_view line) {
  const json object = json::parse(line, nullptr, false);
  if (!object.is_object()) return std::nullopt;
  const auto at = from_rfc3339(text_at(object, "at"));
  const std::string id = text_at(object, "id");
  if (!at || id.empty()) return std::nullopt;
  return Event{.commit = commit,
               .at = *at,
               .id = id,
               .environment = text_at(object, "environment"),
               .deploy = text_at(object, "deploy"),
               .kind = text_at(object, "event"),
               .line = std::string(line)};
}

std::vector<Event> read_events(const Git& git, std::string_view notes_ref) {
  std::vector<Event> events;
  const Finished list = git.ask({"notes", "--ref=" + std::string(notes_ref), "list"});
  if (list.status != 0) return events;
  std::string blobs;
  std::vector<std::string> commits;
  for (const auto line : split(list.out, '\n')) {  // "<blob> <commit>"
    const size_t space = line.find(' ');
    blobs += std::string(line.substr(0, space)) + "\n";
    commits.emplace_back(line.substr(space + 1));
  }
  const std::string contents = git.run({"cat-file", "--batch"}, {.input = blobs});
  std::string_view rest(contents);
  for (const auto& commit : commits) {  // "<id> blob <size>\n<bytes>\n"
    const size_t newline = rest.find('\n');
    const std::string_view header = rest.substr(0, newline);
    const size_t size = std::stoul(std::string(header.substr(header.rfind(' ') + 1)));
    for (const auto line : split(rest.substr(newline + 1, size), '\n')) {
      if (auto event = parse_event(commit, line)) events.push_back(*std::move(event));
    }
    rest.remove_prefix(newline + 1 + size + 1);
  }
  std::stable_sort(events.begin(), events.end(), [](const Event& a, const Event& b) {
    return std::tie(a.at, a.id) < std::tie(b.at, b.id);
  });
  return events;
}

}  // namespace rollback

#include "store/event.h"

#include <map>
#include <nlohmann/json.hpp>

#include "os/sha256.h"

namespace rollback {
namespace {

using nlohmann::json;
using nlohmann::ordered_json;

bool is_hex(std::string_view text) {
  return text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

}  // namespace

std::string text_at(const json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : "";
}

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

std::optional<std::vector<NoteChange>> changed_notes(const Git& git, const std::string& old_tip,
                                                     const std::string& new_tip) {
  const auto tree = [&git](const std::string& tip) {
    return tip.empty() ? git.line({"hash-object", "-t", "tree", "--stdin"}, {.input = ""}) : tip;
  };
  const Finished diff = git.ask({"diff-tree", "-r", "-z", "--raw", "--no-abbrev", "--no-renames",
                                 tree(old_tip), tree(new_tip)});
  if (diff.status != 0) return std::nullopt;
  std::map<std::string, std::string> blobs;  // by commit
  const auto pieces = split(diff.out, '\0');
  // ":<mode> <mode> <old blob> <new blob> <letter>", "ab/cdef…": git moves notes
  // between folders as they grow many, so one can go and come in one change.
  for (size_t i = 0; i + 1 < pieces.size(); i += 2) {
    const auto fields = split(pieces[i], ' ');
    std::string commit(pieces[i + 1]);
    std::erase(commit, '/');
    if (fields.size() < 5 || commit.size() != fields[3].size() || !is_hex(commit)) continue;
    std::string& blob = blobs[commit];
    if (fields[4] != "D") blob = std::string(fields[3]);
  }
  std::vector<NoteChange> changes;
  for (auto& [commit, blob] : blobs) changes.push_back({commit, std::move(blob)});
  return changes;
}

std::vector<Event> read_events(const Git& git, const std::vector<NoteChange>& notes) {
  std::vector<Event> events;
  std::string wanted;
  for (const auto& note : notes) {
    if (!note.blob.empty()) wanted += note.blob + "\n";
  }
  if (wanted.empty()) return events;
  const std::string contents = git.run({"cat-file", "--batch"}, {.input = wanted});
  std::string_view rest(contents);
  for (const auto& note : notes) {  // "<id> blob <size>\n<bytes>\n"
    if (note.blob.empty()) continue;
    const size_t newline = rest.find('\n');
    const auto header = split(rest.substr(0, newline), ' ');
    rest.remove_prefix(newline + 1);
    if (header.size() != 3) continue;  // "<id> missing"
    const size_t size = std::stoul(std::string(header[2]));
    for (const auto line : split(rest.substr(0, size), '\n')) {
      if (auto event = parse_event(note.commit, line)) events.push_back(*std::move(event));
    }
    rest.remove_prefix(size + 1);
  }
  return events;
}

}  // namespace rollback

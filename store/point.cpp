#include "store/point.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "os/error.h"
#include "store/names.h"

namespace rollback {
namespace {

constexpr int format_version = 1;

void add(std::vector<Trailer>& trailers, const char* key, const std::string& value) {
  if (!value.empty()) trailers.push_back({key, {value}});
}

// code,database,config,binaries
std::string join_kinds(const std::set<Kind>& kinds) {
  std::string text;
  for (const Kind kind : kinds) {
    if (!text.empty()) text += ',';
    text += name_of(kind);
  }
  return text;
}

std::set<Kind> split_kinds(std::string_view text) {
  std::set<Kind> kinds;
  while (!text.empty()) {
    const size_t comma = text.find(',');
    if (const auto kind = kind_of(text.substr(0, comma))) kinds.insert(*kind);
    if (comma == std::string_view::npos) break;
    text.remove_prefix(comma + 1);
  }
  return kinds;
}

std::string_view sentence_of(std::string_view message) {
  const size_t start = message.find("\n\n");
  if (start == std::string_view::npos) return {};
  const std::string_view rest = message.substr(start + 2);
  const size_t end = rest.find("\n\n");
  return end == std::string_view::npos ? std::string_view{} : rest.substr(0, end);
}

}  // namespace

bool Point::holds(const std::string& component, Kind kind) const {
  const auto found = parts.find(component);
  return found != parts.end() && found->second.count(kind) != 0;
}

std::string format_point_message(const Point& point) {
  std::vector<Trailer> trailers;
  add(trailers, "Rollback-Format", std::to_string(format_version));
  add(trailers, "Rollback-Point", point.id);
  add(trailers, "Rollback-Environment", point.environment);
  add(trailers, "Rollback-Host", point.host);
  add(trailers, "Rollback-Parent", point.parent);
  add(trailers, "Rollback-Deploy", point.deploy);
  add(trailers, "Rollback-Version", point.version);
  for (const auto& [component, kinds] : point.parts) {
    if (!kinds.empty()) trailers.push_back({"Rollback-Parts", {component, join_kinds(kinds)}});
  }
  trailers.insert(trailers.end(), point.trailers.begin(), point.trailers.end());
  return "Rollback point " + point.id + "\n\n" + point.sentence + "\n\n" +
         format_trailers(trailers);
}

Point parse_point_message(std::string_view message) {
  Point point;
  const std::vector<Trailer> trailers = parse_trailers(message);
  const std::string format = first_field(trailers, "Rollback-Format");
  int version = 0;
  std::from_chars(format.data(), format.data() + format.size(), version);
  if (version < 1) throw Fatal("the tag's message is not that of a rollback point");
  if (version > format_version) {
    throw Fatal("the point has format " + format + ", and this version reads format " +
                    std::to_string(format_version),
                {"upgrade git-rollback on this machine"});
  }

  const std::array<std::pair<const char*, std::string*>, 6> single{{
      {"Rollback-Point", &point.id},
      {"Rollback-Environment", &point.environment},
      {"Rollback-Host", &point.host},
      {"Rollback-Parent", &point.parent},
      {"Rollback-Deploy", &point.deploy},
      {"Rollback-Version", &point.version},
  }};
  for (const auto& trailer : trailers) {
    const auto known = std::find_if(single.begin(), single.end(),
                                    [&](const auto& entry) { return trailer.key == entry.first; });
    if (known != single.end()) {
      if (!trailer.fields.empty()) *known->second = trailer.fields[0];
    } else if (trailer.key == "Rollback-Parts" && trailer.fields.size() == 2) {
      point.parts[trailer.fields[0]] = split_kinds(trailer.fields[1]);
    } else if (trailer.key != "Rollback-Format") {
      point.trailers.push_back(trailer);
    }
  }
  if (!names::is_point_id(point.id) || !names::is_environment(point.environment)) {
    throw Fatal("the tag's message names no valid point and environment");
  }
  point.sentence = sentence_of(message);
  return point;
}

}  // namespace rollback

#include "store/tag.h"

#include "store/identity.h"
#include "store/names.h"

namespace rollback {
namespace {

// "object <id>\ntype commit\ntag <name>\ntagger A <a@b> <seconds> <zone>\n\n<message>"
std::optional<Tag> parse_tag(std::string_view body) {
  const size_t blank = body.find("\n\n");
  if (blank == std::string_view::npos) return std::nullopt;
  Tag tag;
  bool of_commit = false;
  for (const auto line : split(body.substr(0, blank), '\n')) {
    if (line.starts_with("object ")) tag.commit = std::string(line.substr(7));
    if (line == "type commit") of_commit = true;
    if (line.starts_with("tagger ")) {
      const size_t angle = line.rfind("> ");
      if (angle == std::string_view::npos) return std::nullopt;
      const std::string_view date = line.substr(angle + 2);
      tag.at = from_unix(std::atoll(std::string(date.substr(0, date.find(' '))).c_str()));
    }
  }
  if (!of_commit || tag.commit.empty()) return std::nullopt;
  std::string_view message = body.substr(blank + 2);
  for (const std::string_view begin : {"-----BEGIN PGP", "-----BEGIN SSH"}) {
    const size_t signature = message.find("\n" + std::string(begin));
    if (signature != std::string_view::npos) message = message.substr(0, signature + 1);
  }
  tag.message = std::string(message);
  return tag;
}

}  // namespace

std::vector<std::optional<Tag>> read_tags(const Git& git, const std::vector<std::string>& ids) {
  std::vector<std::optional<Tag>> tags;
  if (ids.empty()) return tags;
  std::string wanted;
  for (const auto& id : ids) wanted += id + "\n";
  const std::string contents = git.run({"cat-file", "--batch"}, {.input = wanted});
  std::string_view rest(contents);
  for (size_t i = 0; i < ids.size(); ++i) {
    const size_t newline = rest.find('\n');
    const auto header = split(rest.substr(0, newline), ' ');  // <id> <type> <size>
    rest.remove_prefix(newline + 1);
    if (header.size() != 3) {  // "<id> missing"
      tags.emplace_back();
      continue;
    }
    const size_t size = std::stoul(std::string(header[2]));
    tags.push_back(header[1] == "tag" ? parse_tag(rest.substr(0, size)) : std::nullopt);
    rest.remove_prefix(size + 1);
  }
  return tags;
}

std::string write_point_tag(const Git& git, const Point& point) {
  auto identity = record_identity(git);
  identity["GIT_COMMITTER_DATE"] = std::to_string(to_unix(point.at)) + " +0000";
  const std::string tagger = git.line({"var", "GIT_COMMITTER_IDENT"}, {.set = identity});
  const std::string body = "object " + point.commit + "\ntype commit\ntag rollback/" +
                           point.environment + "/" + point.id + "\ntagger " + tagger + "\n\n" +
                           format_point_message(point);
  return git.line({"mktag"}, {.input = body});
}

}  // namespace rollback

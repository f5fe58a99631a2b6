#include "store/live.h"

#include <cstdlib>

#include "store/identity.h"
#include "store/trailers.h"

namespace rollback {
namespace {

std::string message_of(const LiveRecord& record) {
  std::vector<Trailer> trailers{{"Rollback-Commit", {record.commit}}};
  if (!record.parent.empty()) trailers.push_back({"Rollback-Parent", {record.parent}});
  if (!record.deploy.empty()) trailers.push_back({"Rollback-Deploy", {record.deploy}});
  for (const auto& [component, release] : record.releases) {
    trailers.push_back({"Rollback-Release", {component, release}});
  }
  if (!record.operation.empty()) trailers.push_back({"Rollback-Operation", {record.operation}});
  trailers.push_back({"Rollback-Host", {record.host}});
  return record.subject + "\n\n" + format_trailers(trailers);
}

LiveRecord record_from(std::string_view id, std::string_view seconds, std::string_view message) {
  LiveRecord record;
  record.id = std::string(id);
  record.at = from_unix(std::atoll(std::string(seconds).c_str()));
  record.subject = std::string(message.substr(0, message.find('\n')));
  for (const auto& trailer : parse_trailers(message)) {
    if (trailer.fields.empty()) continue;
    const std::string& first = trailer.fields[0];
    if (trailer.key == "Rollback-Commit") record.commit = first;
    if (trailer.key == "Rollback-Parent") record.parent = first;
    if (trailer.key == "Rollback-Deploy") record.deploy = first;
    if (trailer.key == "Rollback-Operation") record.operation = first;
    if (trailer.key == "Rollback-Host") record.host = first;
    if (trailer.key == "Rollback-Release" && trailer.fields.size() == 2) {
      record.releases[first] = trailer.fields[1];
    }
  }
  return record;
}

struct Walked {
  LiveRecord record;
  std::string previous;  // the record before it
};

// Newest first, the empty root among them; nothing when git finds no such commit.
std::optional<std::vector<Walked>> walk(const Git& git, const std::vector<std::string>& range) {
  std::vector<std::string> arguments{
      "log", "--first-parent",        "--no-show-signature", "--encoding=UTF-8",
      "-z",  "--format=%H %ct %P%n%B"};
  arguments.insert(arguments.end(), range.begin(), range.end());
  arguments.emplace_back("--");
  const Finished log = git.ask(arguments);
  if (log.status != 0) return std::nullopt;
  std::vector<Walked> chain;
  for (const auto entry : split(log.out, '\0')) {
    const size_t newline = entry.find('\n');
    const auto head = split(entry.substr(0, newline), ' ');
    if (head.size() < 2) continue;
    const std::string_view message =
        newline == std::string_view::npos ? "" : entry.substr(newline + 1);
    chain.push_back({record_from(head[0], head[1], message),
                     head.size() > 2 ? std::string(head[2]) : std::string()});
  }
  return chain;
}

std::vector<LiveRecord> without_root(std::vector<Walked> walked) {
  std::vector<LiveRecord> chain;
  for (auto& entry : walked) {
    if (!entry.record.commit.empty()) chain.push_back(std::move(entry.record));
  }
  return chain;
}

}  // namespace

std::string write_live_record(const Git& git, const LiveRecord& record,
                              const std::string& previous) {
  const std::string tree = empty_tree(git);
  auto identity = record_identity(git);
  const std::string date = std::to_string(to_unix(record.at)) + " +0000";
  identity["GIT_AUTHOR_DATE"] = date;
  identity["GIT_COMMITTER_DATE"] = date;
  std::string parent = previous;
  if (parent.empty()) {
    parent = git.line({"commit-tree", tree},
                      {.input = "The history of what was live\n", .set = identity});
  }
  return git.line({"commit-tree", "-p", parent, "-p", record.commit, tree},
                  {.input = message_of(record), .set = identity});
}

std::vector<LiveRecord> read_live_chain(const Git& git, std::string_view ref) {
  return without_root(walk(git, {std::string(ref)}).value_or(std::vector<Walked>{}));
}

std::optional<std::vector<LiveRecord>> read_live_since(const Git& git, const std::string& old_tip,
                                                       const std::string& new_tip) {
  auto grown = walk(git, {new_tip, "^" + old_tip});
  if (!grown || grown->empty() || grown->back().previous != old_tip) return std::nullopt;
  return without_root(*std::move(grown));
}

std::optional<LiveRecord> read_live(const Git& git, std::string_view ref) {
  auto chain =
      without_root(walk(git, {"--max-count=1", std::string(ref)}).value_or(std::vector<Walked>{}));
  if (chain.empty()) return std::nullopt;
  return std::move(chain.front());
}

}  // namespace rollback

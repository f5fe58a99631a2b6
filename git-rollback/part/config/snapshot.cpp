#include "part/config/snapshot.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "os/error.h"
#include "store/identity.h"
#include "store/names.h"
#include "store/temporary_index.h"
#include "store/trailers.h"

namespace rollback {
namespace {

constexpr const char* trailer_key = "Rollback-Config";

// tree/etc/x.conf for a file of the work tree, root/etc/x.conf for /etc/x.conf
std::string place_in_tree(std::string_view path) {
  return path.starts_with('/') ? "root" + std::string(path) : "tree/" + std::string(path);
}

std::string manifest_line(const FileState& file) {
  if (file.absent) return "absent - - - " + percent_encode(file.path) + "\n";
  char head[64];
  std::snprintf(head, sizeof head, "%04o %u %u ", file.mode.mode, file.mode.uid, file.mode.gid);
  return head + file.sha256 + " " + percent_encode(file.path) + "\n";
}

std::optional<FileState> parse_manifest_line(std::string_view line) {
  const auto fields = split(line, ' ');
  if (fields.size() != 5) return std::nullopt;
  const auto path = percent_decode(fields[4]);
  if (!path) return std::nullopt;
  FileState file;
  file.path = *path;
  if (fields[0] == "absent") return file;
  file.absent = false;
  const auto number = [](std::string_view text, int base) {
    return static_cast<unsigned>(std::strtoul(std::string(text).c_str(), nullptr, base));
  };
  file.mode = {
      .mode = number(fields[0], 8), .uid = number(fields[1], 10), .gid = number(fields[2], 10)};
  file.sha256 = std::string(fields[3]);
  return file;
}

// A tree with the files and their manifest, built in an index of its own.
std::string component_tree(const Git& git, const std::vector<FileState>& files) {
  std::string manifest;
  std::string entries;
  for (const auto& file : files) {
    manifest += manifest_line(file);
    if (file.absent) continue;
    entries += (file.mode.mode & 0100U ? "100755 " : "100644 ") + file.blob + "\t" +
               place_in_tree(file.path) + '\0';
  }
  const std::string blob = git.line({"hash-object", "-w", "--stdin"}, {.input = manifest});
  entries += "100644 " + blob + "\tmanifest" + '\0';
  const TemporaryIndex index(git);
  git.run({"update-index", "-z", "--index-info"}, {.input = entries, .set = index.environment()});
  return git.line({"write-tree"}, {.set = index.environment()});
}

std::string tree_of(const Git& git, const std::string& commit) {
  return git.line({"rev-parse", "--verify", commit + "^{tree}"});
}

// The snapshot before, with the subtree of one component replaced.
std::string with_component(const Git& git, const std::string& before, const std::string& component,
                           const std::string& subtree) {
  std::string entries;
  if (!before.empty()) {
    const std::string list = git.run({"ls-tree", "-z", before});
    for (const auto entry : split(list, '\0')) {
      if (entry.substr(entry.find('\t') + 1) != component) {
        entries += std::string(entry) + '\0';
      }
    }
  }
  entries += "040000 tree " + subtree + "\t" + component + '\0';
  return git.line({"mktree", "-z"}, {.input = entries});
}

}  // namespace

void add_snapshot(const Git& git, PointDraft& draft, const std::string& component,
                  const std::vector<FileState>& files) {
  const std::string ref = names::config_ref(draft.point.environment);
  auto move = std::find_if(draft.refs.begin(), draft.refs.end(),
                           [&](const RefChange& change) { return change.ref == ref; });
  const bool first = move == draft.refs.end();
  const Finished tip = git.ask({"rev-parse", "--verify", "--quiet", ref});
  const std::string parent = tip.status == 0 ? tip.out.substr(0, tip.out.find('\n')) : "";
  const std::string before = first ? parent : move->new_id;

  const std::string tree = with_component(git, before, component, component_tree(git, files));
  std::string commit = parent;
  if (parent.empty() || tree != tree_of(git, parent)) {
    auto identity = record_identity(git);
    identity["GIT_COMMITTER_DATE"] = std::to_string(to_unix(draft.point.at)) + " +0000";
    identity["GIT_AUTHOR_DATE"] = identity["GIT_COMMITTER_DATE"];
    std::vector<std::string> arguments{"commit-tree", tree};
    if (!parent.empty()) arguments.insert(arguments.end(), {"-p", parent});
    commit = git.line(arguments, {.input = "Config at " + draft.point.id + "\n", .set = identity});
    if (first) {
      draft.refs.push_back({ref, parent, commit});
    } else {
      move->new_id = commit;
    }
  }
  auto& trailers = draft.point.trailers;
  std::erase_if(trailers, [](const Trailer& trailer) { return trailer.key == trailer_key; });
  trailers.push_back({trailer_key, {commit}});
}

std::optional<FileState> file_in(const std::vector<FileState>& snapshot, std::string_view path) {
  const auto found = std::find_if(snapshot.begin(), snapshot.end(),
                                  [&](const FileState& file) { return file.path == path; });
  if (found == snapshot.end()) return std::nullopt;
  return *found;
}

std::vector<FileState> read_snapshot(const Git& git, const Point& point,
                                     const std::string& component) {
  const std::string commit = first_field(point.trailers, trailer_key);
  const std::string root = commit + ":" + component;
  const Finished manifest = git.ask({"cat-file", "blob", root + "/manifest"});
  if (commit.empty() || manifest.status != 0) {
    throw Refused("the config snapshot of point '" + point.id + "' is not in this repository",
                  {"snapshots are never pushed: run this on the host '" + point.host +
                   "', or leave the part out"});
  }
  std::vector<FileState> files;
  for (const auto line : split(manifest.out, '\n')) {
    auto file = parse_manifest_line(line);
    if (!file) throw Fatal("the config snapshot of point '" + point.id + "' is damaged");
    if (!file->absent) {
      file->blob = git.line({"rev-parse", "--verify", root + "/" + place_in_tree(file->path)});
    }
    files.push_back(*std::move(file));
  }
  return files;
}

}  // namespace rollback

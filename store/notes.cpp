#include "store/notes.h"

#include <map>
#include <set>

namespace rollback {
namespace {

struct Change {
  std::vector<std::string> old_blobs, new_blobs;
};

std::string without_slashes(std::string_view path) {
  std::string name;
  for (const char c : path) {
    if (c != '/') name += c;
  }
  return name;
}

bool is_nothing(std::string_view id) { return id.find_first_not_of('0') == std::string_view::npos; }

// By the commit that each note is on. Where the fan-out differs, one note is
// removed at one path and added at another.
std::map<std::string, Change> changed_notes(const Git& git, const std::string& from,
                                            const std::string& to) {
  const std::string raw = git.run({"diff-tree", "-r", "-z", "--raw", "--no-renames", from, to});
  const auto fields = split(raw, '\0');
  std::map<std::string, Change> changes;
  for (size_t i = 0; i + 1 < fields.size(); i += 2) {
    const auto words = split(fields[i], ' ');  // ":<mode> <mode> <old> <new> <letter>"
    const std::string commit = without_slashes(fields[i + 1]);
    const bool is_note = words.size() == 5 && commit.size() == words[2].size() &&
                         commit.find_first_not_of("0123456789abcdef") == std::string::npos;
    if (!is_note) continue;
    Change& change = changes[commit];
    if (!is_nothing(words[2])) change.old_blobs.emplace_back(words[2]);
    if (!is_nothing(words[3])) change.new_blobs.emplace_back(words[3]);
  }
  return changes;
}

std::map<std::string, std::string> read_blobs(const Git& git, const std::set<std::string>& ids) {
  std::map<std::string, std::string> blobs;
  if (ids.empty()) return blobs;
  std::string wanted;
  for (const auto& id : ids) wanted += id + "\n";
  const std::string contents = git.run({"cat-file", "--batch"}, {.input = wanted});
  std::string_view rest(contents);
  while (!rest.empty()) {  // "<id> blob <size>\n<bytes>\n", or "<id> missing\n"
    const size_t newline = rest.find('\n');
    const auto header = split(rest.substr(0, newline), ' ');
    rest.remove_prefix(newline + 1);
    if (header.size() != 3) continue;
    const size_t size = std::stoul(std::string(header[2]));
    blobs.emplace(header[0], rest.substr(0, size));
    rest.remove_prefix(size + 1);
  }
  return blobs;
}

// None of a tree or a submodule, which somebody else put there.
std::vector<std::string_view> lines_of(const std::map<std::string, std::string>& blobs,
                                       const std::string& id) {
  const auto found = blobs.find(id);
  if (found == blobs.end()) return {};
  return split(found->second, '\n');
}

}  // namespace

std::vector<NoteLine> lines_only_in(const Git& git, const std::string& notes,
                                    const std::string& other) {
  if (notes.empty() || notes == other) return {};
  const auto changes = changed_notes(git, other.empty() ? empty_tree(git) : other, notes);
  std::set<std::string> ids;
  for (const auto& [commit, change] : changes) {
    ids.insert(change.old_blobs.begin(), change.old_blobs.end());
    ids.insert(change.new_blobs.begin(), change.new_blobs.end());
  }
  const auto blobs = read_blobs(git, ids);
  std::vector<NoteLine> lines;
  for (const auto& [commit, change] : changes) {
    std::set<std::string_view> known;
    for (const auto& id : change.old_blobs) {
      const auto old = lines_of(blobs, id);
      known.insert(old.begin(), old.end());
    }
    for (const auto& id : change.new_blobs) {
      for (const auto line : lines_of(blobs, id)) {
        if (!line.empty() && known.insert(line).second) {
          lines.push_back({commit, std::string(line)});
        }
      }
    }
  }
  return lines;
}

}  // namespace rollback

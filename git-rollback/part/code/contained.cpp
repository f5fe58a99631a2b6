#include "part/code/contained.h"

#include <algorithm>
#include <boost/filesystem/operations.hpp>
#include <cctype>
#include <optional>
#include <vector>

#include "os/file.h"
#include "store/scratch.h"

namespace rollback {
namespace fs = boost::filesystem;
namespace {

using Lines = std::vector<std::string_view>;

struct Region {
  Lines ours, base, theirs;
};

bool says_something(std::string_view line) {
  return std::any_of(line.begin(), line.end(),
                     [](unsigned char c) { return std::isalnum(c) != 0; });
}

bool has(const Lines& lines, std::string_view line) {
  return std::find(lines.begin(), lines.end(), line) != lines.end();
}

// Which lines of two texts stand in a longest common subsequence of them.
struct Common {
  std::vector<bool> first, second;
};

Common common_lines(const Lines& first, const Lines& second) {
  const size_t width = second.size() + 1;
  std::vector<size_t> length((first.size() + 1) * width);  // of what is left, from each place
  for (size_t i = first.size(); i-- > 0;) {
    for (size_t k = second.size(); k-- > 0;) {
      length[i * width + k] =
          first[i] == second[k] ? length[(i + 1) * width + k + 1] + 1
                                : std::max(length[(i + 1) * width + k], length[i * width + k + 1]);
    }
  }
  Common common{std::vector<bool>(first.size()), std::vector<bool>(second.size())};
  for (size_t i = 0, k = 0; i < first.size() && k < second.size();) {
    if (first[i] == second[k]) {
      common.first[i++] = common.second[k++] = true;
    } else if (length[(i + 1) * width + k] >= length[i * width + k + 1]) {
      ++i;
    } else {
      ++k;
    }
  }
  return common;
}

// A neighbour that tells where a run of lines stands: the same on both sides,
// and either a line that says something or the end of the conflict.
bool is_same_neighbour(const Lines& some, size_t at, const Lines& others, size_t other_at) {
  const bool end = at >= some.size(), other_end = other_at >= others.size();  // -1 wraps around
  if (end || other_end) return end && other_end;
  return some[at] == others[other_at] && says_something(some[at]);
}

// Where these lines of theirs stand together in ours, at the same place, and not
// before `first`: the end of them there.
std::optional<size_t> end_of_run(const Lines& ours, size_t first, const Lines& theirs, size_t from,
                                 size_t to) {
  const size_t length = to - from;
  for (size_t at = first; at + length <= ours.size(); ++at) {
    if (!std::equal(theirs.begin() + static_cast<std::ptrdiff_t>(from),
                    theirs.begin() + static_cast<std::ptrdiff_t>(to),
                    ours.begin() + static_cast<std::ptrdiff_t>(at))) {
      continue;
    }
    if (is_same_neighbour(theirs, from - 1, ours, at - 1) ||
        is_same_neighbour(theirs, to, ours, at + length)) {
      return at + length;
    }
  }
  return std::nullopt;
}

bool has_change(const Region& region) {
  constexpr size_t lines_compared = 1000;  // a conflict that is larger is a person's
  if (region.base.size() > lines_compared || region.theirs.size() > lines_compared) return false;
  const Common common = common_lines(region.base, region.theirs);
  for (size_t i = 0; i < region.base.size(); ++i) {
    const std::string_view line = region.base[i];
    if (!common.first[i] && says_something(line) && has(region.ours, line)) return false;
  }
  bool said = false;
  size_t after = 0;  // the runs before stand in this much of ours
  for (size_t from = 0; from < region.theirs.size(); ++from) {
    if (common.second[from]) continue;
    size_t to = from;
    while (to < region.theirs.size() && !common.second[to]) {
      said = says_something(region.theirs[to++]) || said;
    }
    const auto end = end_of_run(region.ours, after, region.theirs, from, to);
    if (!end) return false;
    after = *end;
    from = to;
  }
  return said;
}

}  // namespace

bool is_contained(std::string_view merged, size_t marker_length) {
  const auto marker = [&](char c) { return std::string(marker_length, c); };
  const std::string begin = marker('<'), base = marker('|'), theirs = marker('='),
                    end = marker('>');
  Region region;
  Lines* side = nullptr;
  bool any = false;
  for (const auto line : split(merged, '\n')) {
    if (line.starts_with(begin)) {
      region = {};
      side = &region.ours;
    } else if (side == &region.ours && line.starts_with(base)) {
      side = &region.base;
    } else if (side == &region.base && line == theirs) {
      side = &region.theirs;
    } else if (side == &region.theirs && line.starts_with(end)) {
      if (!has_change(region)) return false;
      any = true;
      side = nullptr;
    } else if (side != nullptr) {
      side->push_back(line);
    }
  }
  return any;
}

std::string blob_where_contained(const Git& git, const std::string& base, const std::string& ours,
                                 const std::string& theirs) {
  constexpr size_t marker_length = 31;  // so long that no file has them
  const fs::path folder = scratch_path(git.git_dir(), "merge");
  fs::create_directories(folder);
  std::vector<std::string> files;
  for (const auto& [name, id] :
       {std::pair{"ours", &ours}, std::pair{"base", &base}, std::pair{"theirs", &theirs}}) {
    write_file(folder / name, id->empty() ? "" : git.run({"cat-file", "blob", *id}));
    files.push_back((folder / name).string());
  }
  const auto merged = [&](std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {"merge-file", "-p"});
    arguments.insert(arguments.end(), files.begin(), files.end());
    return git.ask(arguments).out;  // of binary files: nothing
  };
  const bool contained = is_contained(
      merged({"--diff3", "--marker-size=" + std::to_string(marker_length)}), marker_length);
  const std::string result = contained ? merged({"--ours"}) : "";
  boost::system::error_code ignored;
  fs::remove_all(folder, ignored);
  return contained ? git.line({"hash-object", "-w", "--stdin"}, {.input = result}) : "";
}

}  // namespace rollback

#include "part/code/contained.h"

#include <algorithm>
#include <boost/filesystem/operations.hpp>
#include <cctype>
#include <set>

#include "os/file.h"
#include "store/scratch.h"

namespace rollback {
namespace fs = boost::filesystem;
namespace {

using Lines = std::multiset<std::string_view>;

struct Region {
  Lines ours, base, theirs;
};

Lines less(const Lines& some, const Lines& others) {
  Lines rest;
  std::set_difference(some.begin(), some.end(), others.begin(), others.end(),
                      std::inserter(rest, rest.end()));
  return rest;
}

bool says_something(std::string_view line) {
  return std::any_of(line.begin(), line.end(),
                     [](unsigned char c) { return std::isalnum(c) != 0; });
}

bool has_change(const Region& region) {
  const Lines added = less(region.theirs, region.base), gone = less(region.base, region.theirs);
  return std::any_of(added.begin(), added.end(), says_something) &&
         std::includes(region.ours.begin(), region.ours.end(), added.begin(), added.end()) &&
         std::none_of(gone.begin(), gone.end(), [&](std::string_view line) {
           return says_something(line) && region.ours.count(line) != 0;
         });
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
      side->insert(line);
    }
  }
  return any;
}

bool is_contained(const Git& git, const std::string& base, const std::string& ours,
                  const std::string& theirs) {
  constexpr size_t marker_length = 31;  // so long that no file has them
  const fs::path folder = scratch_path(git.git_dir(), "merge");
  fs::create_directories(folder);
  std::vector<std::string> arguments{"merge-file", "-p", "--diff3",
                                     "--marker-size=" + std::to_string(marker_length)};
  for (const auto& [name, id] :
       {std::pair{"ours", &ours}, std::pair{"base", &base}, std::pair{"theirs", &theirs}}) {
    write_file(folder / name, id->empty() ? "" : git.run({"cat-file", "blob", *id}));
    arguments.push_back((folder / name).string());
  }
  const Finished merged = git.ask(arguments);
  boost::system::error_code ignored;
  fs::remove_all(folder, ignored);
  return is_contained(merged.out, marker_length);  // binary files: nothing is printed
}

}  // namespace rollback

#include "session/adoption.h"

#include <algorithm>
#include <array>
#include <boost/filesystem/operations.hpp>
#include <fstream>
#include <set>

#include "part/binaries/binaries_part.h"
#include "session/revision.h"
#include "store/names.h"

namespace rollback {
namespace fs = boost::filesystem;
namespace {

constexpr size_t most_suggestions = 8;
constexpr int deepest = 3;           // folders below the one where databases are looked for
constexpr int most_entries = 5'000;  // so that a huge work tree costs nothing to speak of
constexpr int longest_chain = 40;    // of links, as in the kernel

// Sorted, so that the same folder is always told of in the same words; a folder
// that cannot be read has none.
std::vector<fs::path> entries_of(const fs::path& folder) {
  std::vector<fs::path> entries;
  boost::system::error_code error;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end;
       entry.increment(error)) {
    entries.push_back(entry->path());
  }
  std::sort(entries.begin(), entries.end());
  return entries;
}

bool is_folder(const fs::path& path) {
  boost::system::error_code ignored;
  return fs::is_directory(path, ignored);
}

bool is_link(const fs::path& path) {
  boost::system::error_code ignored;
  return fs::is_symlink(fs::symlink_status(path, ignored));
}

bool is_plain_file(const fs::path& path) {
  boost::system::error_code ignored;
  return fs::is_regular_file(fs::symlink_status(path, ignored));
}

// What a .rollback.yml can name: no control characters.
bool can_be_written(const fs::path& path) {
  const std::string& text = path.native();
  return std::none_of(text.begin(), text.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte < 0x20 || byte == 0x7F;
  });
}

std::string quoted(const fs::path& path) { return "'" + path.string() + "'"; }

// `current` may lead to its release through other links: the last of them is
// the one whose text names it.
fs::path last_link(fs::path link) {
  for (int hop = 0; hop < longest_chain; ++hop) {
    boost::system::error_code error;
    const fs::path next = fs::absolute(fs::read_symlink(link, error), link.parent_path());
    const fs::path folder = error ? fs::path() : fs::canonical(next.parent_path(), error);
    if (error || !is_link(folder / next.filename())) break;
    link = folder / next.filename();
  }
  return link;
}

std::vector<fs::path> links_into(const fs::path& releases, const fs::path& folder) {
  std::vector<fs::path> links;
  for (const auto& entry : entries_of(folder)) {
    if (is_link(entry) && current_release({.releases = releases, .current = entry}, folder)) {
      links.push_back(entry);
    }
  }
  return links;
}

std::string maker_of(const fs::path& folder) {
  if (is_folder(folder / ".dep")) return "Deployer";
  if (is_plain_file(folder / "revisions.log") || is_plain_file(folder / "repo" / "HEAD")) {
    return "Capistrano";
  }
  return "";
}

// The link that names what runs: `current`, else the only one that there is.
std::optional<fs::path> choose_link(const fs::path& folder, std::vector<fs::path> links,
                                    std::vector<std::string>& remarks) {
  const fs::path current = folder / "current", releases = folder / "releases";
  if (std::find(links.begin(), links.end(), current) != links.end()) return current;
  // Deployer's `release` names the one that is being built.
  if (is_folder(folder / ".dep")) std::erase(links, folder / "release");
  if (links.size() == 1) return links.front();
  if (links.size() > 1) {
    std::string names;
    for (const auto& link : links) names += (names.empty() ? "" : ", ") + quoted(link);
    remarks.push_back("several links lead into " + quoted(releases) + ": " + names +
                      "; name the one that says what runs under binaries, as current");
  } else if (is_folder(current) && !is_link(current)) {
    remarks.push_back(quoted(current) + " is a folder, and no link into " + quoted(releases) +
                      ": only a link can be swapped at once");
  } else if (is_link(current)) {
    remarks.push_back(quoted(current) + " leads to no folder in " + quoted(releases));
  } else {
    remarks.push_back(quoted(releases) + " is there, but no link beside it names what runs");
  }
  return std::nullopt;
}

std::optional<FoundReleases> look_in(const fs::path& folder, std::vector<std::string>& remarks) {
  FoundReleases found{.folder = folder,
                      .releases = folder / "releases",
                      .current = {},
                      .release = {},
                      .made_by = maker_of(folder)};
  if (!is_folder(found.releases)) return std::nullopt;
  const auto link = choose_link(folder, links_into(found.releases, folder), remarks);
  if (!link) return std::nullopt;
  found.current = last_link(*link);
  if (!can_be_written(found.releases) || !can_be_written(found.current)) {
    remarks.push_back("the path " + quoted(found.releases) + " holds control characters");
    return std::nullopt;
  }
  if (found.current != *link) {
    remarks.push_back(quoted(*link) + " leads on to " + quoted(found.current) +
                      ", which names the release: that one is taken, since it is what a deploy"
                      " and a rollback replace");
  }
  found.release = *current_release({.releases = found.releases, .current = found.current}, folder);
  return found;
}

std::optional<FoundReleases> look_beside(const fs::path& work_tree, const KnowsRevision& knows,
                                         std::vector<std::string>& remarks) {
  std::vector<FoundReleases> candidates;
  for (const auto& folder : entries_of(work_tree.parent_path())) {
    if (folder == work_tree || is_link(folder) || !is_folder(folder)) continue;
    std::vector<std::string> own;
    const auto found = look_in(folder, own);
    if (!found) continue;
    const auto revision = revision_of_release(
        {.releases = found->releases, .current = found->current}, found->folder);
    if (revision && !knows(*revision)) {
      remarks.push_back("left the releases in " + quoted(found->releases) +
                        " alone: their REVISION '" + *revision +
                        "' is no commit of this repository; if they are its own: git fetch, remove"
                        " .rollback.yml, git rollback init");
      continue;
    }
    candidates.push_back(*found);
    remarks.insert(remarks.end(), own.begin(), own.end());
  }
  if (candidates.size() == 1) return candidates.front();
  if (candidates.size() > 1) {
    std::string names;
    for (const auto& found : candidates) {
      names += (names.empty() ? "" : ", ") + quoted(found.releases);
    }
    remarks.push_back("several services stand beside this work tree: " + names +
                      "; name one under binaries in .rollback.yml");
  }
  return std::nullopt;
}

std::optional<FoundReleases> find_releases(const fs::path& work_tree, const KnowsRevision& knows,
                                           std::vector<std::string>& remarks) {
  const fs::path around = work_tree.parent_path();
  if (around.filename() == "releases") {
    remarks.push_back(
        "this work tree is itself a release: the record would go with it when the"
        " release is removed; clone the repository to a folder of its own");
    return look_in(around.parent_path(), remarks);
  }
  if (auto found = look_in(work_tree, remarks)) return found;
  if (auto found = look_in(around, remarks)) return found;
  return look_beside(work_tree, knows, remarks);
}

bool is_config_name(const fs::path& path) {
  static const std::set<std::string> endings{".conf", ".ini",  ".cfg", ".yml",
                                             ".yaml", ".toml", ".env", ".properties"};
  const std::string name = path.filename().string();
  // .rollback.yml takes no patterns, and is none itself.
  if (name == names::configuration_file || name.find_first_of("*?[") != std::string::npos) {
    return false;
  }
  return name == ".env" || endings.count(path.extension().string()) != 0;
}

void suggest_config(const std::vector<fs::path>& places, FoundService& found) {
  std::set<fs::path> seen;
  for (const auto& place : places) {
    const auto files = is_plain_file(place) ? std::vector{place} : entries_of(place);
    for (const auto& file : files) {
      if (found.config.size() == most_suggestions) return;
      if (is_plain_file(file) && is_config_name(file) && can_be_written(file) &&
          seen.insert(file).second) {
        found.config.push_back(file);
      }
    }
  }
}

bool is_sqlite(const fs::path& file) {
  static const std::set<std::string> endings{".db", ".sqlite", ".sqlite3", ".db3"};
  if (endings.count(file.extension().string()) == 0 || !is_plain_file(file)) return false;
  std::array<char, 16> head{};
  std::ifstream(file.string(), std::ios::binary).read(head.data(), head.size());
  return std::string_view(head.data(), 15) == "SQLite format 3";
}

void suggest_databases(const fs::path& folder, int depth, int& left, FoundService& found) {
  static const std::set<std::string> skipped{".git", "releases", "node_modules", "repo"};
  for (const auto& entry : entries_of(folder)) {
    if (--left < 0 || found.databases.size() == most_suggestions) return;
    if (is_link(entry)) continue;
    if (is_folder(entry)) {
      const bool enter = depth < deepest && skipped.count(entry.filename().string()) == 0;
      if (enter) suggest_databases(entry, depth + 1, left, found);
    } else if (is_sqlite(entry) && can_be_written(entry)) {
      found.databases.push_back(entry);
    }
  }
}

// A name for the one component that the first configuration has.
std::string component_name(const fs::path& folder) {
  std::string name;
  const std::string text = folder.filename().string();
  for (const char c : text) {
    const char lower = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    const bool fits = (lower >= 'a' && lower <= 'z') || (lower >= '0' && lower <= '9');
    if (fits || (!name.empty() && (c == '_' || c == '-' || c == '.'))) name += lower;
  }
  return names::is_component(name) ? name : "app";
}

const fs::path& folder_of(const FoundService& found, const fs::path& work_tree) {
  return found.binaries && found.binaries->folder != work_tree ? found.binaries->folder : work_tree;
}

// As .rollback.yml names it: relative where it is in the work tree.
std::string in_yaml(const fs::path& path, const fs::path& work_tree, const char* scheme = "") {
  const fs::path relative = path.lexically_relative(work_tree);
  const bool inside = !relative.empty() && *relative.begin() != "..";
  std::string text = "\"";
  for (const char c : scheme + (inside ? relative : path).string()) {
    if (c == '"' || c == '\\') text += '\\';
    text += c;
  }
  return text + "\"";
}

std::string binaries_in_yaml(const FoundReleases& found, const fs::path& work_tree,
                             const std::string& name) {
  std::string text = "    binaries:\n      releases: " + in_yaml(found.releases, work_tree) +
                     "\n      current: " + in_yaml(found.current, work_tree) + "\n";
  if (!found.made_by.empty()) {
    text += "      keep: 1000                        # " + found.made_by +
            " removes old releases by itself\n";
  }
  return text + "      # stop: [\"systemctl\", \"stop\", \"" + name +
         "\"]\n      # start: [\"systemctl\", \"start\", \"" + name + "\"]\n";
}

std::string config_in_yaml(const FoundService& found, const fs::path& work_tree,
                           const std::string& name) {
  std::string text;
  for (const auto& file : found.config) {
    text += (text.empty() ? "" : ", ") + in_yaml(file, work_tree);
  }
  if (text.empty()) return "    # config: [\"etc/" + name + ".conf\"]\n";
  return "    # found, and perhaps the service's own:\n    # config: [" + text + "]\n";
}

std::string databases_in_yaml(const FoundService& found, const fs::path& work_tree,
                              const std::string& name) {
  if (found.databases.empty()) {
    return "    # database:\n    #   url: \"sqlite:var/" + name + ".db\"\n    #   tables: [\"" +
           name + "\", \"" + name + "_*\"]\n";
  }
  std::string text = "    # found, and perhaps the service's own:\n    # database:\n";
  for (const auto& file : found.databases) {
    text += "    #   - url: " + in_yaml(file, work_tree, "sqlite:") +
            "\n    #     tables: [\"*\"]            # name those of this component\n";
  }
  return text;
}

}  // namespace

FoundService look_for_service(const fs::path& work_tree, const KnowsRevision& knows) {
  FoundService found;
  found.binaries = find_releases(work_tree, knows, found.remarks);
  const fs::path folder = folder_of(found, work_tree);
  const std::string name = component_name(folder);
  suggest_config({work_tree / "etc", work_tree / "conf", work_tree / "config", work_tree / ".env",
                  folder / "shared", folder / "shared" / "config", folder / "shared" / "etc",
                  fs::path("/etc") / name, fs::path("/etc") / (name + ".conf")},
                 found);
  int left = most_entries;
  suggest_databases(work_tree, 0, left, found);
  if (folder != work_tree) suggest_databases(folder / "shared", 0, left, found);
  return found;
}

std::string starting_configuration(const FoundService& found, const fs::path& work_tree) {
  const std::string name = component_name(folder_of(found, work_tree));
  std::string text =
      "# What goes back together when a deploy goes wrong: see git rollback -h.\n"
      "version: 1\ncomponents:\n  " +
      name + ":\n    code: [\".\"]                         # pathspecs, such as \"src/" + name +
      "\"\n";
  if (found.binaries) {
    text += binaries_in_yaml(*found.binaries, work_tree, name);
  } else {
    text +=
        "    # binaries:\n    #   releases: \"releases\"\n    #   current: \"current\"\n"
        "    #   stop: [\"systemctl\", \"stop\", \"" +
        name + "\"]\n    #   start: [\"systemctl\", \"start\", \"" + name + "\"]\n";
  }
  text += config_in_yaml(found, work_tree, name) + databases_in_yaml(found, work_tree, name);
  return text + "# verification: { smoke_test: [\"tools/smoke\"] }\n";
}

}  // namespace rollback

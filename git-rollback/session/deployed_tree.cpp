#include "session/deployed_tree.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <boost/filesystem/operations.hpp>
#include <set>

#include "os/error.h"
#include "part/code/work_tree.h"
#include "store/publication.h"
#include "store/temporary_index.h"

namespace rollback {
namespace fs = boost::filesystem;
namespace {

using Paths = std::set<std::string>;
using Environment = std::map<std::string, std::string>;

Paths paths_of(const std::vector<PathChange>& changes) {
  Paths paths;
  for (const auto& change : changes) paths.insert(change.path);
  return paths;
}

Paths both(const Paths& a, const Paths& b) {
  Paths shared;
  std::set_intersection(a.begin(), a.end(), b.begin(), b.end(),
                        std::inserter(shared, shared.begin()));
  return shared;
}

// One index, git's own or a copy of it, and the files beside it.
class Tree {
 public:
  Tree(const Git& git, Environment environment) : git_(git), environment_(std::move(environment)) {}

  Finished ask(const std::vector<std::string>& arguments,
               const std::optional<std::string>& input = {}) const {
    return git_.ask(arguments, {.input = input, .set = environment_});
  }
  std::string run(const std::vector<std::string>& arguments,
                  const std::optional<std::string>& input = {}) const {
    return git_.run(arguments, {.input = input, .set = environment_});
  }

  // The tree that the index holds.
  std::string base() const {
    const std::string id = run({"write-tree"});
    return id.substr(0, id.find('\n'));
  }
  std::vector<PathChange> changes_to(const std::string& commit) const {
    return changes_between(git_, base(), commit, {});
  }
  Paths listed(const std::vector<std::string>& arguments) const {
    const std::string list = run(arguments);
    const auto names = split(list, '\0');
    return {names.begin(), names.end()};
  }
  Paths modified() const { return listed({"diff-files", "--name-only", "-z"}); }
  Paths missing() const { return listed({"ls-files", "-z", "--deleted"}); }
  void refresh() const { ask({"update-index", "-q", "--refresh"}); }

  // Lets the index follow the files that are at this commit already. No file
  // is touched.
  void follow(const std::string& commit) const {
    std::string entries;
    for (const auto& change : at_new_side(git_, changes_to(commit))) {
      entries += change.new_mode + " " + change.new_id + "\t" + change.path + '\0';
    }
    if (entries.empty()) return;
    run({"update-index", "-z", "--index-info"}, entries);
    refresh();
  }

  Finished read_tree(const std::string& commit, bool only_look) const {
    std::vector<std::string> arguments{"read-tree", "-m", "-u", base(), commit};
    if (only_look) arguments.insert(arguments.begin() + 1, "-n");
    return ask(arguments);
  }

  const Git& git() const { return git_; }

 private:
  const Git& git_;
  Environment environment_;
};

void make_ready(const Tree& tree, const Checkout& checkout, bool index_is_there) {
  if (!index_is_there) {
    const std::string old = checkout.known.empty() ? "" : checkout.known.front();
    tree.run({"read-tree", old.empty() ? "--empty" : old});
  }
  tree.refresh();
  for (const auto& commit : checkout.cut_short) tree.follow(commit);
}

// What was added to the index by hand, where the coming commit differs from it.
Paths staged(const Tree& tree, const Checkout& checkout) {
  std::vector<std::string> known = checkout.known;
  known.insert(known.end(), checkout.cut_short.begin(), checkout.cut_short.end());
  known.erase(std::remove(known.begin(), known.end(), ""), known.end());
  if (known.empty()) return {};
  const std::string base = tree.base();
  Paths paths = paths_of(tree.changes_to(checkout.commit));
  for (const auto& commit : known) {
    if (paths.empty()) break;
    paths = both(paths, paths_of(changes_between(tree.git(), commit, base, {})));
  }
  return paths;
}

// Where git would not go on; nothing where it would. As git stops at the first
// one, the others are looked for here.
Paths in_the_way(const Tree& tree, const Checkout& checkout) {
  if (Paths paths = staged(tree, checkout); !paths.empty()) return paths;
  if (tree.read_tree(checkout.commit, true).status == 0) return {};
  tree.follow(checkout.commit);
  const Finished said = tree.read_tree(checkout.commit, true);
  if (said.status == 0) return {};
  const auto changes = tree.changes_to(checkout.commit);
  Paths paths = both(paths_of(changes), tree.modified());
  for (const auto& change : changes) {
    struct stat status {};
    const bool is_new = change.old_mode == "000000";
    if (is_new && lstat((tree.git().work_tree() / change.path).c_str(), &status) == 0) {
      paths.insert(change.path);
    }
  }
  if (paths.empty()) throw Refused("git cannot check it out: " + said.err);
  return paths;
}

fs::path index_of(const Git& git) { return git.git_dir() / "index"; }

// With its time, by which git knows which entries it must look at again.
void copy_index(const fs::path& from, const fs::path& to) {
  fs::copy_file(from, to);
  struct stat status {};
  if (stat(from.c_str(), &status) != 0) return;
  const timespec times[2] = {status.st_atim, status.st_mtim};
  utimensat(AT_FDCWD, to.c_str(), times, 0);
}

std::vector<std::string> as_list(const Paths& paths) { return {paths.begin(), paths.end()}; }

void bring_back_missing(const Tree& tree) {
  const Paths missing = tree.missing();
  if (missing.empty()) return;
  std::string list;
  for (const auto& path : missing) list += path + '\0';
  const Finished said = tree.ask({"checkout-index", "-u", "-z", "--stdin"}, list);
  const Paths still = tree.missing();
  if (!still.empty()) {
    throw Fatal("'" + *still.begin() + "' cannot be put back: " + said.err);
  }
}

}  // namespace

CheckoutOutlook look_at_checkout(const Git& git, const Checkout& checkout) {
  const TemporaryIndex copy(git);
  const Environment environment = copy.environment();
  const bool there = fs::exists(index_of(git));
  if (there) copy_index(index_of(git), environment.at("GIT_INDEX_FILE"));
  const Tree tree(git, environment);
  make_ready(tree, checkout, there);
  CheckoutOutlook outlook{.in_the_way = as_list(in_the_way(tree, checkout)), .kept = {}};
  if (!outlook.in_the_way.empty()) return outlook;
  Paths kept = tree.modified();
  for (const auto& path : tree.missing()) kept.erase(path);
  outlook.kept = as_list(kept);
  return outlook;
}

void check_out(const Git& git, const Checkout& checkout) {
  clear_stale_locks(git, {"index"});
  const Tree tree(git, {});
  make_ready(tree, checkout, fs::exists(index_of(git)));
  const Paths paths = in_the_way(tree, checkout);
  if (!paths.empty()) {
    throw Refused("'" + *paths.begin() + "' was changed in the work tree meanwhile");
  }
  const Finished said = tree.read_tree(checkout.commit, false);
  if (said.status != 0) throw Fatal("git cannot check it out: " + said.err);
  bring_back_missing(tree);
}

std::vector<std::string> local_changes(const Git& git) {
  const Tree tree(git, {});
  tree.refresh();
  return as_list(tree.modified());
}

}  // namespace rollback

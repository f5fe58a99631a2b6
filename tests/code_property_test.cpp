// What a code rollback must be on any history: generated ones, many of them.
// GIT_ROLLBACK_SEEDS=<first>..<last> runs others than the handful of the suite.
#include <boost/filesystem/operations.hpp>
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "generated_files.h"
#include "generated_history.h"
#include "os/error.h"
#include "part/code/history.h"
#include "part/code/replay.h"
#include "service_fixture.h"

namespace rollback::testing {
namespace {

using Ids = std::vector<std::string>;

constexpr size_t units_made = 40;

struct Seeds {
  unsigned first, last;
};

Seeds seeds(Seeds of_the_suite) {
  const char* given = getenv("GIT_ROLLBACK_SEEDS");
  if (given != nullptr) sscanf(given, "%u..%u", &of_the_suite.first, &of_the_suite.last);
  return of_the_suite;
}

// Components, and the pathspecs that are theirs; `whole` has none.
const std::map<std::string, Ids>& components() {
  static const std::map<std::string, Ids> all{
      {"whole", {}}, {"app", {"app"}}, {"odd", {":(glob)**/*.txt", "docs", ":(exclude)docs/a b"}}};
  return all;
}

std::string configuration() {
  std::string yaml = "version: 1\ncomponents:\n";
  for (const auto& [name, specs] : components()) {
    yaml += "  " + name + ":" + (specs.empty() ? " {}\n" : "\n    code:\n");
    for (const auto& spec : specs) yaml += "      - \"" + spec + "\"\n";
  }
  return yaml;
}

std::string words(const Ids& ids) {
  std::string text;
  for (const auto& id : ids) text += " '" + id + "'";
  return text;
}

class CodeProperty : public ServiceFixture {
 protected:
  // The history of this seed, checked out.
  void begin(unsigned seed) {
    seed_ = seed;
    dice_ = Dice(seed + 1000003);
    ASSERT_STATUS(0, shell("find . -mindepth 1 -delete; rm -rf ../reverts"));
    git({"init", "-q", "-b", "main"});
    git({"config", "user.name", "Tester"});
    git({"config", "user.email", "tester@example.org"});
    here_ = Git(top() / ".git", top());
    units_ = generate_history(here_, seed, units_made);
    git({"reset", "-q", "--hard"});
  }

  // The same, with the program's record.
  void begin_recorded(unsigned seed) {
    begin(seed);
    write(".git/info/exclude", "/.rollback.yml\n");
    write(".rollback.yml", configuration());
    ASSERT_STATUS(0, rollback({"init"}));
  }

  // A place on the line to go back to, and some of what came after it.
  struct Case {
    std::string target, head;
    Ids kept, gone;  // oldest first; newest first
  };

  Case some_case(size_t kept_of_hundred) {
    const size_t at = dice_.below(units_.size() - 1);
    Case made{.target = units_[at].id, .head = units_.back().id, .kept = {}, .gone = {}};
    for (size_t i = at + 1; i < units_.size(); ++i) {
      if (dice_.percent(kept_of_hundred)) {
        made.kept.push_back(units_[i].id);
      } else {
        made.gone.insert(made.gone.begin(), units_[i].id);
      }
    }
    return made;
  }

  std::string named(const Case& made) const {
    return "seed " + std::to_string(seed_) + ", to " + made.target + ", keeping" + words(made.kept);
  }

  // What `git revert` makes of it in a clone; "": it conflicts.
  std::string reverted(const Case& made) {
    const fs::path clone = scratch() / "reverts";
    if (!fs::exists(clone)) git({"clone", "-q", "--shared", top().string(), clone.string()});
    std::string script = "git reset -q --hard " + made.head + " && git clean -qffdx";
    if (!made.gone.empty()) script += " && git revert --no-commit -m 1" + words(made.gone);
    Command command{.argv = {"sh", "-c", script + " >&2 && git write-tree"}, .directory = clone};
    command.set = variables();
    const Finished finished = run(command);
    if (finished.status == 0) return finished.out.substr(0, finished.out.size() - 1);
    // In a checkout that is clean, the latter is about a conflict, too.
    EXPECT_TRUE(contains(finished.err, "error: could not revert") ||
                contains(finished.err, "would be overwritten"))
        << finished.err;
    command.argv = {"sh", "-c", "git revert --quit; git reset -q --hard"};
    EXPECT_STATUS(0, run(command));
    return "";
  }

  // What one engine makes of it.
  Laid laid(Replay& engine, const Case& made) {
    std::vector<CommitToLay> commits;
    for (const auto& id : made.kept) {
      for (const auto& unit : units_) {
        if (unit.id != id) continue;
        commits.push_back({.id = id,
                           .parent = unit.parent,
                           .changes = changes_of(here_, {{id, unit.parent}}, {})[id]});
      }
    }
    return engine.lay(git({"rev-parse", made.target + "^{tree}"}), commits);
  }

  // HEAD's tree with what the pathspecs fit taken from the target; "": the two
  // do not go together, a file of one is a folder of the other.
  std::string composed(const Case& made, const Ids& specs) {
    if (specs.empty()) return git({"rev-parse", made.target + "^{tree}"});
    const std::string all = " --" + words(specs);
    const Finished made_of_both = shell(
        "export GIT_INDEX_FILE=../composed; rm -f $GIT_INDEX_FILE; set -e;"
        "git read-tree " +
        made.target + "; git ls-files -s -z" + all +
        " > ../inside;"
        "git read-tree " +
        made.head + "; git ls-files -z" + all +
        " | git update-index -z --force-remove --stdin;"
        "before=$(git ls-files | wc -l); entries=$(tr -cd '\\0' < ../inside | wc -c);"
        "git update-index -z --index-info < ../inside;"
        "[ $(git ls-files | wc -l) -eq $((before + entries)) ] || exit 9; git write-tree");
    EXPECT_TRUE(made_of_both.status == 0 || made_of_both.status == 9) << made_of_both.err;
    const std::string tree = made_of_both.status == 0 ? made_of_both.out : "\n";
    return tree.substr(0, tree.size() - 1);
  }

  void record(const std::string& commit) {
    ASSERT_STATUS(0, rollback({"record", "--at", "2020-01-01 00:00", "--commit", commit}));
  }

  static std::string keep(const Case& made) {
    std::string list = "none";
    for (const auto& id : made.kept) list += "," + id;
    return list;
  }

  // What the built program makes of it, on a branch.
  Finished branched(const Case& made, const std::string& component,
                    const std::string& conflicts = "stop") {
    return rollback({"--branch-only", "--component", component + "/code", "--yes", "--json",
                     "--target", made.target, "--preserve", keep(made),
                     "--conflicts=" + conflicts});
  }

  // The commit; "": it made none.
  static std::string branch_of(const Finished& said) {
    const auto object = nlohmann::json::parse(said.out, nullptr, false);
    return object.is_object() ? object.value("branch_commit", "") : "";
  }

  std::string tree_of(const Finished& said) {
    const std::string branch = branch_of(said);
    return branch.empty() ? "" : git({"rev-parse", branch + "^{tree}"});
  }

  // Of a component, for what would become of a path outside of it.
  static bool refused_for_the_rest(const Finished& said) {
    return said.status == 1 && contains(said.err, "none of what goes back");
  }

  // What a rollback's commit says of itself, newest first.
  Ids undone_by(const std::string& commit) {
    Ids ids;
    const std::string list =
        git({"log", "-1", "--format=%(trailers:key=Reverts,valueonly)", commit});
    for (const auto id : split(list, '\n')) {
      if (!id.empty()) ids.emplace_back(id);
    }
    return ids;
  }

  // What the pathspecs do not fit, as a tree.
  std::string outside(const std::string& tree, const Ids& specs) {
    const Finished rest =
        shell("export GIT_INDEX_FILE=../outside; git read-tree " + tree + " && git ls-files -z --" +
              words(specs) + " | git update-index -z --force-remove --stdin && git write-tree");
    EXPECT_STATUS(0, rest);
    return rest.out;
  }

  unsigned seed_ = 0;
  Git here_;
  std::vector<GeneratedUnit> units_;
  Dice dice_{0};
};

TEST_F(CodeProperty, BothEnginesMakeOneTreeAndItIsTheOneOfARevertChain) {
  int cases = 0, equal = 0, ours_only = 0, theirs_only = 0, both = 0, verdicts_differ = 0;
  const auto [first, last] = seeds({1, 6});
  for (unsigned seed = first; seed <= last; ++seed) {
    begin(seed);
    const auto plumbing = open_plumbing_replay(here_), both_engines = open_replay(here_);
    ASSERT_NE(open_libgit2_replay(here_), nullptr);
    for (const size_t kept : {0, 4, 10, 30}) {
      const Case made = some_case(kept);
      SCOPED_TRACE(named(made));
      const Laid one = laid(*plumbing, made), other = laid(*both_engines, made);
      const bool applies = other.count == made.kept.size();
      if (one.count != other.count) {
        ++verdicts_differ;
        printf("laid by one engine %zu, by the other %zu: %s\n", one.count, other.count,
               named(made).c_str());
      } else {
        EXPECT_EQ(one.tree, other.tree);
      }
      ++cases;
      const std::string chain = reverted(made);
      if (chain.empty()) {
        ++(!applies ? both : theirs_only);
      } else if (!applies) {
        ++ours_only;
        printf("conflict of ours only, after %zu: %s\n", other.count, named(made).c_str());
      } else {
        EXPECT_EQ(other.tree, chain);
        ++equal;
      }
    }
  }
  printf(
      "%d cases: equal %d, conflict only of git revert %d, only of ours %d, of both %d;"
      " only of one engine %d\n",
      cases, equal, theirs_only, ours_only, both, verdicts_differ);
  // A rename through several places is followed step by step by a chain, and
  // not by one merge; the engines take lines apart by other algorithms.
  EXPECT_LE(ours_only, cases / 50);
  EXPECT_LE(verdicts_differ, cases / 50);
}

TEST_F(CodeProperty, WithNothingKeptThePathsAreThePointsAndTheRestIsHeads) {
  int exact = 0, refused = 0;
  const auto [first, last] = seeds({1, 4});
  for (unsigned seed = first; seed <= last; ++seed) {
    begin_recorded(seed);
    const Case made = some_case(0);
    record(made.target);
    for (const auto& [component, specs] : components()) {
      SCOPED_TRACE(component + ", " + named(made));
      const std::string expected = composed(made, specs);
      const Finished said = branched(made, component);
      if (expected.empty()) {
        EXPECT_STATUS(1, said);
        ++refused;
      } else if (expected == git({"rev-parse", "HEAD^{tree}"})) {
        EXPECT_STATUS(0, said);
        EXPECT_EQ(tree_of(said), "") << said.out;
      } else {
        EXPECT_STATUS(0, said);
        EXPECT_EQ(tree_of(said), expected);
        ++exact;
      }
    }
  }
  printf("exact %d, refused where file and folder clash %d\n", exact, refused);
}

// Whatever was kept, left out or kept with something: the commit's own list of
// what it undoes is what a chain of reverts is given.
TEST_F(CodeProperty, ItsTreeIsTheOneOfRevertingWhatItSaysThatItUndoes) {
  int equal = 0, theirs_only = 0, conflicts = 0, ours_only = 0;
  const auto [first, last] = seeds({1, 4});
  for (unsigned seed = first; seed <= last; ++seed) {
    begin_recorded(seed);
    Case made = some_case(15);
    record(made.target);
    for (const char* way : {"stop", "skip", "closure"}) {
      SCOPED_TRACE(way + (", " + named(made)));
      const Finished said = branched(made, "whole", way);
      const std::string branch = branch_of(said);
      if (branch.empty() && said.status == 0) continue;  // it is there already
      if (said.status == 1) {
        EXPECT_NE(std::string(way), "skip") << said.err;
        EXPECT_TRUE(contains(said.err, "does not apply") || contains(said.err, "is more than"))
            << said.err;
        ++conflicts;
        if (std::string(way) == "stop") {
          ours_only += reverted(made).empty() ? 0 : 1;
          EXPECT_STATUS(0, rollback({"--abort"}));
        }
        continue;
      }
      ASSERT_STATUS(0, said);
      Case as_said = made;
      as_said.gone = undone_by(branch);
      const std::string chain = reverted(as_said);
      if (chain.empty()) {
        ++theirs_only;
      } else {
        EXPECT_EQ(tree_of(said), chain);
        ++equal;
      }
    }
  }
  printf("equal %d, conflict of ours %d (%d of ours only), of git revert only %d\n", equal,
         conflicts, ours_only, theirs_only);
  EXPECT_LE(ours_only, equal / 25);
}

TEST_F(CodeProperty, WhatIsKeptOfAComponentChangesNothingOutsideOfIt) {
  const auto [first, last] = seeds({1, 3});
  for (unsigned seed = first; seed <= last; ++seed) {
    begin_recorded(seed);
    const Case made = some_case(15);
    record(made.target);
    for (const auto& [component, specs] : components()) {
      if (specs.empty()) continue;
      SCOPED_TRACE(component + ", " + named(made));
      const Finished said = branched(made, component, "skip");
      if (refused_for_the_rest(said)) continue;
      ASSERT_STATUS(0, said);
      const std::string tree = tree_of(said);
      if (tree.empty()) continue;
      EXPECT_EQ(outside(tree, specs), outside("HEAD", specs));
    }
  }
}

TEST_F(CodeProperty, UndoAndRollingForwardGiveExactlyTheTreeThatWas) {
  const auto [first, last] = seeds({1, 2});
  for (unsigned seed = first; seed <= last; ++seed) {
    begin_recorded(seed);
    const Case made = some_case(15);
    record(made.target);
    SCOPED_TRACE(named(made));
    const std::string before = git({"rev-parse", "HEAD^{tree}"});
    const Ids go{"--component", "app,odd",    "--yes",    "--target",
                 made.target,   "--preserve", keep(made), "--conflicts=skip"};
    const Finished said = rollback(go);
    if (refused_for_the_rest(said)) {
      EXPECT_EQ(git({"rev-parse", "HEAD"}), made.head);
      continue;
    }
    ASSERT_STATUS(0, said);
    const std::string back = git({"rev-parse", "HEAD^{tree}"});
    EXPECT_EQ(git({"status", "--porcelain"}), "");
    if (back == before) continue;
    ASSERT_STATUS(0, rollback({"undo", "--yes"}));
    EXPECT_EQ(git({"rev-parse", "HEAD^{tree}"}), before);
    EXPECT_EQ(git({"status", "--porcelain"}), "");
    const std::string left = git({"rev-parse", "HEAD"});
    ASSERT_STATUS(0, rollback(go));
    EXPECT_EQ(git({"rev-parse", "HEAD^{tree}"}), back);
    ASSERT_STATUS(0, rollback({"--component", "app,odd", "--yes", "--again", "--target", left}));
    EXPECT_EQ(git({"rev-parse", "HEAD^{tree}"}), before);
    EXPECT_EQ(git({"status", "--porcelain"}), "");
  }
}

}  // namespace
}  // namespace rollback::testing

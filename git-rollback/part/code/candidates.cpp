#include "part/code/candidates.h"

#include <algorithm>

#include "os/error.h"

namespace rollback {
namespace {

constexpr const char* no_class = "none";

// What the user's words come to: those of classes, and the rest, which must be
// commits.
struct Words {
  std::vector<PreserveClass> classes;
  std::vector<std::string> commits;
};

Words words_of(const PreserveSettings& preserve, const std::vector<std::string>& asked) {
  std::vector<std::string> chosen = preserve.chosen;
  Words words;
  for (const auto& word : asked) {
    if (word == no_class) {
      chosen.clear();
    } else {
      (preserve.find(word) != nullptr ? chosen : words.commits).push_back(word);
    }
  }
  for (const auto& one : preserve.classes) {
    if (std::any_of(chosen.begin(), chosen.end(),
                    [&](const std::string& word) { return preserve.find(word) == &one; })) {
      words.classes.push_back(one);
    }
  }
  return words;
}

class Chooser {
 public:
  Chooser(const Git& git, const Range& range, const CompositionSetting& setting,
          std::vector<std::string>& remarks)
      : git_(git), range_(range), setting_(setting), remarks_(remarks) {}

  std::vector<Candidate> choose(const Request& request) {
    const Words words = words_of(setting_.preserve, request.preserve);
    const PreserveRules rules(words.classes);
    read(rules.need_notes() ? Notes::read : Notes::none);
    Circumstances circumstances{.components = {}, .wishes = wishes(request, words)};
    for (const auto& one : setting_.components) circumstances.components.push_back(one.component);
    for (const auto& one : rules.classes()) {
      if (!one.paths.empty()) circumstances.touched[one.name] = touching(one.paths);
    }
    circumstances.reverts = reverts();
    rollback::choose(candidates_, rules, circumstances);
    remark_on_what_stays(circumstances.wishes.no_preserve);
    return std::move(candidates_);
  }

 private:
  // What a merge brought goes and stays with it.
  void remark_on_what_stays(const std::set<std::string>& refused) {
    for (const auto& candidate : candidates_) {
      if (!candidate.kept() || !candidate.inside) continue;
      for (const auto& commit : candidate.unit.merged) {
        if (refused.count(commit.id) == 0) continue;
        remarks_.push_back(commit.id.substr(0, 10) + " of --no-preserve stays: it came with " +
                           candidate.unit.shown() + "; to take that out: --no-preserve " +
                           candidate.unit.commit.id.substr(0, 10));
      }
    }
  }

  Wishes wishes(const Request& request, const Words& words) {
    Wishes wishes{.preserve = {}, .no_preserve = {}, .drop_undeployed = request.drop_undeployed};
    for (const auto& word : words.commits) wishes.preserve.insert(named(word, "--preserve"));
    for (const auto& word : request.no_preserve) {
      const std::string id = named(word, "--no-preserve");
      if (wishes.preserve.count(id) != 0) {
        throw Usage("commit " + id.substr(0, 10) + " is in both --preserve and --no-preserve");
      }
      wishes.no_preserve.insert(id);
    }
    return wishes;
  }

  Reverts reverts() const {
    std::vector<const Commit*> all;
    for (const auto& candidate : candidates_) {
      all.push_back(&candidate.unit.commit);
      for (const auto& commit : candidate.unit.merged) all.push_back(&commit);
    }
    std::erase_if(all, [](const Commit* commit) { return is_rollback(*commit); });
    return find_reverts(git_, all);
  }

  void add(std::vector<Unit> units, bool deployed) {
    for (auto& unit : units) {
      candidates_.push_back({.unit = std::move(unit), .deployed = deployed});
    }
  }

  void read(Notes notes) {
    add(units_between(git_, range_.point, range_.live, notes), true);
    if (range_.head != range_.live) {
      add(units_between(git_, range_.live, range_.head, notes), false);
    }
    if (range_.specs.empty()) return;
    const auto inside = touching(range_.specs);
    for (auto& one : candidates_) one.inside = inside.count(one.unit.commit.id) != 0;
  }

  std::set<std::string> touching(const Pathspecs& specs) const {
    auto ids = units_touching(git_, range_.point, range_.live, specs);
    if (range_.head != range_.live) {
      ids.merge(units_touching(git_, range_.live, range_.head, specs));
    }
    return ids;
  }

  bool is_candidate(const std::string& id) const {
    const auto has_id = [&](const Commit& commit) { return commit.id == id; };
    return std::any_of(candidates_.begin(), candidates_.end(), [&](const Candidate& candidate) {
      const auto& merged = candidate.unit.merged;
      return has_id(candidate.unit.commit) || std::any_of(merged.begin(), merged.end(), has_id);
    });
  }

  [[noreturn]] void refuse(const std::string& word, const std::string& option) const {
    if (option != "--preserve") throw Usage("'" + word + "' of " + option + " is no commit");
    std::string classes = no_class;
    for (const auto& one : setting_.preserve.classes) classes += ", " + one.name;
    throw Usage("'" + word + "' of --preserve is neither a class of commit nor a commit",
                {"the classes: " + classes});
  }

  std::string named(const std::string& word, const std::string& option) {
    if (is_candidate(word)) return word;  // its id, as scripts have it
    const Finished found =
        git_.ask({"rev-parse", "--verify", "--quiet", "--end-of-options", word + "^{commit}"});
    if (found.status != 0) refuse(word, option);
    const std::string id = found.out.substr(0, found.out.find('\n'));
    if (is_candidate(id)) return id;
    if (git_.ask({"merge-base", "--is-ancestor", id, range_.point}).status == 0) {
      remarks_.push_back(id.substr(0, 10) + " of " + option + " is in the point itself");
      return id;
    }
    throw Refused(
        "'" + word + "' of " + option + " is none of the commits after the point",
        {"git log --oneline " + range_.point.substr(0, 10) + ".." + range_.head.substr(0, 10)});
  }

  const Git& git_;
  const Range& range_;
  const CompositionSetting& setting_;
  std::vector<std::string>& remarks_;
  std::vector<Candidate> candidates_;
};

}  // namespace

std::vector<Candidate> choose_among(const Git& git, const Range& range,
                                    const CompositionSetting& setting, const Request& request,
                                    std::vector<std::string>& remarks) {
  return Chooser(git, range, setting, remarks).choose(request);
}

}  // namespace rollback

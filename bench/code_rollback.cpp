// Times one rollback of code, side by side with the ways that git itself has:
//
//   code_rollback FOLDER POINT RANGE KEPT ROUNDS [durable]
//
// FOLDER/repository is what bench/code_rollback.sh made there: a clean work tree
// at the newest commit of `main`, all of it packed; FOLDER/state what its .git
// has beside the objects. POINT is recorded RANGE first parents before. Each
// candidate begins there, and must end with index and files at the same tree: the
// range undone, less KEPT commits of it. Only what a candidate does is timed.
// Prints a line for each: name, median in ms, and how many times as long it takes
// as the first, which is the median of the ratios round by round.
#include <unistd.h>

#include <algorithm>
#include <boost/filesystem/operations.hpp>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "os/file.h"
#include "os/process.h"
#include "part/code/code_part.h"
#include "store/git.h"

namespace {

namespace fs = boost::filesystem;
using namespace rollback;
using Clock = std::chrono::steady_clock;

constexpr double slow_ms = 10'000;    // a candidate that takes longer
constexpr size_t rounds_if_slow = 2;  // is tried so often, at the most

double ms_since(Clock::time_point began) {
  return std::chrono::duration<double, std::milli>(Clock::now() - began).count();
}

double median(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<long>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

std::string joined(const std::vector<std::string>& words, const char* separator) {
  std::string text;
  for (const auto& word : words) text += (text.empty() ? "" : separator) + word;
  return text;
}

void must(const Finished& done, const std::string& what) {
  if (done.status != 0) throw std::runtime_error(what + ": " + done.out + done.err);
}

// The repository, and the way back to where it began.
class Repository {
 public:
  explicit Repository(const fs::path& folder)
      : state_(folder / "state"),
        top_(fs::canonical(folder / "repository")),
        newest_(read_file(folder / "newest")) {
    newest_.resize(newest_.find('\n'));
  }

  const fs::path& top() const { return top_; }
  const std::string& newest() const { return newest_; }

  Finished git(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), "git");
    return run({.argv = arguments, .directory = top_});
  }
  std::vector<std::string> lines(const std::vector<std::string>& arguments) const {
    const Finished done = git(arguments);
    must(done, arguments[0]);
    std::vector<std::string> lines;
    for (const auto line : split(done.out, '\n')) lines.emplace_back(line);
    return lines;
  }

  // Nothing is left of what a candidate did, not even loose objects, which the
  // next would find written. Nothing waits for the disk, and no time of a file is
  // as new as the index: git would read such files again.
  void begin_again() const {
    must(git({"reset", "-q", "--hard", newest_}), "git reset");
    const fs::path git_dir = top_ / ".git";
    for (const auto& entry : fs::directory_iterator(git_dir)) {
      const std::string name = entry.path().filename().string();
      if (name != "objects" && name != "index") fs::remove_all(entry.path());
    }
    for (const auto& entry : fs::directory_iterator(git_dir / "objects")) {
      if (entry.path().filename().size() == 2) fs::remove_all(entry.path());
    }
    must(run({.argv = {"cp", "-a", state_.string() + "/.", git_dir.string()}}), "cp");
    sync();
    std::this_thread::sleep_for(std::chrono::milliseconds(1100));
    const Finished status = git({"status", "--porcelain"});
    if (status.status != 0 || !status.out.empty()) throw std::runtime_error("not clean again");
  }

  // The tree that both index and files are at.
  std::string tree() const {
    must(git({"update-index", "-q", "--refresh"}), "the files are not as the index has them");
    must(git({"diff-files", "--quiet"}), "the files are not as the index has them");
    if (!lines({"ls-files", "--others"}).empty()) throw std::runtime_error("files were left over");
    return lines({"write-tree"}).at(0);
  }

 private:
  fs::path state_, top_;
  std::string newest_;
};

// Which commits go, which stay; first parents, the oldest first.
struct Range {
  std::string point, base;  // the point's id and its commit
  std::vector<std::string> undone, kept;
};

Range range_of(const Repository& repository, const std::string& point, size_t commits,
               size_t kept) {
  Range range{point, repository.newest() + "~" + std::to_string(commits), {}, {}};
  range.base = repository.lines({"rev-parse", range.base}).at(0);
  const auto log = repository.lines({"log", "--first-parent", "--reverse", "--format=%H %s",
                                     range.base + ".." + repository.newest()});
  std::vector<std::string> hotfixes;
  for (const auto& line : log) {
    if (line.find(" hotfix:") != std::string::npos) hotfixes.push_back(line.substr(0, 40));
  }
  if (log.size() != commits || hotfixes.size() < kept) {
    throw std::runtime_error("there are not so many commits, or hotfixes, to choose from");
  }
  for (size_t i = 0; i < kept; ++i) range.kept.push_back(hotfixes[i * hotfixes.size() / kept]);
  for (const auto& line : log) {
    const std::string id = line.substr(0, 40);
    if (std::find(range.kept.begin(), range.kept.end(), id) == range.kept.end()) {
      range.undone.push_back(id);
    }
  }
  return range;
}

// The code part by its interface, driven as the session and the executor do.
void part_alone(const Repository& repository, const Range& range) {
  const Git git(repository.top() / ".git", repository.top());
  const auto part = make_code_part({{"app", {}, {}, false}}, {.environment = "production"}, git);
  Request request;
  request.operation = "20261123T110000Z-0000000";
  request.target.id = range.point;
  request.target.environment = "production";
  request.target.commit = range.base;
  request.live.commit = repository.newest();
  request.preserve = {"none"};
  request.preserve.insert(request.preserve.end(), range.kept.begin(), range.kept.end());
  request.service_may_run_from_work_tree = true;
  const Assessment assessment = part->assess(request);
  if (assessment.obstacle) throw std::runtime_error(assessment.obstacle->reason);
  request.basis = assessment.basis;
  const std::string prepared = part->prepare(request);
  const Steps steps = part->steps(prepared);
  for (const auto& step : steps.swap) step->get_ready();
  for (const auto* list : {&steps.swap, &steps.settle}) {
    for (const auto& step : *list) {
      if (step->observe().what != Observation::before) throw std::runtime_error(step->name());
      step->apply();
      if (step->observe().what != Observation::after) throw std::runtime_error(step->name());
    }
  }
  part->settle(prepared);
}

struct Candidate {
  std::string name;
  std::function<void()> go;
  std::vector<double> times_ms = {};

  bool is_done(size_t rounds) const {
    const bool slow = !times_ms.empty() && times_ms[0] > slow_ms;
    return times_ms.size() >= (slow ? std::min(rounds, rounds_if_slow) : rounds);
  }
};

class Contest {
 public:
  Contest(const Repository& repository, Range range)
      : repository_(repository), range_(std::move(range)) {}

  void enter_ours() {
    candidates_.push_back({"the code part alone", [this] { part_alone(repository_, range_); }});
    std::vector<std::string> keep{"none"};
    keep.insert(keep.end(), range_.kept.begin(), range_.kept.end());
    enter("git rollback, the whole command",
          {"git", "rollback", "--component", "app/code", "--target", range_.point, "--yes",
           "--preserve", joined(keep, ",")});
  }

  // `settings`: as git -c. Each is the fastest form found that ends the same.
  void enter_gits(const std::vector<std::string>& settings, const std::string& note) {
    std::vector<std::string> git{"git"};
    for (const auto& setting : settings) git.insert(git.end(), {"-c", setting});
    const auto with = [&git](std::vector<std::string> arguments) {
      arguments.insert(arguments.begin(), git.begin(), git.end());
      return arguments;
    };
    auto revert = with({"revert", "--no-commit", "-m", "1"});
    revert.insert(revert.end(), range_.undone.rbegin(), range_.undone.rend());
    enter("git revert --no-commit" + note, revert);
    const std::string call = joined(git, " ");
    const std::string picks =
        range_.kept.empty() ? "" : " && " + call + " cherry-pick " + joined(range_.kept, " ");
    enter("git checkout && git cherry-pick" + note,
          {"sh", "-c", call + " checkout -q --detach " + range_.base + picks});
    enter_rebase(with, note);
    enter("git merge-tree, git read-tree -m -u" + note, {"sh", "-ec", merge_loop(call)});
  }

  void run_and_print(size_t rounds) {
    for (size_t round = 0; round < rounds; ++round) {
      for (auto& candidate : candidates_) {
        if (!candidate.is_done(rounds)) time(candidate);
      }
    }
    repository_.begin_again();
    for (const auto& candidate : candidates_) {
      std::vector<double> ratios;
      for (size_t round = 0; round < candidate.times_ms.size(); ++round) {
        ratios.push_back(candidate.times_ms[round] / candidates_[0].times_ms[round]);
      }
      std::printf("%-58s %9.1f ms %8.2f\n", candidate.name.c_str(), median(candidate.times_ms),
                  median(ratios));
    }
  }

 private:
  void enter(const std::string& name, const std::vector<std::string>& argv) {
    candidates_.push_back({name, [this, name, argv] {
                             must(run({.argv = argv, .directory = repository_.top()}), name);
                           }});
  }

  // With nothing between the range's end and itself git makes no list of a
  // thousand commits, and the editor hands it the few that are kept.
  template <typename With>
  void enter_rebase(const With& with, const std::string& note) {
    if (range_.kept.empty()) {
      return enter("git rebase --onto" + note,
                   with({"rebase", "-q", "--onto", range_.base, "HEAD"}));
    }
    std::string todo;
    for (const auto& id : range_.kept) todo += "pick " + id + "\n";
    const fs::path file = repository_.top().parent_path() / "todo";
    write_file(file, todo);
    auto rebase = with({"rebase", "-q", "-i", "--onto", range_.base, "HEAD"});
    rebase.insert(rebase.begin(), {"env", "GIT_SEQUENCE_EDITOR=cp '" + file.string() + "'"});
    enter("git rebase --onto, a list of the kept" + note, rebase);
  }

  // git 2.39 takes no merge base, so that the tree so far becomes a commit on the
  // kept one's parent.
  std::string merge_loop(const std::string& git) const {
    return "tree=" + range_.base + "^{tree}; for kept in " + joined(range_.kept, " ") +
           "; do ours=$(" + git + " commit-tree -p $kept^ -m ours $tree); tree=$(" + git +
           " merge-tree --write-tree $ours $kept); done; " + git + " read-tree -m -u HEAD $tree";
  }

  void time(Candidate& candidate) {
    repository_.begin_again();
    const auto began = Clock::now();
    candidate.go();
    candidate.times_ms.push_back(ms_since(began));
    const std::string tree = repository_.tree();
    if (expected_.empty()) {
      expected_ = range_.kept.empty()
                      ? repository_.lines({"rev-parse", range_.base + "^{tree}"}).at(0)
                      : tree;
    }
    if (tree != expected_) {
      throw std::runtime_error(candidate.name + " ends at " + tree + ", not at " + expected_);
    }
  }

  const Repository& repository_;
  Range range_;
  std::vector<Candidate> candidates_;
  std::string expected_;  // the first one's, where it is not the point's
};

}  // namespace

int main(int argc, char** argv) try {
  if (argc < 6) {
    std::fputs("usage: code_rollback FOLDER POINT RANGE KEPT ROUNDS [durable]\n", stderr);
    return 129;
  }
  const Repository repository(argv[1]);
  Contest contest(repository,
                  range_of(repository, argv[2], std::stoul(argv[3]), std::stoul(argv[4])));
  contest.enter_ours();
  contest.enter_gits({}, "");
  if (argc > 6) contest.enter_gits({"core.fsync=committed"}, ", as durable as ours");
  contest.run_and_print(std::stoul(argv[5]));
  return 0;
} catch (const std::exception& error) {
  std::fprintf(stderr, "fatal: %s\n", error.what());
  return 128;
}

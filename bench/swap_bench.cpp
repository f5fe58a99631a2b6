// The swap phase of a rollback of config, binaries and code, as the executor
// drives it, against the same fsyncs and renames done bare. What stops and
// starts the service is not in it.
#include <benchmark/benchmark.h>
#include <unistd.h>

#include <boost/filesystem/operations.hpp>
#include <chrono>
#include <cstdlib>
#include <memory>
#include <stdexcept>

#include "os/file.h"
#include "os/process.h"
#include "part/binaries/binaries_part.h"
#include "part/code/code_part.h"
#include "part/config/config_part.h"
#include "store/git.h"

namespace {

namespace fs = boost::filesystem;
using namespace rollback;
using Clock = std::chrono::steady_clock;

void sh(const fs::path& folder, const std::string& script) {
  const Finished done = run({.argv = {"sh", "-ec", script}, .directory = folder});
  if (done.status != 0) throw std::runtime_error(done.err);
}

// A service whose three parts were at one state, and are at another now.
class World {
 public:
  World() {
    char pattern[] = "/tmp/git-rollback-bench-XXXXXX";
    top_ = fs::canonical(mkdtemp(pattern));
    sh(top_,
       "git init -q -b main; git config user.name Bench; git config user.email bench@example.org;"
       "mkdir -p etc src releases/1 releases/2; ln -s releases/1 current;"
       "echo 'rate = 1' > etc/app.conf; echo 1 > src/app; echo /releases > .gitignore;"
       "echo /current >> .gitignore; git add .; git commit -q -m one");
    git_ = Git(top_ / ".git", top_);
    parts_.push_back(make_config_part("app", {"etc/app.conf"}, top_, git_));
    parts_.push_back(
        make_binaries_part("app", {.releases = "releases", .current = "current", .keep = 5}, top_));
    parts_.push_back(
        make_code_part({{"app", {"src"}, {}, false}}, {.environment = "production"}, git_));
    PointDraft draft;
    draft.point.id = "20261123T100000Z-0000000";
    draft.point.environment = "production";
    draft.point.at = now();
    draft.point.commit = git_.line({"rev-parse", "HEAD"});
    for (const auto& part : parts_) part->capture(draft);
    sh(top_,
       "echo 'rate = 2' > etc/app.conf; echo 2 > src/app; ln -sfn releases/2 current;"
       "git commit -q -a -m two");
    request_.target = draft.point;
    request_.live.commit = git_.line({"rev-parse", "HEAD"});
    request_.operation = "20261123T110000Z-0000000";
    for (const auto& part : parts_) prepared_.push_back(part->prepare(request_));
  }
  ~World() { fs::remove_all(top_); }
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  std::vector<std::unique_ptr<Step>> steps() {
    std::vector<std::unique_ptr<Step>> all;
    for (size_t i = 0; i < parts_.size(); ++i) {
      for (auto& step : parts_[i]->steps(prepared_[i]).swap) all.push_back(std::move(step));
    }
    return all;
  }

  const fs::path& top() const { return top_; }

 private:
  fs::path top_;
  Git git_;
  std::vector<std::unique_ptr<Part>> parts_;
  std::vector<std::string> prepared_;
  Request request_;
};

void our_swap(benchmark::State& state) {
  World world;
  for (auto _ : state) {
    const auto steps = world.steps();
    for (const auto& step : steps) step->get_ready();
    const auto began = Clock::now();
    for (const auto& step : steps) {  // as Executor does
      if (step->observe().what != Observation::before) throw std::runtime_error(step->name());
      step->apply();
      if (step->observe().what != Observation::after) throw std::runtime_error(step->name());
    }
    state.SetIterationTime(std::chrono::duration<double>(Clock::now() - began).count());
    for (size_t i = steps.size(); i-- > 0;) steps[i]->revert();
  }
}
BENCHMARK(our_swap)->UseManualTime()->Unit(benchmark::kMicrosecond);

// What the three steps make durable: the exchange of a file, of a link, and a
// ref that is written, synced and renamed.
void bare_swap(benchmark::State& state) {
  const World world;
  const fs::path& top = world.top();
  const fs::path heads = top / ".git/refs/heads";
  write_file(top / "etc/.incoming", "rate = 1\n");
  const std::string id = read_file(heads / "main");
  for (auto _ : state) {
    (void)unlink((top / ".incoming").c_str());
    const auto began = Clock::now();
    exchange(top / "etc/.incoming", top / "etc/app.conf");
    if (symlink("releases/1", (top / ".incoming").c_str()) != 0) abort();
    exchange(top / ".incoming", top / "current");
    write_file(heads / "main.lock", id);
    if (rename((heads / "main.lock").c_str(), (heads / "main").c_str()) != 0) abort();
    state.SetIterationTime(std::chrono::duration<double>(Clock::now() - began).count());
  }
}
BENCHMARK(bare_swap)->UseManualTime()->Unit(benchmark::kMicrosecond);

}  // namespace

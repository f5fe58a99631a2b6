// The swap of a release link: ours, against the same system calls done bare
// and against the two processes that a shell script would start.
#include <benchmark/benchmark.h>
#include <fcntl.h>
#include <unistd.h>

#include <boost/filesystem/operations.hpp>
#include <cstdlib>
#include <memory>

#include "os/process.h"
#include "os/sha256.h"
#include "part/binaries/binaries_part.h"

namespace {

namespace fs = boost::filesystem;

// releases/1 and releases/2 behind `current`, in a folder of its own.
class Releases {
 public:
  Releases() {
    char pattern[] = "/tmp/git-rollback-bench-XXXXXX";
    top_ = mkdtemp(pattern);
    for (const char* name : {"1", "2"}) fs::create_directories(top_ / "releases" / name);
    fs::create_symlink("releases/1", top_ / "current");
  }
  ~Releases() { fs::remove_all(top_); }
  Releases(const Releases&) = delete;
  Releases& operator=(const Releases&) = delete;

  const fs::path& top() const { return top_; }

 private:
  fs::path top_;
};

void our_step(benchmark::State& state) {
  const Releases releases;
  const auto part = rollback::make_binaries_part(
      "playerbot", {.releases = "releases", .current = "current"}, releases.top());
  rollback::Request request;
  request.operation = "20261123T100000Z-0000000";
  request.target.trailers = {
      {"Rollback-Release", {"playerbot", "2", "sha256:" + rollback::sha256("")}}};
  const rollback::Steps steps = part->steps(part->prepare(request));
  for (auto _ : state) {
    steps.swap[0]->apply();
    steps.swap[0]->revert();
  }
  state.SetItemsProcessed(2 * static_cast<std::int64_t>(state.iterations()));
}
BENCHMARK(our_step);

void point_bare(const fs::path& top, const char* target) {
  const std::string incoming = (top / ".incoming").string();
  if (symlink(target, incoming.c_str()) != 0 ||
      rename(incoming.c_str(), (top / "current").c_str()) != 0) {
    abort();
  }
  const int folder = open(top.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fsync(folder) != 0) abort();
  close(folder);
}

void bare_system_calls(benchmark::State& state) {
  const Releases releases;
  for (auto _ : state) {
    point_bare(releases.top(), "releases/2");
    point_bare(releases.top(), "releases/1");
  }
  state.SetItemsProcessed(2 * static_cast<std::int64_t>(state.iterations()));
}
BENCHMARK(bare_system_calls);

void two_processes(benchmark::State& state) {  // not even durable
  const Releases releases;
  for (auto _ : state) {
    for (const char* target : {"releases/2", "releases/1"}) {
      rollback::run({.argv = {"ln", "-s", target, "new"}, .directory = releases.top()});
      rollback::run({.argv = {"mv", "-T", "new", "current"}, .directory = releases.top()});
    }
  }
  state.SetItemsProcessed(2 * static_cast<std::int64_t>(state.iterations()));
}
BENCHMARK(two_processes);

}  // namespace

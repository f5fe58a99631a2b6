// The record at 10, 1,000 and 100,000 points: what the index answers, and what
// it takes to add to it.
#include <benchmark/benchmark.h>
#include <unistd.h>

#include <boost/filesystem/operations.hpp>
#include <cstdlib>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>

#include "os/process.h"
#include "store/event.h"
#include "store/index.h"
#include "store/journal.h"
#include "store/names.h"
#include "store/publication.h"
#include "store/repository.h"
#include "store/tag.h"

namespace {

namespace fs = boost::filesystem;
using namespace rollback;

// A repository with so many points, made once in a run.
class Record {
 public:
  explicit Record(std::int64_t points) {
    char pattern[] = "/tmp/git-rollback-bench-XXXXXX";
    top_ = mkdtemp(pattern);
    const Finished made = run(
        {.argv = {MANY_POINTS, std::to_string(points), (top_ / "repository").string(), "packed"}});
    if (made.status != 0) throw std::runtime_error(made.err);
    fs::current_path(top_ / "repository");
    repository = find_repository();
    fs::create_directories(names::state_directory(repository.common_dir));
    journal = std::make_unique<Journal>(names::journal_file(repository.common_dir));
    newest = Index(repository).points(repository.environment, 1).at(0);
  }
  ~Record() { fs::remove_all(top_); }
  Record(const Record&) = delete;
  Record& operator=(const Record&) = delete;

  Repository repository;
  std::unique_ptr<Journal> journal;
  Point newest;

 private:
  fs::path top_;
};

Record& record_of(benchmark::State& state) {
  static std::map<std::int64_t, std::unique_ptr<Record>> records;
  auto& record = records[state.range(0)];
  if (!record) record = std::make_unique<Record>(state.range(0));
  return *record;
}

void sizes(benchmark::internal::Benchmark* benchmark) {
  benchmark->Arg(10)->Arg(1'000)->Arg(100'000)->Unit(benchmark::kMicrosecond)->UseRealTime();
}

void open_index_of_unchanged_refs(benchmark::State& state) {
  const Record& record = record_of(state);
  for (auto _ : state) benchmark::DoNotOptimize(Index(record.repository));
}
BENCHMARK(open_index_of_unchanged_refs)->Apply(sizes);

void newest_20_points(benchmark::State& state) {
  const Record& record = record_of(state);
  const Index index(record.repository);
  for (auto _ : state) benchmark::DoNotOptimize(index.points(record.repository.environment, 20));
}
BENCHMARK(newest_20_points)->Apply(sizes);

void point_by_prefix(benchmark::State& state) {
  const Record& record = record_of(state);
  const Index index(record.repository);
  for (auto _ : state) {
    benchmark::DoNotOptimize(
        index.points_with_prefix(record.repository.environment, record.newest.id.substr(0, 16)));
  }
}
BENCHMARK(point_by_prefix)->Apply(sizes);

void events_of_a_deploy(benchmark::State& state) {
  const Record& record = record_of(state);
  const Index index(record.repository);
  for (auto _ : state) {
    benchmark::DoNotOptimize(
        index.events_about(record.repository.environment, record.newest.deploy, record.newest.id));
  }
}
BENCHMARK(events_of_a_deploy)->Apply(sizes);

// The tag object and both of its refs, published.
void publish_a_point(benchmark::State& state) {
  Record& record = record_of(state);
  const Git& git = record.repository.git;
  Point point = record.newest;
  static int attempt = 1;
  for (auto _ : state) {
    point.id = names::point_id(record.newest.at, point.commit, ++attempt);
    const std::string tag = write_point_tag(git, point);
    publish(git, *record.journal,
            {.refs = {{names::point_ref(point.environment, point.id), "", tag},
                      {names::tag_ref(point.environment, point.id), "", tag}},
             .events = {}});
  }
}
BENCHMARK(publish_a_point)->Apply(sizes)->Iterations(20);

void publish_an_event(benchmark::State& state) {
  Record& record = record_of(state);
  for (auto _ : state) {
    publish(record.repository.git, *record.journal,
            {.refs = {},
             .events = {make_event(record.newest.commit, record.newest.environment,
                                   record.newest.deploy, "health", {{"score", 100}})}});
  }
}
BENCHMARK(publish_an_event)->Apply(sizes)->Iterations(20);

// A point was published meanwhile: it alone is read, but all refs are listed.
void bring_the_index_up_to_date(benchmark::State& state) {
  Record& record = record_of(state);
  const Git& git = record.repository.git;
  Point point = record.newest;
  static int attempt = 100'000;
  for (auto _ : state) {
    state.PauseTiming();
    point.id = names::point_id(record.newest.at, point.commit, ++attempt);
    move_refs(git,
              {{names::point_ref(point.environment, point.id), "", write_point_tag(git, point)}},
              "bench");
    state.ResumeTiming();
    benchmark::DoNotOptimize(Index(record.repository));
  }
}
BENCHMARK(bring_the_index_up_to_date)->Apply(sizes)->Iterations(10);

}  // namespace

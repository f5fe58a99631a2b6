// Whole processes side by side: each command in turn, over and over, so that
// what the machine does meanwhile falls on all of them alike.
//
//   side_by_side ROUNDS NAME COMMAND... [--- NAME COMMAND...]...
//
// Prints a line for each: name, median in ms, and the ratio to the first, which
// is the median of the ratios round by round. A command that fails ends it.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "os/process.h"

namespace {

struct Candidate {
  std::string name;
  std::vector<std::string> argv;
  std::vector<double> times_ms;
};

std::vector<Candidate> candidates_from(int argc, char** argv) {
  std::vector<Candidate> all;
  bool begins = true;
  for (int i = 2; i < argc; ++i) {
    const std::string word = argv[i];
    if (word == "---") {
      begins = true;
    } else if (begins) {
      all.push_back({word, {}, {}});
      begins = false;
    } else {
      all.back().argv.push_back(word);
    }
  }
  return all;
}

double time_ms(const Candidate& candidate) {
  rollback::Command command{.argv = candidate.argv};
  command.output = rollback::Command::Output::file;
  command.output_file = "/dev/null";
  const auto began = std::chrono::steady_clock::now();
  const auto finished = rollback::run(command);
  const auto took = std::chrono::steady_clock::now() - began;
  if (finished.status != 0) {
    std::fprintf(stderr, "fatal: %s exited with %d\n", candidate.name.c_str(), finished.status);
    std::exit(128);
  }
  return std::chrono::duration<double, std::milli>(took).count();
}

double median(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<long>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

}  // namespace

int main(int argc, char** argv) {
  const int rounds = argc > 1 ? std::atoi(argv[1]) : 0;
  auto candidates = candidates_from(argc, argv);
  if (rounds < 1 || candidates.empty()) {
    std::fputs("usage: side_by_side ROUNDS NAME COMMAND... [--- NAME COMMAND...]...\n", stderr);
    return 129;
  }
  for (const auto& candidate : candidates) time_ms(candidate);  // a warm-up
  for (int round = 0; round < rounds; ++round) {
    for (auto& candidate : candidates) candidate.times_ms.push_back(time_ms(candidate));
  }
  for (const auto& candidate : candidates) {
    std::vector<double> ratios;
    for (int round = 0; round < rounds; ++round) {
      const auto at = static_cast<size_t>(round);
      ratios.push_back(candidate.times_ms[at] / candidates[0].times_ms[at]);
    }
    std::printf("%-58s %9.2f ms %8.2f\n", candidate.name.c_str(), median(candidate.times_ms),
                median(ratios));
  }
  return 0;
}

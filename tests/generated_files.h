// The files of a made-up project, and what people do to them: from a seed, so
// that a history can be made again.
#pragma once

#include <cstdint>
#include <map>
#include <random>
#include <string>
#include <vector>

namespace rollback::testing {

// The same sequence on every machine.
class Dice {
 public:
  explicit Dice(unsigned seed) : engine_(seed) {}

  size_t below(size_t limit) { return engine_() % limit; }  // limit > 0
  bool percent(size_t chance) { return below(100) < chance; }
  template <typename T>
  const T& one_of(const std::vector<T>& list) {
    return list[below(list.size())];
  }

 private:
  std::mt19937 engine_;
};

struct Entry {
  std::string mode;   // as git spells it: "100644", "100755", "120000", "160000"
  std::string bytes;  // of the file; where the link leads; the id of a submodule's commit

  friend bool operator==(const Entry&, const Entry&) = default;
};

// By path from the root; no path is a folder of another one.
using Files = std::map<std::string, Entry>;

// Some thirty files of all kinds, in the folders app, lib and docs and beside them.
Files first_files(Dice& dice);

// One thing that a person does: edits, moves, copies, deletes, changes a mode or
// a kind, turns a file into a folder … Says which; "" : it did nothing.
std::string change(Files& files, Dice& dice);

// Path by path, for merges, reverts and picks: what only one side changed since
// `base` is that side's; for the rest a person takes one or both.
Files merged(const Files& base, const Files& ours, const Files& theirs, Dice& dice);

// What `before` to `after` changed, done to `files`, if every path of it stands
// as in `before`; else false, and nothing is done.
bool redo(const Files& before, const Files& after, Files& files);

}  // namespace rollback::testing

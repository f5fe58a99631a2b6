#include "generated_history.h"

#include <algorithm>
#include <optional>
#include <stdexcept>

#include "generated_files.h"

namespace rollback::testing {
namespace {

struct Node {
  std::string id;
  std::vector<size_t> parents;
  Files files;
  std::string what;
};

// A path as fast-import takes any: quoted as in C.
std::string quoted(const std::string& path) {
  std::string text = "\"";
  for (const char c : path) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\' || byte < 0x20 || byte > 0x7e) {
      text += '\\';
      for (const int shift : {6, 3, 0}) text += static_cast<char>('0' + (byte >> shift) % 8);
    } else {
      text += c;
    }
  }
  return text + "\"";
}

std::string data(const std::string& bytes) {
  return "data " + std::to_string(bytes.size()) + "\n" + bytes + "\n";
}

class History {
 public:
  History(const Git& git, unsigned seed)
      : importer_(git.talk({"fast-import", "--quiet", "--force"})), dice_(seed) {}

  std::vector<GeneratedUnit> grow(size_t units) {
    Files files = first_files(dice_);
    line_.push_back(commit({}, std::move(files), "the first files"));
    while (line_.size() < units) line_.push_back(next(line_.back()));
    importer_.send("reset refs/heads/main\nfrom " + mark(line_.back()) + "\n\n");
    if (const Finished ended = importer_.wait(); ended.status != 0) {
      throw std::runtime_error("git fast-import: " + ended.err);
    }
    std::vector<GeneratedUnit> list;
    for (const size_t at : line_) {
      const Node& node = nodes_[at];
      list.push_back({node.id, node.parents.empty() ? "" : nodes_[node.parents[0]].id,
                      node.parents.size() > 1, node.what});
    }
    return list;
  }

 private:
  size_t next(size_t head) {
    const size_t roll = dice_.below(100);
    std::optional<size_t> made;
    if (roll < 4) made = commit({head}, nodes_[head].files, "nothing");
    if (roll >= 4 && roll < 11) made = revert(head);
    if (roll >= 11 && roll < 17) made = pick(head);
    if (roll >= 17 && roll < 32) made = merge(head, roll < 20 ? 2 : 1);
    return made ? *made : ordinary(head);
  }

  size_t ordinary(size_t parent) {
    Files files = nodes_[parent].files;
    std::string what;
    for (size_t n = 1 + dice_.below(4) * dice_.below(2); n > 0; --n) {
      const std::string done = change(files, dice_);
      if (!done.empty()) what += (what.empty() ? "" : ", ") + done;
    }
    return commit({parent}, std::move(files), what.empty() ? "nothing" : what);
  }

  // A branch that left the line some commits ago, and that took from it since,
  // perhaps.
  size_t side() {
    const size_t back = std::min(line_.size() - 1, dice_.below(9));
    size_t tip = line_[line_.size() - 1 - back];
    for (size_t n = 1 + dice_.below(3); n > 0; --n) {
      tip = ordinary(tip);
      others_.push_back(tip);
      if (back > 2 && dice_.percent(15)) {
        const size_t newer = line_[line_.size() - 1 - dice_.below(back)];
        tip = joined(tip, {newer}, "merge of the line into a branch");
      }
    }
    return tip;
  }

  std::optional<size_t> merge(size_t head, size_t sides) {
    std::vector<size_t> tips;
    for (size_t n = 0; n < sides; ++n) tips.push_back(side());
    if (dice_.percent(15)) return std::nullopt;  // it stays unmerged
    return joined(head, tips, sides > 1 ? "merge of two branches" : "merge");
  }

  size_t joined(size_t ours, const std::vector<size_t>& tips, std::string what) {
    Files files = nodes_[ours].files;
    std::vector<size_t> parents{ours};
    for (const size_t tip : tips) {
      files = merged(nodes_[fork_of(tip)].files, files, nodes_[tip].files, dice_);
      parents.push_back(tip);
    }
    if (dice_.percent(15)) what += " with a change of its own: " + change(files, dice_);
    return commit(parents, std::move(files), what);
  }

  // Where its first parents meet the line.
  size_t fork_of(size_t tip) const {
    while (std::find(line_.begin(), line_.end(), tip) == line_.end()) tip = nodes_[tip].parents[0];
    return tip;
  }

  std::optional<size_t> revert(size_t head) {
    const size_t back = dice_.below(std::min<size_t>(line_.size(), 12));
    const Node& gone = nodes_[line_[line_.size() - 1 - back]];
    Files files = nodes_[head].files;
    if (gone.parents.empty() || !redo(gone.files, nodes_[gone.parents[0]].files, files)) return {};
    return commit({head}, std::move(files), "revert of " + gone.what,
                  "This reverts commit " + gone.id +
                      (gone.parents.size() > 1
                           ? ", reversing\nchanges made to " + nodes_[gone.parents[0]].id + ".\n"
                           : ".\n"));
  }

  std::optional<size_t> pick(size_t head) {
    if (others_.empty()) return std::nullopt;
    const Node& picked = nodes_[dice_.one_of(others_)];
    Files files = nodes_[head].files;
    if (!redo(nodes_[picked.parents[0]].files, picked.files, files)) return std::nullopt;
    return commit({head}, std::move(files), "pick of " + picked.what,
                  "(cherry picked from commit " + picked.id + ")\n");
  }

  size_t commit(const std::vector<size_t>& parents, Files files, const std::string& what,
                const std::string& body = "") {
    const size_t number = nodes_.size();
    const size_t wrong_clock = dice_.percent(4) ? 40000 : 0;
    std::string stream = "commit refs/heads/main\nmark " + mark(number) +
                         "\ncommitter T <t@example.org> " +
                         std::to_string(1700000000 + 60 * number - wrong_clock) + " +0000\n";
    stream += data("feat(n" + std::to_string(number) + "): " + what + "\n\n" + body);
    for (size_t i = 0; i < parents.size(); ++i) {
      stream += (i == 0 ? "from " : "merge ") + mark(parents[i]) + "\n";
    }
    stream += difference(parents.empty() ? Files() : nodes_[parents[0]].files, files) + "\n";
    importer_.send(stream + "get-mark " + mark(number) + "\n");
    const auto id = importer_.next_line();
    if (!id) throw std::runtime_error("git fast-import: " + importer_.wait().err);
    nodes_.push_back({*id, parents, std::move(files), what});
    return number;
  }

  // fast-import knows its own commits by these; it does not count from 0.
  static std::string mark(size_t node) { return ":" + std::to_string(node + 1); }

  static std::string difference(const Files& before, const Files& after) {
    std::string stream;
    for (const auto& [path, entry] : before) {
      if (!after.contains(path)) stream += "D " + quoted(path) + "\n";
    }
    for (const auto& [path, entry] : after) {
      const auto was = before.find(path);
      if (was != before.end() && was->second == entry) continue;
      if (entry.mode == "160000") {
        stream += "M 160000 " + entry.bytes + " " + quoted(path) + "\n";
      } else {
        stream += "M " + entry.mode + " inline " + quoted(path) + "\n" + data(entry.bytes);
      }
    }
    return stream;
  }

  Process importer_;
  Dice dice_;
  std::vector<Node> nodes_;
  std::vector<size_t> line_;
  std::vector<size_t> others_;  // on branches, merged or not
};

}  // namespace

std::vector<GeneratedUnit> generate_history(const Git& git, unsigned seed, size_t units) {
  return History(git, seed).grow(units);
}

}  // namespace rollback::testing

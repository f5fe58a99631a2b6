// Writes a repository with a long history as a stream for `git fast-import`, the
// same each time:
//
//   long_history FILES COMMITS
//
// A base of FILES files, three folders deep, of 1 to 8 kB, and on it COMMITS
// commits as the first parents of `main` (one in 25 is a merge of a short
// branch): small edits of 1 to 3 files, and some new files. Those whose subject
// begins with "hotfix:" apply without any of the others, though they edit files
// that others edit, too: every 20th, and every 4th of the last 200. The base has
// the tag `base`.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

namespace {

constexpr long began = 1'750'000'000;  // seconds since 1970, of the base

class History {
 public:
  History(unsigned files, unsigned commits) : files_(files), commits_(commits) {}

  void write() {
    begin_commit("base", 0);
    put(".rollback.yml", "version: 1\ncomponents:\n  app: {}\n");
    for (unsigned i = 0; i < files_; ++i) put(path_of(i), joined(lines_of(i)));
    std::printf("tag base\nfrom :1\ntagger A Developer <developer@example.org> %ld +0000\n", began);
    data("the base");
    for (unsigned number = 1; number <= commits_; ++number) {
      if (is_kept(number)) {
        hotfix(number);
      } else if (number % 25 == 0) {
        merge(number);
      } else {
        change(number);
      }
    }
    std::puts("done");
  }

 private:
  bool is_kept(unsigned number) const {
    return number % 20 == 10 || (number + 200 > commits_ && number % 4 == 2);
  }

  unsigned random(unsigned below) { return static_cast<unsigned>(random_() % below); }

  static std::string path_of(unsigned file) {
    char path[64];
    std::snprintf(path, sizeof path, "module_%03u/part_%u/unit_%u/file_%05u.cpp", file / 500,
                  file / 50 % 10, file / 10 % 5, file);
    return path;
  }

  // Words enough that files are as unlike each other as those of a program.
  std::string a_line() {
    static constexpr const char* syllables[] = {"ba", "co", "di", "fu", "ge", "hy", "ka", "lo",
                                                "mi", "nu", "pe", "ra", "si", "to", "vu", "we"};
    std::string line = "  ";
    for (unsigned words = 4 + random(6); words > 0; --words) {
      for (unsigned parts = 1 + random(4); parts > 0; --parts) line += syllables[random(16)];
      line += ' ';
    }
    return line + std::to_string(random(100'000)) + ";";
  }

  // Of the newest state on `main`. A file that nobody touched is made up again.
  std::vector<std::string> lines_of(unsigned file) {
    if (const auto known = changed_.find(file); known != changed_.end()) return known->second;
    const auto here = random_;
    random_.seed(file + 1);
    std::vector<std::string> lines(20 + random(118));
    for (auto& line : lines) line = a_line();
    random_ = here;
    return lines;
  }

  static std::string joined(const std::vector<std::string>& lines) {
    std::string text;
    for (const auto& line : lines) text += line + "\n";
    return text;
  }

  static void data(const std::string& text) {
    std::printf("data %zu\n", text.size());
    std::fwrite(text.data(), 1, text.size(), stdout);
    std::putchar('\n');
  }

  void put(const std::string& path, const std::string& text) {
    std::printf("M 100644 inline %s\n", path.c_str());
    data(text);
    if (marks_ > 1) put_[path] = text;
  }

  // Marks count the commits, from 1.
  unsigned begin_commit(const std::string& subject, unsigned parent, unsigned merged = 0) {
    const unsigned mark = ++marks_;
    std::printf("commit refs/heads/main\nmark :%u\n", mark);
    std::printf("committer A Developer <developer@example.org> %ld +0000\n", began + 600L * mark);
    data(subject);
    if (parent != 0) std::printf("from :%u\n", parent);
    if (merged != 0) std::printf("merge :%u\n", merged);
    return mark;
  }

  // The first quarter of a file is the hotfixes', the second half is the
  // others', so that there are lines between them.
  void edit(unsigned file, bool kept) {
    auto lines = lines_of(file);
    const auto size = static_cast<unsigned>(lines.size());
    const unsigned at = kept ? random(size / 4) : size / 2 + random(size / 2);
    lines[at] = a_line();
    if (random(4) == 0) lines.insert(lines.begin() + at, a_line());
    changed_[file] = lines;
    put(path_of(file), joined(lines));
  }

  void new_file(unsigned number, const char* kind) {
    std::string text;
    for (unsigned i = 0; i < 40; ++i) text += a_line() + "\n";
    put("module_000/part_0/" + std::string(kind) + std::to_string(number) + ".cpp", text);
  }

  // A third of all commits work on the same few files, as they do anywhere.
  unsigned some_file() {
    const unsigned all = random(3) == 0 ? files_ / 50 : files_;
    return random(all);
  }

  void edit_some(unsigned most) {
    std::set<unsigned> files;
    for (unsigned i = 1 + random(most); i > 0; --i) files.insert(some_file());
    for (const unsigned file : files) edit(file, false);
  }

  void change(unsigned number) {
    head_ = begin_commit(
        "feat(part" + std::to_string(number % 10) + "): change " + std::to_string(number), head_);
    edit_some(3);
    if (number % 15 == 0) new_file(number, "new_");
  }

  // Each in files where no other hotfix was, often those that others edit.
  void hotfix(unsigned number) {
    head_ = begin_commit("hotfix: mend " + std::to_string(number), head_);
    if (number % 100 == 50) return new_file(number, "fix_");
    unsigned file = some_file();
    while (!mended_.insert(file).second) file = some_file();
    edit(file, true);
  }

  void merge(unsigned number) {
    const unsigned side = begin_commit("feat(side): work beside " + std::to_string(number), head_);
    put_.clear();
    edit_some(2);
    new_file(number, "side_");
    // A merge's tree begins as its first parent's, so what the branch did is said again.
    const auto of_side = put_;
    head_ = begin_commit("Merge the work beside " + std::to_string(number), head_, side);
    for (const auto& [path, text] : of_side) put(path, text);
  }

  unsigned files_, commits_, marks_ = 0, head_ = 1;
  std::mt19937_64 random_{20261124};
  std::map<unsigned, std::vector<std::string>> changed_;
  std::map<std::string, std::string> put_;  // since it was cleared
  std::set<unsigned> mended_;
};

}  // namespace

int main(int argc, char** argv) {
  const int files = argc == 3 ? std::atoi(argv[1]) : 0;
  const int commits = argc == 3 ? std::atoi(argv[2]) : 0;
  if (files < 500 || commits < 1) {
    std::fputs("usage: long_history FILES COMMITS\n", stderr);
    return 129;
  }
  History(static_cast<unsigned>(files), static_cast<unsigned>(commits)).write();
  return 0;
}

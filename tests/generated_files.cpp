#include "generated_files.h"

#include <algorithm>
#include <iterator>
#include <set>

namespace rollback::testing {
namespace {

constexpr const char* file = "100644";
constexpr const char* program = "100755";
constexpr const char* link = "120000";
constexpr const char* submodule = "160000";

using Lines = std::vector<std::string>;

const Lines& folders() {
  static const Lines list{"",         "app/",      "app/",         "app/deep/er/", "lib/",
                          "lib/odd/", "docs/",     "docs/a b/",    "app/core/",    "-dir/",
                          "lib/é/",   "app/[ab]/", "docs/:(top)/", "lib/*/"};
  return list;
}

const Lines& names() {
  static const Lines list{
      "main.cpp",  "bot.cpp",  "raid.h",    "loot.txt",    "with space",  "quo\"te",  "new\nline",
      "tab\there", "ünïcödé",  "e\xcc\x81", "bad\xff\xfe", "-leading",    ":(top)x",  ":!not",
      ":/colon",   "back\\sl", "st*r",      "[ab]",        "it's",        "~tilde",   "#hash",
      " blank",    "trail ",   ".hidden",   "HEAD",        "q?.txt",      "a.crlf",   "b.bin",
      "Main.cpp",  "$HOME",    "%41",       "@{u}",        "x\x1b[31m",   "README",   "--",
      "a;b",       "|pipe",    "refs",      "same.txt",    "!bang\\\\ x", "日本.txt", "cr\rname"};
  return list;
}

bool is_text(const Entry& entry) {
  return (entry.mode == file || entry.mode == program) &&
         entry.bytes.find('\0') == std::string::npos;
}

bool is_free(const Files& files, const std::string& path) {
  if (files.contains(path)) return false;
  const auto below = files.lower_bound(path + "/");
  if (below != files.end() && below->first.starts_with(path + "/")) return false;
  for (size_t slash = path.find('/'); slash != std::string::npos;
       slash = path.find('/', slash + 1)) {
    if (files.contains(path.substr(0, slash))) return false;
  }
  return true;
}

// "" : none was found.
std::string free_path(const Files& files, Dice& dice) {
  for (int attempt = 0; attempt < 8; ++attempt) {
    const std::string path = dice.one_of(folders()) + dice.one_of(names());
    if (is_free(files, path)) return path;
  }
  return "";
}

std::string line_of(Dice& dice) {
  static const Lines words{"the", "bot", "raid", "loot", "heals", "waits", "}", "", "return", "ä"};
  std::string line = std::string(2 * dice.below(4), ' ');
  for (size_t n = dice.below(5); n > 0; --n) line += dice.one_of(words) + " ";
  return line + std::to_string(dice.below(1000));
}

std::string text(Dice& dice) {
  std::string all;
  for (size_t n = 6 + dice.below(30); n > 0; --n) all += line_of(dice) + "\n";
  if (dice.percent(10)) all.pop_back();
  return all;
}

std::string noise(Dice& dice) {
  std::string bytes(40 + dice.below(200), '\0');
  for (auto& byte : bytes) byte = static_cast<char>(dice.below(256));
  bytes[0] = '\0';
  return bytes;
}

std::string submodules_commit(Dice& dice) {
  std::string id(40, '0');
  for (auto& digit : id) digit = "0123456789abcdef"[dice.below(16)];
  return id;
}

Lines lines_of(const std::string& bytes) {
  Lines lines;
  for (size_t from = 0; from < bytes.size();) {
    const size_t end = std::min(bytes.find('\n', from), bytes.size() - 1) + 1;
    lines.push_back(bytes.substr(from, end - from));
    from = end;
  }
  return lines;
}

void edit(std::string& bytes, Dice& dice) {
  Lines lines = lines_of(bytes);
  const bool carriage = !lines.empty() && lines[0].ends_with("\r\n");
  const size_t at = dice.below(lines.size() + 1);
  const size_t gone = std::min(dice.below(4), lines.size() - at);
  Lines fresh;
  for (size_t n = dice.below(4) + (gone == 0 ? 1 : 0); n > 0; --n) {
    fresh.push_back(line_of(dice) + (carriage ? "\r\n" : "\n"));
  }
  const auto place = lines.begin() + static_cast<std::ptrdiff_t>(at);
  const auto hole = lines.erase(place, place + static_cast<std::ptrdiff_t>(gone));
  lines.insert(hole, fresh.begin(), fresh.end());
  bytes.clear();
  for (const auto& line : lines) bytes += line;
}

// The path of one that fits; "" : there is none.
template <typename Fits>
std::string some(const Files& files, Dice& dice, Fits fits) {
  Lines paths;
  for (const auto& [path, entry] : files) {
    if (fits(entry)) paths.push_back(path);
  }
  return paths.empty() ? "" : dice.one_of(paths);
}

std::string some_text(const Files& files, Dice& dice) { return some(files, dice, is_text); }
std::string any(const Files& files, Dice& dice) {
  return some(files, dice, [](const Entry&) { return true; });
}

// "app/" of a folder that holds something; "" : there is none.
std::string some_folder(const Files& files, Dice& dice) {
  std::set<std::string> found;
  for (const auto& [path, entry] : files) {
    for (size_t slash = path.find('/'); slash != std::string::npos;
         slash = path.find('/', slash + 1)) {
      found.insert(path.substr(0, slash + 1));
    }
  }
  return found.empty() ? "" : dice.one_of(Lines(found.begin(), found.end()));
}

Files taken_out(Files& files, const std::string& folder) {
  Files inside;
  for (auto it = files.lower_bound(folder); it != files.end() && it->first.starts_with(folder);) {
    inside.insert(files.extract(it++));
  }
  return inside;
}

// Each does nothing, and says so, where it does not fit.

bool edits(Files& files, Dice& dice) {
  const std::string path = some_text(files, dice);
  if (!path.empty()) edit(files[path].bytes, dice);
  return !path.empty();
}

bool edits_spaces(Files& files, Dice& dice) {
  const std::string path = some_text(files, dice);
  const size_t space = path.empty() ? std::string::npos : files[path].bytes.find(' ');
  if (space == std::string::npos) return false;
  files[path].bytes.insert(space, 1 + dice.below(3), ' ');
  return true;
}

bool adds(Files& files, Dice& dice) {
  const std::string path = free_path(files, dice);
  if (path.empty()) return false;
  files[path] = {dice.percent(20) ? program : file, dice.percent(8) ? "" : text(dice)};
  return true;
}

bool deletes(Files& files, Dice& dice) {
  return files.size() > 12 && files.erase(any(files, dice)) == 1;
}

bool moves(Files& files, Dice& dice) {
  const std::string from = any(files, dice), to = free_path(files, dice);
  if (from.empty() || to.empty()) return false;
  Entry entry = files[from];
  if (is_text(entry) && dice.percent(40)) edit(entry.bytes, dice);
  files.erase(from);
  if (!is_free(files, to)) return false;
  files[to] = entry;
  return true;
}

bool copies(Files& files, Dice& dice) {
  const std::string from = any(files, dice), to = free_path(files, dice);
  if (from.empty() || to.empty()) return false;
  Entry entry = files[from];
  if (is_text(entry) && dice.percent(50)) edit(entry.bytes, dice);
  files[to] = entry;
  return true;
}

bool exchanges(Files& files, Dice& dice) {
  const std::string one = any(files, dice), other = any(files, dice);
  if (one.empty() || one == other) return false;
  std::swap(files[one], files[other]);
  return true;
}

bool moves_folder(Files& files, Dice& dice) {
  const std::string folder = some_folder(files, dice), to = free_path(files, dice);
  if (folder.empty() || to.empty() || to.starts_with(folder)) return false;
  for (auto& [path, entry] : taken_out(files, folder)) {
    files[to + "/" + path.substr(folder.size())] = entry;
  }
  return true;
}

bool deletes_folder(Files& files, Dice& dice) {
  const std::string folder = some_folder(files, dice);
  if (folder.empty() || folder == "app/" || files.size() < 20) return false;
  return !taken_out(files, folder).empty();
}

bool changes_mode(Files& files, Dice& dice) {
  const std::string path = some_text(files, dice);
  if (path.empty()) return false;
  files[path].mode = files[path].mode == file ? program : file;
  return true;
}

bool adds_or_turns_link(Files& files, Dice& dice) {
  std::string path = some(files, dice, [](const Entry& entry) { return entry.mode == link; });
  if (path.empty() || dice.percent(50)) path = free_path(files, dice);
  if (path.empty()) return false;
  files[path] = {link, dice.percent(20) ? "/nowhere/at all" : any(files, dice)};
  return !files[path].bytes.empty();
}

bool changes_kind(Files& files, Dice& dice) {
  const std::string path = any(files, dice);
  if (path.empty()) return false;
  const bool was_link = files[path].mode == link;
  files[path] = was_link ? Entry{file, text(dice)} : Entry{link, "main.cpp"};
  return true;
}

bool adds_or_moves_submodule(Files& files, Dice& dice) {
  std::string path = some(files, dice, [](const Entry& entry) { return entry.mode == submodule; });
  if (path.empty() || dice.percent(30)) path = free_path(files, dice);
  if (path.empty()) return false;
  files[path] = {submodule, submodules_commit(dice)};
  return true;
}

bool turns_line_ends(Files& files, Dice& dice) {
  const std::string path = some_text(files, dice);
  if (path.empty()) return false;
  std::string turned;
  const bool carriage = files[path].bytes.find('\r') != std::string::npos;
  for (const char c : files[path].bytes) {
    if (c == '\r') continue;
    turned += c == '\n' && !carriage ? "\r\n" : std::string(1, c);
  }
  std::swap(files[path].bytes, turned);
  return files[path].bytes != turned;
}

bool adds_or_changes_binary(Files& files, Dice& dice) {
  std::string path = some(files, dice, [](const Entry& entry) {
    return entry.mode == file && entry.bytes.find('\0') != std::string::npos;
  });
  if (path.empty() || dice.percent(40)) path = free_path(files, dice);
  if (path.empty()) return false;
  files[path] = {file, noise(dice)};
  return true;
}

bool turns_into_folder(Files& files, Dice& dice) {
  const std::string path = any(files, dice);
  if (path.empty()) return false;
  const Entry entry = files[path];
  files.erase(path);
  files[path + "/" + dice.one_of(names())] = entry;
  if (dice.percent(50)) files[path + "/" + dice.one_of(names())] = {file, text(dice)};
  return true;
}

bool turns_into_file(Files& files, Dice& dice) {
  const std::string folder = some_folder(files, dice);
  if (folder.empty() || folder == "app/") return false;
  const Files inside = taken_out(files, folder);
  const Entry kept = inside.begin()->second;
  files[folder.substr(0, folder.size() - 1)] = dice.percent(50) ? kept : Entry{file, text(dice)};
  return true;
}

struct Deed {
  const char* name;
  size_t weight;
  bool (*run)(Files&, Dice&);
};

constexpr Deed deeds[] = {
    {"edit", 40, edits},
    {"spaces", 3, edits_spaces},
    {"add", 12, adds},
    {"delete", 6, deletes},
    {"move", 8, moves},
    {"copy", 4, copies},
    {"exchange", 1, exchanges},
    {"move folder", 2, moves_folder},
    {"delete folder", 1, deletes_folder},
    {"mode", 4, changes_mode},
    {"link", 4, adds_or_turns_link},
    {"kind", 2, changes_kind},
    {"submodule", 3, adds_or_moves_submodule},
    {"line ends", 2, turns_line_ends},
    {"binary", 4, adds_or_changes_binary},
    {"into folder", 2, turns_into_folder},
    {"into file", 2, turns_into_file},
};

const Entry* find(const Files& files, const std::string& path) {
  const auto found = files.find(path);
  return found == files.end() ? nullptr : &found->second;
}

bool same(const Entry* a, const Entry* b) {
  return a == nullptr || b == nullptr ? a == b : *a == *b;
}

std::set<std::string> paths_of(std::initializer_list<const Files*> all) {
  std::set<std::string> paths;
  for (const auto* files : all) {
    for (const auto& [path, entry] : *files) paths.insert(path);
  }
  return paths;
}

}  // namespace

Files first_files(Dice& dice) {
  Files files;
  while (files.size() < 24) adds(files, dice);
  for (int i = 0; i < 2; ++i) {
    adds_or_changes_binary(files, dice);
    adds_or_turns_link(files, dice);
    turns_line_ends(files, dice);
  }
  return files;
}

std::string change(Files& files, Dice& dice) {
  size_t total = 0;
  for (const auto& deed : deeds) total += deed.weight;
  size_t at = dice.below(total);
  for (const auto& deed : deeds) {
    if (at < deed.weight) {
      const Files before = files;
      if (deed.run(files, dice)) return deed.name;
      files = before;
      return "";
    }
    at -= deed.weight;
  }
  return "";
}

Files merged(const Files& base, const Files& ours, const Files& theirs, Dice& dice) {
  Files result;
  for (const auto& path : paths_of({&base, &ours, &theirs})) {
    const Entry *was = find(base, path), *our = find(ours, path), *their = find(theirs, path);
    const Entry* chosen = our;
    if (same(was, our)) chosen = their;
    if (!same(was, our) && !same(was, their) && dice.percent(50)) chosen = their;
    if (chosen == nullptr) continue;
    Entry entry = *chosen;
    if (our != nullptr && their != nullptr && !same(our, their) && !same(was, our) &&
        !same(was, their) && is_text(*our) && is_text(*their) && dice.percent(60)) {
      entry.bytes = our->bytes + their->bytes;
    }
    if (is_free(result, path)) result[path] = entry;
  }
  return result;
}

bool redo(const Files& before, const Files& after, Files& files) {
  Files result = files;
  std::vector<std::string> written;
  for (const auto& path : paths_of({&before, &after})) {
    const Entry *was = find(before, path), *will = find(after, path);
    if (same(was, will)) continue;
    if (!same(find(files, path), was)) return false;
    result.erase(path);
    if (will != nullptr) written.push_back(path);
  }
  for (const auto& path : written) {
    if (!is_free(result, path)) return false;
    result[path] = after.at(path);
  }
  std::swap(files, result);
  return true;
}

}  // namespace rollback::testing

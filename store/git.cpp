#include "store/git.h"

#include "os/error.h"

namespace rollback {
namespace {

// Variables that would make git look at another repository, index or object
// store than the one that we name. What `git -c` left stays.
const std::vector<std::string> scrubbed{"GIT_DIR",
                                        "GIT_WORK_TREE",
                                        "GIT_COMMON_DIR",
                                        "GIT_INDEX_FILE",
                                        "GIT_CONFIG",
                                        "GIT_OBJECT_DIRECTORY",
                                        "GIT_ALTERNATE_OBJECT_DIRECTORIES",
                                        "GIT_NAMESPACE",
                                        "GIT_PREFIX",
                                        "GIT_LITERAL_PATHSPECS",
                                        "GIT_GLOB_PATHSPECS",
                                        "GIT_NOGLOB_PATHSPECS",
                                        "GIT_ICASE_PATHSPECS",
                                        "GIT_NOTES_REF",
                                        "GIT_NOTES_REWRITE_REF",
                                        "GIT_EDITOR",
                                        "GIT_QUARANTINE_PATH",
                                        "GIT_PAGER",
                                        "GIT_EXTERNAL_DIFF",
                                        "GIT_REFLOG_ACTION",
                                        "GIT_TRACE"};

// The last line that says what was wrong, or else the last of all: advice of
// several lines may follow it.
std::string reason_in(const std::string& err) {
  std::string_view reason;
  bool is_error = false;
  for (std::string_view line : split(err, '\n')) {
    bool here = false;
    for (const std::string_view prefix : {"fatal: ", "error: "}) {
      if (!line.starts_with(prefix)) continue;
      line.remove_prefix(prefix.size());
      here = true;
    }
    if (line.empty() || (is_error && !here)) continue;
    reason = line;
    is_error = here;
  }
  return std::string(reason);
}

}  // namespace

Git::Git(boost::filesystem::path git_dir, boost::filesystem::path work_tree)
    : git_dir_(std::move(git_dir)), work_tree_(std::move(work_tree)) {}

Git Git::in(boost::filesystem::path git_dir, boost::filesystem::path work_tree) const {
  Git there = *this;
  there.git_dir_ = std::move(git_dir);
  there.work_tree_ = std::move(work_tree);
  return there;
}

Command Git::command(const std::vector<std::string>& arguments, const GitExtra& extra) const {
  Command git;
  git.argv = {"git", "--git-dir=" + git_dir_.string()};
  if (work_tree_.empty()) {
    git.argv.emplace_back("--bare");
  } else {
    git.argv.push_back("--work-tree=" + work_tree_.string());
    git.directory = work_tree_;
  }
  for (const auto& setting :
       {"core.fsmonitor=false", "core.fsync=committed", "advice.detachedHead=false",
        "core.quotePath=false", "i18n.commitEncoding=UTF-8", "i18n.logOutputEncoding=UTF-8"}) {
    git.argv.insert(git.argv.end(), {"-c", setting});
  }
  for (const auto& setting : extra.config) {
    git.argv.insert(git.argv.end(), {"-c", setting});
  }
  git.argv.insert(git.argv.end(), arguments.begin(), arguments.end());
  git.unset = scrubbed;
  git.set = extra.set;
  git.set.try_emplace("LC_ALL", "C.UTF-8");
  git.set.try_emplace("GIT_TERMINAL_PROMPT", "0");
  git.set.try_emplace("GIT_OPTIONAL_LOCKS", "0");
  git.input = extra.input;
  git.keep_open = keep_open_;
  return git;
}

Finished Git::ask(const std::vector<std::string>& arguments, const GitExtra& extra) const {
  return rollback::run(command(arguments, extra));
}

Process Git::talk(const std::vector<std::string>& arguments) const {
  Command talking = command(arguments, {});
  talking.dialogue = true;
  return Process(std::move(talking));
}

std::string Git::run(const std::vector<std::string>& arguments, const GitExtra& extra) const {
  Finished finished = ask(arguments, extra);
  if (finished.status != 0) {
    size_t verb = 0;
    while (verb + 1 < arguments.size() && arguments[verb].starts_with("--")) ++verb;
    throw Fatal("git " + arguments.at(verb) + " failed: " +
                (finished.err.empty() ? "exit " + std::to_string(finished.status)
                                      : reason_in(finished.err)));
  }
  return std::move(finished.out);
}

std::string Git::line(const std::vector<std::string>& arguments, const GitExtra& extra) const {
  std::string text = run(arguments, extra);
  if (text.ends_with('\n')) text.pop_back();
  return text;
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> pieces;
  while (!text.empty()) {
    const size_t end = text.find(separator);
    pieces.push_back(text.substr(0, end));
    if (end == std::string_view::npos) break;
    text.remove_prefix(end + 1);
  }
  return pieces;
}

std::string empty_tree(const Git& git) {
  return git.line({"hash-object", "-t", "tree", "-w", "--stdin"}, {.input = ""});
}

}  // namespace rollback

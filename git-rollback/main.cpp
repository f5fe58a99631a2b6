// git-rollback: looks the verb up, calls it, and turns each kind of error into
// a sentence and an exit code. Nothing below prints an error or exits.
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <exception>
#include <string_view>

#include "cli/options.h"
#include "cli/progress_bar.h"
#include "cli/terminal.h"
#include "command/command.h"
#include "os/error.h"
#include "os/notice.h"

namespace {

using namespace rollback;

// As git itself does for `git rollback --help`.
int open_the_manual() {
  execlp("git", "git", "help", "rollback", nullptr);
  throw Fatal("cannot run git help: " + std::string(strerror(errno)));
}

int dispatch(const Arguments& arguments) {
  if (arguments.empty() || arguments[0].starts_with("-")) {
    if (!arguments.empty() && arguments[0] == "--version") {
      say("git-rollback version " GIT_ROLLBACK_VERSION);
      return exit_done;
    }
    if (!arguments.empty() && arguments[0] == "--help") return open_the_manual();
    return run_rollback(arguments);
  }
  for (const auto& verb : verbs()) {
    if (arguments[0] != verb.name) continue;
    if (verb.run == nullptr) {
      throw Usage("'git rollback " + arguments[0] + "' is not built yet in this version");
    }
    return verb.run({arguments.begin() + 1, arguments.end()});
  }
  std::vector<std::string> hints;
  for (const auto& verb : similar_verbs(arguments[0])) {
    hints.push_back("did you mean: git rollback " + verb);
  }
  hints.insert(hints.end(),
               {"git rollback -h", "to roll back to it: git rollback --target " + arguments[0]});
  throw Usage("'" + arguments[0] + "' is no verb of git rollback", hints);
}

}  // namespace

int main(int argc, char** argv) {
  try {
    const auto bar = ProgressBar::where_seen();
    set_progress_listener(bar.get());
    set_notice_listener([](const Notice& notice) {
      warning(notice.text);
      hints(notice.hints);
    });
    const int code = dispatch({argv + 1, argv + argc});
    finish_output();
    return code;
  } catch (const CompletionAsked& asked) {
    say(asked.words);
    return exit_done;
  } catch (const Usage& error) {
    complain("error", error.what(), error.hints());
    return exit_usage;
  } catch (const Refused& error) {
    complain("error", error.what(), error.hints());
    return exit_as_it_was;
  } catch (const Error& error) {
    complain("fatal", error.what(), error.hints());
  } catch (const std::exception& error) {
    complain("fatal", error.what(), {});
  }
  return 128;
}

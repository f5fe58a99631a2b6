// The verbs: one file each, which parses, calls and prints.
#pragma once

#include <string>
#include <vector>

namespace rollback {

using Arguments = std::vector<std::string>;

// Each returns the exit code of DESIGN §4, or throws an Error.
int run_rollback(const Arguments& arguments);
int run_init(const Arguments& arguments);
int run_uninstall(bool yes);  // init --uninstall
int run_trust(const Arguments& arguments);
int run_hook(const Arguments& arguments);
int run_record(const Arguments& arguments);
int run_deploy(const Arguments& arguments);
int run_list(const Arguments& arguments);
int run_show(const Arguments& arguments);
int run_status(const Arguments& arguments);
int run_mark(const Arguments& arguments);
int run_undo(const Arguments& arguments);
int run_doctor(const Arguments& arguments);
int run_install_procedures(const Arguments& arguments);
int run_verify(const Arguments& arguments);
int run_prune(const Arguments& arguments);
int run_salvage(const Arguments& arguments);
int run_sync(const Arguments& arguments);

struct Verb {
  const char* name;
  int (*run)(const Arguments&);  // null: not built yet
  const char* summary;
};

const std::vector<Verb>& verbs();

// Those that somebody who typed `word` may have meant, as git suggests them.
std::vector<std::string> similar_verbs(std::string_view word);

inline constexpr int exit_done = 0;
inline constexpr int exit_as_it_was = 1;
inline constexpr int exit_usage = 129;

}  // namespace rollback

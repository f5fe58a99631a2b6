// Which process: a number alone is given to another one day.
#pragma once

#include <sys/types.h>

#include <string>
#include <string_view>

namespace rollback {

// "<pid> <start, in clock ticks since boot> <boot id>"; "" where there is no such process.
std::string process_identity(pid_t pid);

// Whether the process that had this identity still runs. "" never does.
bool is_running(const std::string& identity);

// The nearest process above this one that was started as `git receive-pack` or
// `git-receive-pack`, say, whatever its options; 0: there is none.
pid_t find_ancestor(std::string_view program, std::string_view subcommand);

// Whether a program of this name, in a process that is none of those above this
// one, works in the folder or below it. Those of other users are not seen, but by
// root.
bool works_in(std::string_view program, const std::string& folder);

}  // namespace rollback

// Runs a command that somebody watches: its output goes to a log, and whatever
// arrives there is passed on at once. The watcher may leave; a daemon that the
// command starts keeps the log open, and nobody waits for that.
#pragma once

#include <boost/filesystem/path.hpp>
#include <functional>
#include <string>
#include <string_view>

#include "os/process.h"

namespace rollback {

// `command.output` is set here. `heard` gets raw bytes, both streams in one.
// The exit status as in Finished; 127 with why in `err` where it did not start.
Finished run_watched(Command command, const boost::filesystem::path& log,
                     const std::function<void(std::string_view)>& heard);

}  // namespace rollback

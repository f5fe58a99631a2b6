// The history of the config files: one commit per changed snapshot of all
// components, on refs/rollback/<environment>/config. Never pushed by anything
// here: such files hold secrets.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "part/config/file_state.h"
#include "part/part.h"
#include "store/git.h"

namespace rollback {

// Adds one component's files to the draft: a commit with the files of the
// others as they were, a move of the config ref, a Rollback-Config trailer.
// Where nothing changed since the last snapshot, that one serves again.
void add_snapshot(const Git& git, PointDraft& draft, const std::string& component,
                  const std::vector<FileState>& files);

// What the snapshot named by a point says of one component's file; nothing
// when the file was not among those configured then.
std::optional<FileState> file_in(const std::vector<FileState>& snapshot, std::string_view path);

std::vector<FileState> read_snapshot(const Git& git, const Point& point,
                                     const std::string& component);

}  // namespace rollback

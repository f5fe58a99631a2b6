// The binaries part: releases in a folder, and the `current` link that names
// the one that runs, replaced by symlink, rename and fsync of the directory.
#pragma once

#include <boost/filesystem/path.hpp>
#include <memory>
#include <optional>
#include <string>

#include "part/binaries/settings.h"
#include "part/part.h"

namespace rollback {

// `base`: the folder that relative paths start from.
std::unique_ptr<Part> make_binaries_part(std::string component, const BinariesSettings& settings,
                                         const boost::filesystem::path& base);

// Fatal where there is no such folder in `releases`; links do not count.
void require_release(const BinariesSettings& settings, const boost::filesystem::path& base,
                     const std::string& release);

// What the part's capture() does, but of a release that was live once. Fatal for
// one that is not there, Refused for one that is not what its manifest says.
void capture_release(PointDraft& draft, const std::string& component,
                     const BinariesSettings& settings, const boost::filesystem::path& base,
                     const std::string& release);

// The release that `current` names; nothing when there is no such link, or it
// leads elsewhere than into `releases`.
std::optional<std::string> current_release(const BinariesSettings& settings,
                                           const boost::filesystem::path& base);

// What another tool wrote into the REVISION file of a release, by default of
// the current one: its first line, as it stands there. Nothing without a file.
std::optional<std::string> revision_of_release(const BinariesSettings& settings,
                                               const boost::filesystem::path& base);
std::optional<std::string> revision_of_release(const BinariesSettings& settings,
                                               const boost::filesystem::path& base,
                                               const std::string& release);

}  // namespace rollback

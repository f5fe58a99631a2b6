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

// The release that `current` names; nothing when there is no such link, or it
// leads elsewhere than into `releases`.
std::optional<std::string> current_release(const BinariesSettings& settings,
                                           const boost::filesystem::path& base);

// The commit that another tool wrote into the release's REVISION file.
std::optional<std::string> revision_of_release(const BinariesSettings& settings,
                                               const boost::filesystem::path& base);

}  // namespace rollback

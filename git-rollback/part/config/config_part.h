// The config part, method version_restore: the point's files are put back with
// mode and owner, each by one exchange of names.
#pragma once

#include <boost/filesystem/path.hpp>
#include <memory>
#include <string>
#include <vector>

#include "part/part.h"
#include "store/git.h"

namespace rollback {

// `files`: relative to `base`, or absolute.
std::unique_ptr<Part> make_config_part(std::string component, std::vector<std::string> files,
                                       const boost::filesystem::path& base, Git git);

}  // namespace rollback

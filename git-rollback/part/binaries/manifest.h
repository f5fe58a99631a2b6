// What a release is made of. Its hash is the SHA-256 of its manifest, which
// names every file with mode, size and SHA-256 and is kept beside the release.
#pragma once

#include <boost/filesystem/path.hpp>
#include <string>

namespace rollback {

// One line per file, link and folder, sorted by path, as store/FORMAT.md says.
// Links are not followed. Fatal when something cannot be read, or is neither.
std::string manifest_of(const boost::filesystem::path& release);

}  // namespace rollback

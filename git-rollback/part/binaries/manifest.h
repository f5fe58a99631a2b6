// What a release is made of. Its hash is the SHA-256 of its manifest, which
// names every file with mode, size and SHA-256 and is kept beside the release.
#pragma once

#include <boost/filesystem/path.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace rollback {

// One line per file, link and folder, sorted by path, as store/FORMAT.md says.
// Links are not followed. Fatal when something cannot be read, or is neither.
std::string manifest_of(const boost::filesystem::path& release);

// What changed from one manifest to another: "'bin/server' has other contents",
// "'x' is gone", in the order of their paths. Lines that are none are passed over.
std::vector<std::string> manifest_differences(std::string_view then, std::string_view now);

}  // namespace rollback

// What a service that already runs looks like on disk: the releases that
// another tool made, the link that names the one that runs, and files that may
// belong to it. Looks only; changes nothing.
#pragma once

#include <boost/filesystem/path.hpp>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace rollback {

struct FoundReleases {
  boost::filesystem::path folder;  // that holds both of these; absolute, as the next two
  boost::filesystem::path releases;
  boost::filesystem::path current;  // the link whose own text names the release
  std::string release;              // the one that it leads to
  std::string made_by;              // "Capistrano", "Deployer"; "": plain folders
};

struct FoundService {
  std::optional<FoundReleases> binaries;
  std::vector<boost::filesystem::path> config;     // absolute; perhaps of the service
  std::vector<boost::filesystem::path> databases;  // SQLite files, the same
  std::vector<std::string> remarks;                // what a person should look at
};

// Whether a REVISION file's text names a commit of this repository.
using KnowsRevision = std::function<bool(const std::string&)>;

// Looks in the work tree, in the folder around it, and in the folders beside
// it; what stands there but cannot be taken is said in `remarks`. A folder
// beside it whose REVISION names a foreign commit belongs to something else.
FoundService look_for_service(const boost::filesystem::path& work_tree, const KnowsRevision& knows);

// The first `.rollback.yml`: what was found is written, what was only perhaps
// of the service stands in comments. parse_configuration() reads it.
std::string starting_configuration(const FoundService& found,
                                   const boost::filesystem::path& work_tree);

}  // namespace rollback

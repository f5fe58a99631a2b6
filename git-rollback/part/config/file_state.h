// One config file at one moment: its bytes, mode and owner, or its absence.
#pragma once

#include <boost/filesystem/path.hpp>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>

#include "os/file.h"
#include "store/git.h"

namespace rollback {

struct FileState {
  std::string path;  // as .rollback.yml spells it
  bool absent = true;
  FileMode mode;  // only the rest of it if not absent
  std::string sha256;
  std::string blob;  // in git, once stored

  bool same(const FileState& other) const;  // all but `path` and `blob`
};

// Fatal for a link, a folder, or a file that cannot be read.
FileState look_at(const std::string& path, const boost::filesystem::path& target);

// The same, and its bytes are stored in git.
FileState store_file(const Git& git, const std::string& path,
                     const boost::filesystem::path& target);

void to_json(nlohmann::json& to, const FileState& state);
void from_json(const nlohmann::json& from, FileState& state);

}  // namespace rollback

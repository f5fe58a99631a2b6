// Files that survive a power cut: DESIGN §8, safety rule 3.
#pragma once

#include <sys/types.h>

#include <boost/filesystem/path.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace rollback {

// The bytes of a file; Fatal with its name when it cannot be read.
std::string read_file(const boost::filesystem::path& path);

// Nothing when the file does not exist; Fatal when it cannot be read.
std::optional<std::string> read_file_if_there(const boost::filesystem::path& path);

// Whether the effective user may write a file, or make and rename names in a folder.
bool may_write(const boost::filesystem::path& path);

struct FileMode {
  mode_t mode = 0644;  // permission bits only
  uid_t uid = 0;
  gid_t gid = 0;

  friend bool operator==(const FileMode&, const FileMode&) = default;
};

// Creates or truncates the file, gives it mode and owner before any byte is in
// it, writes, and fsyncs. Without a mode: 0666 less the umask.
void write_file(const boost::filesystem::path& path, std::string_view bytes,
                std::optional<FileMode> mode = {});

// Temporary beside it, fsync, rename, fsync of the directory.
void replace_file(const boost::filesystem::path& path, std::string_view bytes,
                  std::optional<FileMode> mode = {});

// Exchanges two names in one step, so that neither is ever missing.
void exchange(const boost::filesystem::path& a, const boost::filesystem::path& b);

// Renames, and fails rather than replace what stands at `to`.
void rename_to_free_name(const boost::filesystem::path& from, const boost::filesystem::path& to);

void sync_directory(const boost::filesystem::path& directory);

// Removes one file or link, and syncs its directory. Nothing there is no error.
void remove_file(const boost::filesystem::path& path);

}  // namespace rollback

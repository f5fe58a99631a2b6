// The module that lays commits with libgit2, path by path: cost follows what a
// commit changes, and nothing is written between two of them. Where it takes
// more than that (a rename, a file in place of a folder, a conflict) it stops,
// and git's own merge decides.
#include <git2.h>

#include <algorithm>
#include <cstring>
#include <optional>
#include <stdexcept>

#include "part/code/replay/overlay.h"
#include "part/code/replay/replay.h"

namespace rollback {
namespace {

using BlobHandle = std::unique_ptr<git_blob, Free<git_blob_free>>;

bool is_file(const Blob& blob) {
  return blob.mode == GIT_FILEMODE_BLOB || blob.mode == GIT_FILEMODE_BLOB_EXECUTABLE;
}

// As git tells it, so that it leaves to git's merge what that would not merge.
bool is_binary(const git_blob* blob) {
  constexpr size_t looked_at = 8000;
  const size_t size = std::min<size_t>(looked_at, git_blob_rawsize(blob));
  return size != 0 && std::memchr(git_blob_rawcontent(blob), 0, size) != nullptr;
}

class Libgit2Replay : public Replay {
 public:
  explicit Libgit2Replay(RepositoryHandle repository) : repository_(std::move(repository)) {}

  Laid lay(const std::string& tree, const std::vector<CommitToLay>& commits) override try {
    Overlay overlay(repository_.get(), tree);
    Laid laid;
    for (const auto& commit : commits) {
      if (!apply(commit, overlay)) break;
      ++laid.count;
    }
    laid.tree = overlay.write();
    return laid;
  } catch (const std::exception& error) {
    return {.tree = "", .problem = error.what()};
  }

  Laid with_changes(const std::string& tree, const std::vector<PathChange>& changes) override try {
    Overlay overlay(repository_.get(), tree);
    for (const auto& change : changes) overlay.set(change.path, new_side(change));
    return {.tree = overlay.write()};
  } catch (const std::exception& error) {
    return {.tree = "", .problem = error.what()};
  }

 private:
  // All of it, or nothing.
  bool apply(const CommitToLay& commit, Overlay& overlay) {
    std::vector<std::pair<const std::string*, Blob>> results;
    for (const auto& change : commit.changes) {
      Blob result = overlay.at(change.path);
      if (!apply(change, overlay, result)) return false;
      results.emplace_back(&change.path, result);
    }
    for (const auto& [path, blob] : results) overlay.set(*path, blob);
    return true;
  }

  // `blob`: what is there, and what shall be.
  bool apply(const PathChange& change, const Overlay& overlay, Blob& blob) {
    const Blob base = old_side(change), theirs = new_side(change);
    if (blob == base) {
      if (base.absent() && !overlay.has_room_for(change.path)) return false;
      blob = theirs;
      return true;
    }
    // Gone on both sides: each may have given it another name.
    if (blob == theirs) return !theirs.absent();
    return is_file(base) && is_file(theirs) && is_file(blob) && !has_driver(change.path) &&
           merge(change.path, base, theirs, blob);
  }

  // By attributes; those of the configuration were looked for before.
  bool has_driver(const std::string& path) {
    const char* value = nullptr;
    check(git_attr_get(&value, repository_.get(), GIT_ATTR_CHECK_FILE_THEN_INDEX, path.c_str(),
                       "merge"),
          "cannot read the attributes of '" + path + "'");
    const git_attr_value_t kind = git_attr_value(value);
    return kind != GIT_ATTR_VALUE_UNSPECIFIED && kind != GIT_ATTR_VALUE_TRUE;
  }

  BlobHandle content(const Blob& blob) {
    git_blob* raw = nullptr;
    check(git_blob_lookup(&raw, repository_.get(), &blob.id), "cannot read " + hex(blob.id));
    return BlobHandle(raw);
  }

  // Base, ours and theirs; nothing after a conflict.
  static std::optional<std::string> merged(const git_merge_file_input (&inputs)[3],
                                           uint32_t flags) {
    git_merge_file_options options;
    git_merge_file_options_init(&options, GIT_MERGE_FILE_OPTIONS_VERSION);
    options.flags = flags;
    git_merge_file_result result{};
    check(git_merge_file(&result, &inputs[0], &inputs[1], &inputs[2], &options),
          "cannot merge a file");
    const std::unique_ptr<git_merge_file_result, Free<git_merge_file_result_free>> held(&result);
    if (result.automergeable == 0) return std::nullopt;
    return std::string(result.ptr, result.len);
  }

  bool merge(const std::string& path, const Blob& base, const Blob& theirs, Blob& ours) {
    const BlobHandle contents[] = {content(base), content(ours), content(theirs)};
    git_merge_file_input inputs[3];
    for (size_t i = 0; i < 3; ++i) {
      if (is_binary(contents[i].get())) return false;
      git_merge_file_input_init(&inputs[i], GIT_MERGE_FILE_INPUT_VERSION);
      inputs[i].ptr = static_cast<const char*>(git_blob_rawcontent(contents[i].get()));
      inputs[i].size = git_blob_rawsize(contents[i].get());
    }
    // git's merge compares by the histogram, which libgit2 has not. Where two other
    // ways agree, it nearly always comes to the same; else git decides.
    const auto plain = merged(inputs, GIT_MERGE_FILE_DEFAULT),
               patient = merged(inputs, GIT_MERGE_FILE_DIFF_PATIENCE);
    if (!plain || plain != patient) return false;
    check(git_blob_create_from_buffer(&ours.id, repository_.get(), plain->data(), plain->size()),
          "cannot write '" + path + "'");
    ours.mode = ours.mode == base.mode ? theirs.mode : ours.mode;
    return true;
  }

  RepositoryHandle repository_;
};

}  // namespace
}  // namespace rollback

extern "C" __attribute__((visibility("default"))) rollback::Replay* git_rollback_open_replay(
    const char* git_dir, std::string& error) {
  git_libgit2_init();
  // Ownership was checked by git itself before we came here; libgit2 1.5 knows
  // less of safe.directory and would say "not found".
  git_libgit2_opts(GIT_OPT_SET_OWNER_VALIDATION, 0);
  git_libgit2_opts(GIT_OPT_ENABLE_FSYNC_GITDIR, 1);
  git_repository* raw = nullptr;
  if (git_repository_open_ext(&raw, git_dir, GIT_REPOSITORY_OPEN_NO_SEARCH, nullptr) < 0) {
    const git_error* reason = git_error_last();
    error = reason != nullptr && reason->message != nullptr ? reason->message : "unknown error";
    return nullptr;
  }
  return new rollback::Libgit2Replay(rollback::RepositoryHandle(raw));
}

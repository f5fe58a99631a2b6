#include "part/code/replay/overlay.h"

#include <stdexcept>

namespace rollback {
namespace {

Blob blob_from(const std::string& mode, const std::string& id) {
  const unsigned value = static_cast<unsigned>(std::stoul(mode, nullptr, 8));
  return value == 0 ? Blob{} : Blob{value, id_from(id)};
}

// "a/b/c" -> "a/b", then "a".
bool to_folder(std::string& path) {
  const size_t slash = path.rfind('/');
  if (slash == std::string::npos) return false;
  path.resize(slash);
  return true;
}

}  // namespace

void check(int result, const std::string& what) {
  if (result >= 0) return;
  const git_error* error = git_error_last();
  const bool known = error != nullptr && error->message != nullptr;
  throw std::runtime_error(what + ": " + (known ? error->message : "unknown error"));
}

git_oid id_from(const std::string& hex) {
  git_oid id;
  check(git_oid_fromstr(&id, hex.c_str()), "'" + hex + "' is no id");
  return id;
}

std::string hex(const git_oid& id) {
  char text[GIT_OID_HEXSZ + 1];
  git_oid_tostr(text, sizeof text, &id);
  return text;
}

Blob old_side(const PathChange& change) { return blob_from(change.old_mode, change.old_id); }
Blob new_side(const PathChange& change) { return blob_from(change.new_mode, change.new_id); }

Overlay::Overlay(git_repository* repository, const std::string& tree) : repository_(repository) {
  const git_oid id = id_from(tree);
  git_object *raw = nullptr, *peeled = nullptr;
  check(git_object_lookup(&raw, repository, &id, GIT_OBJECT_ANY), "cannot read " + tree);
  const ObjectHandle object(raw);
  check(git_object_peel(&peeled, raw, GIT_OBJECT_TREE), "cannot read the tree of " + tree);
  tree_.reset(reinterpret_cast<git_tree*>(peeled));
}

Blob Overlay::in_tree(const std::string& path) const {
  git_tree_entry* raw = nullptr;
  const int result = git_tree_entry_bypath(&raw, tree_.get(), path.c_str());
  if (result == GIT_ENOTFOUND) return {};
  check(result, "cannot read '" + path + "'");
  const TreeEntryHandle entry(raw);
  return {static_cast<unsigned>(git_tree_entry_filemode_raw(raw)), *git_tree_entry_id(raw)};
}

Blob Overlay::at(const std::string& path) const {
  const auto found = pending_.find(path);
  return found != pending_.end() ? found->second : in_tree(path);
}

bool Overlay::has_room_for(const std::string& path) const {
  if (in_tree(path).mode == GIT_FILEMODE_TREE) return false;
  const auto below = pending_.lower_bound(path + "/");
  if (below != pending_.end() && below->first.starts_with(path + "/")) return false;
  for (std::string folder = path; to_folder(folder);) {
    const auto pending = pending_.find(folder);
    if (pending != pending_.end() && !pending->second.absent()) return false;
    const Blob there = in_tree(folder);
    if (there.mode == GIT_FILEMODE_TREE) return true;
    if (!there.absent() && pending == pending_.end()) return false;
  }
  return true;
}

void Overlay::refuse_files_in_place_of_folders() const {
  for (const auto& [path, blob] : pending_) {
    for (std::string folder = path; to_folder(folder);) {
      if (pending_.count(folder) != 0) {
        throw std::runtime_error("'" + folder + "' is a file and a folder");
      }
    }
  }
}

std::string Overlay::write() {
  if (pending_.empty()) return hex(*git_tree_id(tree_.get()));
  refuse_files_in_place_of_folders();
  std::vector<git_tree_update> updates;
  for (const auto& [path, blob] : pending_) {
    if (blob == in_tree(path)) continue;  // libgit2 minds what is to go and is not there
    updates.push_back({.action = blob.absent() ? GIT_TREE_UPDATE_REMOVE : GIT_TREE_UPDATE_UPSERT,
                       .id = blob.id,
                       .filemode = static_cast<git_filemode_t>(blob.mode),
                       .path = path.c_str()});
  }
  git_oid id = *git_tree_id(tree_.get());
  if (!updates.empty()) {
    check(git_tree_create_updated(&id, repository_, tree_.get(), updates.size(), updates.data()),
          "cannot write a tree");
  }
  git_tree* written = nullptr;
  check(git_tree_lookup(&written, repository_, &id), "cannot read the tree just written");
  tree_.reset(written);
  pending_.clear();
  return hex(id);
}

}  // namespace rollback

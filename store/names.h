// Every name that this program gives to a ref, a file or a table is spelled
// here and nowhere else. store/FORMAT.md describes them for other readers.
#pragma once

#include <boost/filesystem/path.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "os/clock.h"

namespace rollback::names {

namespace fs = boost::filesystem;

// --- refs -----------------------------------------------------------------

inline constexpr std::string_view record_refs = "refs/rollback/";    // all below it is ours
inline constexpr std::string_view tag_refs = "refs/tags/rollback/";  // tags that show points
inline constexpr std::string_view events_ref = "refs/notes/rollback";
inline constexpr std::string_view draft_events_refs = "refs/notes/wip-rollback/";
inline constexpr std::string_view branch_refs = "refs/heads/rollback/";
std::string draft_events_ref(long pid);  // where git builds notes before they are published

std::string point_ref(std::string_view environment, std::string_view id);
std::string tag_ref(std::string_view environment, std::string_view id);
std::string live_ref(std::string_view environment);
std::string config_ref(std::string_view environment);
std::string before_ref(std::string_view environment, std::string_view operation);
std::string branch_ref(std::string_view operation);  // refs/heads/rollback/<operation>

struct EnvironmentAndId {
  std::string environment, id;
};
// The inverse of point_ref, and of tag_ref in each form that git takes.
std::optional<EnvironmentAndId> parse_point_ref(std::string_view ref);
std::optional<EnvironmentAndId> parse_tag_ref(std::string_view ref);
// The inverse of live_ref: the environment.
std::optional<std::string> parse_live_ref(std::string_view ref);

// Points and their tags, live, config, and the events, of any environment.
bool is_of_record(std::string_view ref);

// --- refs that follow a remote: a cache of what it has ----------------------

inline constexpr std::string_view all_tracked_refs = "refs/rollback-remotes";
inline constexpr std::string_view all_tracked_notes = "refs/rollback-remote-notes";
std::string tracked_events_ref(std::string_view remote);
std::string tracked_refs(std::string_view remote);  // all others of that remote stand below it

// The ref of the record that a tracking ref follows; nothing for any other ref.
std::optional<std::string> parse_tracked_ref(std::string_view remote, std::string_view ref);

// The inverse, for the ref of a point, a live chain or the events.
std::string tracking_ref(std::string_view remote, std::string_view ref);

// What `git fetch` brings to the tracking refs. Each is a glob, since one that
// names a missing ref makes every fetch fail. None matches `config` or `before`.
// All of them write to namespaces of our own, since a pruning fetch deletes there
// whatever the remote has not; that of the events may bring notes of others, too.
std::string fetch_events_refspec(std::string_view remote);
std::string fetch_live_refspec(std::string_view remote);
std::string fetch_points_refspec(std::string_view remote, std::string_view environment);

// DESIGN §2: slashes allowed; no segment is a word of ours or shaped like an id.
bool is_environment(std::string_view name);
bool is_component(std::string_view name);

// --- ids ------------------------------------------------------------------

// 20261123T100000Z-4f2a91c, and -2 and so on when that is taken.
std::string point_id(Time time, std::string_view commit, int attempt = 1);
bool is_point_id(std::string_view text);
std::optional<Time> time_of_id(std::string_view id);  // of a point or an operation

std::string operation_id(Time started);  // 20261123T100000Z-<7 random hex>

// --- files ----------------------------------------------------------------

fs::path state_directory(const fs::path& common_dir);
fs::path index_file(const fs::path& common_dir);
fs::path journal_file(const fs::path& common_dir);
fs::path lock_file(const fs::path& common_dir);
fs::path sync_lock_file(const fs::path& common_dir);  // one sync at a time
fs::path syncing_file(const fs::path& common_dir);    // there while one runs, or after a kill
fs::path scripts_directory(const fs::path& common_dir, std::string_view operation);
// The linked work tree in which a conflict of that operation is resolved.
fs::path conflict_directory(const fs::path& common_dir, std::string_view operation);
fs::path log_file(const fs::path& common_dir, std::string_view operation);

fs::path releases_state_directory(const fs::path& releases);
fs::path releases_lock_file(const fs::path& releases);
fs::path manifest_file(const fs::path& releases, std::string_view release);

inline constexpr std::string_view configuration_file = ".rollback.yml";

// The file that waits beside `target` to be swapped with it.
fs::path incoming_file(const fs::path& target, std::string_view operation);

// --- tables ---------------------------------------------------------------

// Cut to fit `limit` characters, with a short hash so that they stay distinct.
std::string backup_table(std::string_view table, std::string_view stamp, size_t limit = 64);
std::string incoming_table(std::string_view table, std::string_view operation, size_t limit = 64);
std::string displaced_table(std::string_view table, std::string_view operation, size_t limit = 64);
// Rows that did not fit.
std::string aside_table(std::string_view table, std::string_view operation, size_t limit = 64);

// The SQL procedure that brings a table back; `with_hash`: where another table's
// would have the same name, since case means nothing in those.
std::string procedure(std::string_view table, bool with_hash = false, size_t limit = 64);

// Our own bookkeeping tables and triggers all start with this; patterns of the
// user's never match them, nor any of the four above.
inline constexpr std::string_view table_prefix = "git_rollback_";
bool is_table_of_ours(std::string_view table);

// What the name of a table says that an operation displaced, set aside or prepared.
struct HeldRows {
  std::string table;  // whose rows it holds; cut, where its name was long
  std::string operation;
};
std::optional<HeldRows> held_rows(std::string_view name);
// Is `cut` that table's name as it stands in those?
bool is_cut_to(std::string_view table, std::string_view cut);

}  // namespace rollback::names

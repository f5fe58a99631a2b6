#include "store/names.h"

#include <algorithm>

#include "os/sha256.h"
#include "store/kind.h"

namespace rollback::names {
namespace {

constexpr std::string_view root = record_refs;
constexpr std::string_view tags = tag_refs;
constexpr std::string_view points = "/points/";
constexpr std::string_view live = "/live";

std::string join(std::initializer_list<std::string_view> pieces) {
  std::string text;
  for (const auto piece : pieces) text += piece;
  return text;
}

bool all_of(std::string_view text, std::string_view allowed) {
  return text.find_first_not_of(allowed) == std::string_view::npos;
}

constexpr std::string_view digits = "0123456789";
constexpr std::string_view hex = "0123456789abcdef";
constexpr std::string_view lower = "abcdefghijklmnopqrstuvwxyz";

// <stamp>-<7 hex>, and what follows it.
std::optional<std::string_view> after_stamp_and_hash(std::string_view text) {
  if (text.size() < 24 || text[16] != '-' || !from_stamp(text.substr(0, 16)) ||
      !all_of(text.substr(17, 7), hex)) {
    return std::nullopt;
  }
  return text.substr(24);
}

bool is_environment_segment(std::string_view segment) {
  static constexpr std::string_view reserved[] = {"live", "points", "config", "before"};
  if (segment.empty() || segment.front() == '.' || segment.front() == '-' ||
      segment.back() == '.' || segment.ends_with(".lock") ||
      segment.find("..") != std::string_view::npos || is_point_id(segment)) {
    return false;
  }
  if (std::find(std::begin(reserved), std::end(reserved), segment) != std::end(reserved)) {
    return false;
  }
  return std::all_of(segment.begin(), segment.end(), [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '.' || c == '-';
  });
}

std::string end_of_cut(std::string_view table) { return "_" + sha256(table).substr(0, 8); }

std::string table_name(std::string_view table, std::string_view infix, std::string_view suffix,
                       size_t limit) {
  std::string name = join({table, infix, suffix});
  if (name.size() <= limit) return name;
  const std::string end = end_of_cut(table);
  size_t keep = limit - infix.size() - suffix.size() - end.size();
  while (keep > 0 && (static_cast<unsigned char>(table[keep]) & 0xC0U) == 0x80U) --keep;
  return join({table.substr(0, keep), end, infix, suffix});
}

constexpr std::string_view backup_infix = "_backup_";
constexpr std::string_view incoming_infix = "_in_";
constexpr std::string_view displaced_infix = "_out_";
constexpr std::string_view aside_infix = "_aside_";

std::string without_dash(std::string_view operation) {
  std::string text(operation);
  std::replace(text.begin(), text.end(), '-', '_');
  return text;
}

// Where that stands with a time behind it; npos: nowhere.
size_t stands_in_name(std::string_view table, std::string_view infix) {
  const size_t at = table.rfind(infix);
  if (at == std::string_view::npos) return at;
  return from_stamp(table.substr(at + infix.size()).substr(0, 16)) ? at : std::string_view::npos;
}

}  // namespace

std::string draft_events_ref(long pid) { return join({draft_events_refs, std::to_string(pid)}); }

std::string point_ref(std::string_view environment, std::string_view id) {
  return join({root, environment, points, id});
}

std::string tag_ref(std::string_view environment, std::string_view id) {
  return join({tags, environment, "/", id});
}

std::string live_ref(std::string_view environment) { return join({root, environment, live}); }

std::string config_ref(std::string_view environment) {
  return join({root, environment, "/config"});
}

std::string before_ref(std::string_view environment, std::string_view operation) {
  return join({root, environment, "/before/", operation});
}

std::string branch_ref(std::string_view operation) { return join({branch_refs, operation}); }

std::optional<EnvironmentAndId> parse_point_ref(std::string_view ref) {
  const size_t slash = ref.rfind(points);
  if (!ref.starts_with(root) || slash == std::string_view::npos || slash < root.size()) {
    return std::nullopt;
  }
  EnvironmentAndId parsed{std::string(ref.substr(root.size(), slash - root.size())),
                          std::string(ref.substr(slash + points.size()))};
  if (!is_environment(parsed.environment) || !is_point_id(parsed.id)) return std::nullopt;
  return parsed;
}

std::optional<EnvironmentAndId> parse_tag_ref(std::string_view ref) {
  for (const std::string_view prefix : {"refs/", "tags/"}) {
    if (ref.starts_with(prefix)) ref.remove_prefix(prefix.size());
  }
  constexpr std::string_view prefix = "rollback/";
  const size_t slash = ref.rfind('/');
  if (!ref.starts_with(prefix) || slash < prefix.size()) return std::nullopt;
  EnvironmentAndId parsed{std::string(ref.substr(prefix.size(), slash - prefix.size())),
                          std::string(ref.substr(slash + 1))};
  if (!is_environment(parsed.environment) || !is_point_id(parsed.id)) return std::nullopt;
  return parsed;
}

std::optional<std::string> parse_live_ref(std::string_view ref) {
  if (!ref.starts_with(root) || !ref.ends_with(live) || ref.size() <= root.size() + live.size()) {
    return std::nullopt;
  }
  ref.remove_prefix(root.size());
  ref.remove_suffix(live.size());
  if (!is_environment(ref)) return std::nullopt;
  return std::string(ref);
}

bool is_of_record(std::string_view ref) {
  return ref.starts_with(root) || ref == events_ref || parse_tag_ref(ref).has_value();
}

std::string tracked_events_ref(std::string_view remote) {
  return join({all_tracked_notes, "/", remote, "/rollback"});
}

std::string tracked_refs(std::string_view remote) {
  return join({all_tracked_refs, "/", remote, "/"});
}

std::optional<std::string> parse_tracked_ref(std::string_view remote, std::string_view ref) {
  if (ref == tracked_events_ref(remote)) return std::string(events_ref);
  const std::string folder = tracked_refs(remote);
  if (!ref.starts_with(folder)) return std::nullopt;
  std::string followed = join({root, ref.substr(folder.size())});
  if (!parse_point_ref(followed) && !parse_live_ref(followed)) return std::nullopt;
  return followed;
}

std::string tracking_ref(std::string_view remote, std::string_view ref) {
  if (ref == events_ref) return tracked_events_ref(remote);
  return join({tracked_refs(remote), ref.substr(root.size())});
}

std::string fetch_events_refspec(std::string_view remote) {
  return join({"+", events_ref, "*:", tracked_events_ref(remote), "*"});
}

std::string fetch_live_refspec(std::string_view remote) {
  return join({"+", root, "*", live, ":", tracked_refs(remote), "*", live});
}

std::string fetch_points_refspec(std::string_view remote, std::string_view environment) {
  return join(
      {"+", root, environment, points, "*:", tracked_refs(remote), environment, points, "*"});
}

bool is_environment(std::string_view name) {
  while (true) {
    const size_t slash = name.find('/');
    if (!is_environment_segment(name.substr(0, slash))) return false;
    if (slash == std::string_view::npos) return true;
    name.remove_prefix(slash + 1);
  }
}

bool is_component(std::string_view name) {
  return !name.empty() && all_of(name.substr(0, 1), join({lower, digits})) &&
         all_of(name, join({lower, digits, "_.-"})) && !kind_of(name);
}

std::string point_id(Time time, std::string_view commit, int attempt) {
  std::string id = join({to_stamp(time), "-", commit.substr(0, 7)});
  if (attempt > 1) id += "-" + std::to_string(attempt);
  return id;
}

bool is_point_id(std::string_view text) {
  const auto rest = after_stamp_and_hash(text);
  if (!rest) return false;
  if (rest->empty()) return true;
  return rest->size() > 1 && rest->size() < 8 && rest->front() == '-' &&
         all_of(rest->substr(1), digits);
}

std::optional<Time> time_of_id(std::string_view id) {
  if (!after_stamp_and_hash(id)) return std::nullopt;
  return from_stamp(id.substr(0, 16));
}

std::string operation_id(Time started) {
  return join({to_stamp(started), "-", random_hex(4).substr(0, 7)});
}

fs::path state_directory(const fs::path& common_dir) { return common_dir / "rollback"; }
fs::path index_file(const fs::path& common_dir) { return state_directory(common_dir) / "index.db"; }
fs::path journal_file(const fs::path& common_dir) {
  return state_directory(common_dir) / "journal.db";
}
fs::path lock_file(const fs::path& common_dir) { return state_directory(common_dir) / "lock"; }
fs::path sync_lock_file(const fs::path& common_dir) {
  return state_directory(common_dir) / "lock-of-sync";
}
fs::path syncing_file(const fs::path& common_dir) {
  return state_directory(common_dir) / "syncing";
}

fs::path scripts_directory(const fs::path& common_dir, std::string_view operation) {
  return state_directory(common_dir) / "scripts" / std::string(operation);
}

fs::path conflict_directory(const fs::path& common_dir, std::string_view operation) {
  return state_directory(common_dir) / "conflicts" / std::string(operation);
}

fs::path log_file(const fs::path& common_dir, std::string_view operation) {
  return state_directory(common_dir) / "logs" / (std::string(operation) + ".log");
}

fs::path releases_state_directory(const fs::path& releases) { return releases / ".git-rollback"; }
fs::path releases_lock_file(const fs::path& releases) {
  return releases_state_directory(releases) / "lock";
}
fs::path manifest_file(const fs::path& releases, std::string_view release) {
  return releases_state_directory(releases) / (std::string(release) + ".manifest");
}

fs::path incoming_file(const fs::path& target, std::string_view operation) {
  return target.parent_path() /
         join({".", target.filename().string(), ".git-rollback-", operation});
}

std::string backup_table(std::string_view table, std::string_view stamp, size_t limit) {
  return table_name(table, backup_infix, without_dash(stamp), limit);
}

std::string incoming_table(std::string_view table, std::string_view operation, size_t limit) {
  return table_name(table, incoming_infix, without_dash(operation), limit);
}

std::string displaced_table(std::string_view table, std::string_view operation, size_t limit) {
  return table_name(table, displaced_infix, without_dash(operation), limit);
}

std::string aside_table(std::string_view table, std::string_view operation, size_t limit) {
  return table_name(table, aside_infix, without_dash(operation), limit);
}

std::string procedure(std::string_view table, bool with_hash, size_t limit) {
  const std::string hash = with_hash ? "_" + sha256(table).substr(0, 8) : "";
  return table_name(join({"rollback_", table}), "", hash, limit);
}

bool is_table_of_ours(std::string_view table) {
  if (table.starts_with(table_prefix)) return true;
  for (const auto infix : {backup_infix, incoming_infix, displaced_infix, aside_infix}) {
    if (stands_in_name(table, infix) != std::string_view::npos) return true;
  }
  return false;
}

std::optional<HeldRows> held_rows(std::string_view name) {
  for (const auto infix : {incoming_infix, displaced_infix, aside_infix}) {
    const size_t at = stands_in_name(name, infix);
    if (at == std::string_view::npos) continue;
    std::string operation(name.substr(at + infix.size()));
    std::replace(operation.begin(), operation.end(), '_', '-');
    return HeldRows{std::string(name.substr(0, at)), operation};
  }
  return std::nullopt;
}

bool is_cut_to(std::string_view table, std::string_view cut) {
  if (table == cut) return true;
  const std::string end = end_of_cut(table);
  return cut.ends_with(end) && table.starts_with(cut.substr(0, cut.size() - end.size()));
}

}  // namespace rollback::names

#include "part/database/mysql/survey/members.h"

#include <algorithm>

#include "os/error.h"
#include "part/database/mysql/catalogue/check_names.h"
#include "part/database/table_pattern.h"

namespace rollback::mysql {
namespace {

bool is_named(const std::vector<std::string>& patterns, const std::string& table) {
  return std::any_of(patterns.begin(), patterns.end(), [&](const std::string& pattern) {
    return pattern.find_first_of("*?") == std::string::npos && same_name(pattern, table);
  });
}

bool is_named(const DatabaseSettings& settings, const std::string& table) {
  return is_named(settings.tables, table) || is_named(settings.ledger, table) ||
         is_named(settings.sessions, table);
}

void read(Session& session, Member& member) try {
  if (member.type == "table") member.now = read_definition(session, member.table);
} catch (const Refused& error) {
  member.unreadable = error.what();
}

std::vector<Member> members_of_point(const Registry& registry, const std::string& point,
                                     const std::vector<Backup>& backups) {
  std::vector<Member> members;
  const auto entries = registry.of_point(point);
  for (const Backup& backup : backups) {
    Member member{.table = backup.table, .recorded = backup};
    for (const Entry& entry : entries) {
      if (entry.table == backup.table) member.point = entry;
    }
    members.push_back(std::move(member));
  }
  return members;
}

std::optional<std::string> why_no_rows(Session& session, const Member& member) {
  const std::string name = "the backup of table '" + member.table + "'";
  if (!member.point) return name + " is not in the database's registry";
  if (!member.point->complete) return name + " is not complete";
  if (member.point->kind == BackupKind::spent) {
    return name + " went live in an emergency, and could not be made anew";
  }
  const std::string& backup = member.point->backup;
  if (backup != member.recorded->backup) return name + " is not the one that the point names";
  if (!backup.empty() && !table_exists(session, backup)) {
    return name + ", '" + backup + "', is gone";
  }
  return std::nullopt;
}

bool refers(const Definition& definition, const std::string& table) {
  return std::any_of(definition.foreign_keys.begin(), definition.foreign_keys.end(),
                     [&](const ForeignKey& key) {
                       return key.parent_schema.empty() && same_name(key.parent, table);
                     });
}

bool refers(const Member& member, const std::string& table) {
  return (member.now && refers(*member.now, table)) ||
         (member.point && refers(member.point->definition, table));
}

}  // namespace

std::vector<Member> find_members(Session& session, const Registry& registry,
                                 const DatabaseSettings& settings, const std::string& point,
                                 const std::vector<Backup>& backups) {
  auto members = members_of_point(registry, point, backups);
  for (const Listed& listed : list_tables(session)) {
    auto found = std::find_if(members.begin(), members.end(),
                              [&](const Member& member) { return member.table == listed.name; });
    if (found == members.end()) {
      if (!is_in_set(settings, listed.name)) continue;
      if (listed.type != "table" && !is_named(settings, listed.name)) continue;
      // No point has it, so that nobody knows whether it is new: it stays as it is.
      if (word_for(settings.backup, listed.name) == BackupMode::none) continue;
      found = members.insert(members.end(), Member{.table = listed.name});
    }
    found->type = listed.type;
    read(session, *found);
  }
  for (Member& member : members) {
    member.ledger = is_meant(settings.ledger, member.table);
    member.session = is_meant(settings.sessions, member.table);
  }
  return members;
}

std::optional<std::string> why_not(Session& session, const Member& member) {
  if (!member.type.empty() && member.type != "table") {
    return "'" + member.table + "' is a " + member.type +
           ", which cannot be rolled back; leave it out of `tables:`";
  }
  if (member.unreadable) return member.unreadable;
  if (member.now) {
    if (auto reason = why_not_movable(*member.now)) return reason;
    if (auto reason = why_not_displaced(session, *member.now)) return reason;
  }
  if (!member.recorded) return std::nullopt;
  if (auto reason = why_no_rows(session, member)) return reason;
  return why_not_movable(member.point->definition);
}

std::string related_to(const Member& member, const std::vector<Member>& members) {
  const auto found = std::find_if(members.begin(), members.end(), [&](const Member& other) {
    return other.table != member.table &&
           (refers(member, other.table) || refers(other, member.table));
  });
  return found == members.end() ? "" : found->table;
}

}  // namespace rollback::mysql

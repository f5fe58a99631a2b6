// Which tables a survey is about, and why some of them cannot be rolled back.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "part/database/mysql/survey/target.h"

namespace rollback::mysql {

// Views and sequences stay as they are, unless a setting names one word for word.
std::vector<Member> find_members(Session& session, const Registry& registry,
                                 const DatabaseSettings& settings, const std::string& point,
                                 const std::vector<Backup>& backups);

std::optional<std::string> why_not(Session& session, const Member& member);

// Another table of the set that a foreign key, now or at the point, relates it to;
// "": none.
std::string related_to(const Member& member, const std::vector<Member>& members);

}  // namespace rollback::mysql

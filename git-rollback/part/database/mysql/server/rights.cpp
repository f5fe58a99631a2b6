#include "part/database/mysql/server/rights.h"

#include <algorithm>
#include <boost/algorithm/string/join.hpp>

#include "part/database/mysql/catalogue/sql_text.h"

namespace rollback::mysql {
using boost::algorithm::join;
namespace {

constexpr std::string_view all_privileges = "ALL PRIVILEGES";

// "bot@web%" as SHOW GRANTS has it: `bot`@`web%`
std::string spelled(const std::string& account) {
  const size_t at = account.rfind('@');
  if (at == std::string::npos) return identifier(account);
  return identifier(account.substr(0, at)) + "@" + identifier(account.substr(at + 1));
}

std::string take_account(std::string_view& text) {
  if (!text.starts_with('`')) return std::string(text.substr(0, text.find(' ')));
  std::string account = identifier(take_identifier(text));
  if (!text.starts_with("@`")) return account;
  text.remove_prefix(1);
  return account + "@" + identifier(take_identifier(text));
}

// Those of single columns are no help.
std::set<std::string, std::less<>> split(std::string_view list) {
  std::set<std::string, std::less<>> words;
  while (!list.empty()) {
    const size_t end = walk(list, 0, [](char c, size_t) { return c != ','; });
    const std::string_view word = trimmed(list.substr(0, end));
    if (word.find('(') == std::string_view::npos) words.emplace(word);
    list = end == list.size() ? "" : list.substr(end + 1);
  }
  return words;
}

}  // namespace

Rights::Rights(const std::vector<std::string>& grants, const std::string& account, bool wildcards)
    : account_(spelled(account)), wildcards_(wildcards) {
  for (const std::string& line : grants) read(line);
}

void Rights::read(std::string_view line) {
  Grant grant;
  grant.revoke = take_word(line, "REVOKE ");
  if (!grant.revoke && !take_word(line, "GRANT ")) return;
  const size_t on = find_word(line, "ON ");
  if (on == line.size()) return;  // a role
  grant.privileges = split(line.substr(0, on));
  line = trimmed(line.substr(on + 3));
  if (take_word(line, "*.*")) {
    grant.everywhere = true;
  } else {
    grant.pattern = take_identifier(line);
    if (grant.pattern.empty() || !take_word(line, ".*")) return;  // of a table or routine
  }
  if (!take_word(line, "TO ") && !take_word(line, "FROM ")) return;
  grant.grantee = take_account(line);
  grants_.push_back(std::move(grant));
}

size_t Rights::first_wildcard(std::string_view pattern) const {
  for (size_t i = 0; wildcards_ && i < pattern.size(); ++i) {
    if (pattern[i] == '\\') {
      ++i;
    } else if (pattern[i] == '%' || pattern[i] == '_') {
      return i;
    }
  }
  return std::string_view::npos;
}

bool Rights::fits(std::string_view pattern, std::string_view schema) const {
  if (!wildcards_) return pattern == schema;
  if (pattern.empty()) return schema.empty();
  if (pattern[0] == '%') {
    for (size_t skip = 0; skip <= schema.size(); ++skip) {
      if (fits(pattern.substr(1), schema.substr(skip))) return true;
    }
    return false;
  }
  if (schema.empty()) return false;
  if (pattern[0] == '_') return fits(pattern.substr(1), schema.substr(1));
  if (pattern[0] == '\\' && pattern.size() > 1) pattern.remove_prefix(1);
  return pattern[0] == schema[0] && fits(pattern.substr(1), schema.substr(1));
}

const Rights::Grant* Rights::best_fit(const std::string& grantee, std::string_view schema) const {
  const Grant* best = nullptr;
  for (const Grant& grant : grants_) {
    if (grant.everywhere || grant.revoke || grant.grantee != grantee) continue;
    if (!fits(grant.pattern, schema)) continue;
    if (best == nullptr || first_wildcard(grant.pattern) > first_wildcard(best->pattern)) {
      best = &grant;
    }
  }
  return best;
}

bool Rights::everywhere(std::string_view privilege) const {
  return std::any_of(grants_.begin(), grants_.end(), [&](const Grant& grant) {
    return grant.everywhere && !grant.revoke &&
           (grant.privileges.contains(privilege) || grant.privileges.contains(all_privileges));
  });
}

bool Rights::on(std::string_view schema, std::string_view privilege) const {
  const auto gives = [&](const Grant& grant) {
    return grant.privileges.contains(privilege) || grant.privileges.contains(all_privileges);
  };
  const bool revoked = std::any_of(grants_.begin(), grants_.end(), [&](const Grant& grant) {
    return grant.revoke && grant.pattern == schema && gives(grant);
  });
  if (everywhere(privilege) && !revoked) return true;
  return std::any_of(grants_.begin(), grants_.end(), [&](const Grant& grant) {
    return &grant == best_fit(grant.grantee, schema) && gives(grant);
  });
}

std::string Rights::without_escapes(std::string_view pattern) const {
  std::string name;
  for (size_t i = 0; i < pattern.size(); ++i) {
    if (wildcards_ && pattern[i] == '\\' && i + 1 < pattern.size()) ++i;
    name += pattern[i];
  }
  return name;
}

std::string Rights::with_escapes(std::string_view schema) const {
  std::string pattern;
  for (const char c : schema) {
    if (wildcards_ && (c == '_' || c == '%' || c == '\\')) pattern += '\\';
    pattern += c;
  }
  return pattern;
}

std::string Rights::grant_on(std::string_view schema,
                             const std::vector<std::string>& missing) const {
  std::string pattern = with_escapes(schema);
  std::vector<std::string> privileges;
  if (const Grant* present = best_fit(account_, schema)) {
    if (without_escapes(present->pattern) == schema) {
      pattern = present->pattern;
    } else {  // a new grant that fits better stands before what this one gives
      privileges.assign(present->privileges.begin(), present->privileges.end());
      std::erase(privileges, "USAGE");
    }
  }
  privileges.insert(privileges.end(), missing.begin(), missing.end());
  return "GRANT " + join(privileges, ", ") + " ON " + identifier(pattern) + ".* TO " + account_;
}

std::string Rights::grant_everywhere(const std::vector<std::string>& missing) const {
  return "GRANT " + join(missing, ", ") + " ON *.* TO " + account_;
}

namespace {

Rights rights_by(Session& session, const std::string& show, const std::string& account) {
  std::vector<std::string> lines;
  for (const Row& row : session.rows(show)) lines.push_back(row.at(0).value_or(""));
  const auto literal_names = session.rows("SHOW GLOBAL VARIABLES LIKE 'partial_revokes'");
  const bool wildcards = literal_names.empty() || literal_names[0].at(1) != "ON";
  return {lines, account, wildcards};
}

}  // namespace

Rights read_rights(Session& session) {
  return rights_by(session, "SHOW GRANTS", session.text("SELECT current_user()"));
}

Rights read_rights(Session& session, const std::string& account) {
  return rights_by(session, "SHOW GRANTS FOR " + spelled(account), account);
}

}  // namespace rollback::mysql

// What this user may do on the server, as SHOW GRANTS says: roles that are
// active, wildcards in names, and what was partly revoked.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "part/database/mysql/server/session.h"

namespace rollback::mysql {

class Rights {
 public:
  // `grants`: the lines of SHOW GRANTS. `account`: CURRENT_USER(). `wildcards`:
  // whether _ and % in the name of a schema stand for others.
  Rights(const std::vector<std::string>& grants, const std::string& account, bool wildcards);

  bool everywhere(std::string_view privilege) const;  // on *.*
  bool on(std::string_view schema, std::string_view privilege) const;

  // The statements that give these privileges, whoever carries them out, and take
  // none away: the server looks at the one grant whose schema fits best.
  std::string grant_on(std::string_view schema, const std::vector<std::string>& missing) const;
  std::string grant_everywhere(const std::vector<std::string>& missing) const;

 private:
  using Privileges = std::set<std::string, std::less<>>;
  struct Grant {
    std::string grantee;
    bool revoke = false;
    bool everywhere = false;
    std::string pattern;  // of the schema
    Privileges privileges;
  };

  void read(std::string_view line);
  const Grant* best_fit(const std::string& grantee, std::string_view schema) const;
  bool fits(std::string_view pattern, std::string_view schema) const;
  size_t first_wildcard(std::string_view pattern) const;
  std::string without_escapes(std::string_view pattern) const;
  std::string with_escapes(std::string_view schema) const;

  std::string account_;  // as SHOW GRANTS spells it
  bool wildcards_;
  std::vector<Grant> grants_;
};

Rights read_rights(Session& session);
// Of another account, "app@localhost"; throws ServerError where it is gone, or this
// user may not see them.
Rights read_rights(Session& session, const std::string& account);

}  // namespace rollback::mysql

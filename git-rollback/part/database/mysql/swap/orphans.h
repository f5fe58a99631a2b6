// Rows that refer to none, since a key was off for a moment: those keys that cannot
// be made before the RENAME, to tables that are not swapped and from outside.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "part/database/mysql/catalogue/registry.h"
#include "part/database/mysql/server/session.h"
#include "part/database/mysql/swap/change.h"

namespace rollback::mysql {

// Rows of the table that refer to none, since the server did not look. Reads all.
struct Orphans {
  std::string table;
  std::string key;
  std::int64_t rows = 0;
};
std::vector<Orphans> find_orphans(Session& session, const Definition& definition);

// Looks before and after the keys were off. Of `reverts`, the tables of before the
// swap go live.
class OrphanWatch {
 public:
  OrphanWatch(Session& session, Registry& registry, const Plan& plan, bool reverts);

  void watch(const OutsideKey& outside);  // beside those of the plan
  void look();                            // what is an orphan already is nobody's fault
  // Where the key is ON DELETE CASCADE and no row of the parent was lost otherwise,
  // its new orphans go aside; without look(), and of other keys, they are reported.
  void mend();

 private:
  struct Watched {
    Definition child;    // that is live then
    std::string schema;  // of the child; "": this one
    ForeignKey key;
    std::string aside;  // "": its rows are only reported
    bool outside = false;
    std::int64_t before = 0;  // orphans that there were
  };
  void watch(const Change& change);
  bool has_all_rows(const std::string& parent) const;
  std::string known(size_t number) const;
  std::int64_t set_aside(size_t number);
  bool exists(const Watched& watched) const;
  void report(const Watched& watched, std::int64_t rows) const;

  Session& session_;
  Registry& registry_;
  const Plan& plan_;
  bool reverts_;
  bool looked_ = false;
  std::vector<Watched> all_;
};

}  // namespace rollback::mysql

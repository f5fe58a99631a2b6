// A table that was emptied or rebuilt between a swap and its way back, which fires no
// trigger: noticed by its storage (storage.h), and noted in its log row by row.
#pragma once

#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "os/error.h"
#include "part/database/mysql/catalogue/registry.h"
#include "part/database/mysql/swap/cascades.h"
#include "part/database/mysql/swap/change.h"

namespace rollback::mysql {

// Writes the storage of the tables that are about to go live into the registry.
void record_storage(Session& session, Registry& registry, const Plan& plan);

class EmptiedMeanwhile : public Refused {
 public:
  using Refused::Refused;
};

class EmptiedWatch {
 public:
  EmptiedWatch(Session& session, const Registry& registry, const Plan& plan);

  // Of the live tables, which have their names of after the swap. Where one has another
  // storage than when this was last called, compares all keys of it.
  void note(const std::vector<Followed>& tables);
  // Of those of which the storage is not known: compares all keys when it is first called,
  // and later only where the target's first or last row is not there.
  void note_unknown(const std::vector<Followed>& tables);
  // Of all these, also under the session's LOCK TABLES: throws EmptiedMeanwhile where
  // one of both has something to do.
  void require_noted(const std::vector<Followed>& tables);

 private:
  // With the storage that they have now.
  std::vector<std::pair<const Followed*, std::string>> changed(const std::vector<Followed>& tables);
  std::vector<const Followed*> unknown(const std::vector<Followed>& tables);
  bool lacks_a_row(const Followed& table);

  Session& session_;
  std::map<std::string, std::string> storage_;  // that is known, by table
  std::set<std::string> compared_;
};

}  // namespace rollback::mysql

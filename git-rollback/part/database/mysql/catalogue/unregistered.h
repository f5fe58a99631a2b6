// Tables of this program's with rows of the user's that no registry knows, as where an
// older dump brought the registry back.
#pragma once

#include <string>
#include <vector>

#include "part/database/mysql/catalogue/definition.h"
#include "part/database/mysql/server/place.h"

namespace rollback::mysql {

struct Unregistered {
  std::string name;
  std::string table;      // of the component, where its rows belong; cut, where that is gone
  std::string operation;  // that displaced, set aside or prepared them
};

// Of `all` the tables of the schema. None while an operation is under way in it, since
// that registers its tables as it goes.
std::vector<Unregistered> unregistered(Session& session, const Place& place,
                                       const std::vector<Listed>& all);

}  // namespace rollback::mysql

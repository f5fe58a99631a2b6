// A service with a bare remote beside it, and clones of that: real git on disk.
#pragma once

#include <set>
#include <string>

#include "service_fixture.h"

namespace rollback::testing {

class SyncFixture : public ServiceFixture {
 protected:
  // begin() and one deploy, with `origin` at the bare repository ../remote.git,
  // which has the branch and nothing of the record.
  void begin_with_remote();
  void clone(const std::string& name);  // a plain `git clone` at ../<name>

  // In ../<folder>; "world" is the service.
  Finished in(const std::string& folder, const std::string& script, const Variables& set = {});
  Finished sync(const std::string& folder, const std::string& options = "",
                const Variables& set = {});
  void synced(const std::string& folder, const std::string& options = "");  // must succeed

  std::string refs(const std::string& folder, const std::string& pattern);  // "<id> <ref>" a line
  std::string record(const std::string& folder);  // points, tags, live: what all must agree on
  std::set<std::string> events_in(const std::string& folder);  // their lines

  // The ref of a point of production, and its tag.
  static std::string point_ref(const std::string& id);
  static std::string tag_ref(const std::string& id);
};

}  // namespace rollback::testing

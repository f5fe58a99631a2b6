#include "sync_fixture.h"

#include "store/git.h"
#include "store/names.h"

namespace rollback::testing {

void SyncFixture::begin_with_remote() {
  begin();
  deploy_good();
  ASSERT_STATUS(0, shell("git init -q --bare -b main ../remote.git &&"
                         " git remote add origin \"$PWD/../remote.git\" &&"
                         " git push -q -u origin main"));
}

void SyncFixture::clone(const std::string& name) {
  ASSERT_STATUS(0, shell("git clone -q ../remote.git ../" + name + " && cd ../" + name +
                         " && git config user.name Tester &&"
                         " git config user.email tester@example.org"));
}

Finished SyncFixture::in(const std::string& folder, const std::string& script,
                         const Variables& set) {
  return shell("cd '../" + folder + "' && " + script, set);
}

Finished SyncFixture::sync(const std::string& folder, const std::string& options,
                           const Variables& set) {
  return in(folder, "git-rollback sync " + options, set);
}

void SyncFixture::synced(const std::string& folder, const std::string& options) {
  ASSERT_STATUS(0, sync(folder, options)) << folder;
}

std::string SyncFixture::refs(const std::string& folder, const std::string& pattern) {
  return in(folder, "git for-each-ref --format='%(objectname) %(refname)' " + pattern).out;
}

std::string SyncFixture::record(const std::string& folder) {
  return in(folder,
            "git for-each-ref --format='%(objectname) %(refname)' refs/rollback refs/tags/rollback"
            " | grep -v -e /config$ -e /before/")
      .out;
}

std::set<std::string> SyncFixture::events_in(const std::string& folder) {
  const std::string text = in(folder,
                              "git ls-tree -r refs/notes/rollback | cut -c 13- | cut -f 1 |"
                              " git cat-file --batch='' | grep '^{'")
                               .out;
  std::set<std::string> lines;
  for (const auto line : split(text, '\n')) lines.emplace(line);
  return lines;
}

std::string SyncFixture::point_ref(const std::string& id) {
  return names::point_ref("production", id);
}
std::string SyncFixture::tag_ref(const std::string& id) { return names::tag_ref("production", id); }

}  // namespace rollback::testing

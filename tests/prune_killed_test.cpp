// Retention killed at every named place: whole at any moment, and the next run
// finishes.
#include <gtest/gtest.h>

#include <set>

#include "prune_fixture.h"
#include "store/git.h"

namespace rollback::testing {
namespace {

// What is left of the world when it is done, ids included.
class PruneKilled : public Prune {
 protected:
  std::string remains() {
    std::set<std::string> lines;
    for (const auto& event : events("pruned")) {
      lines.insert(event.value("point", "-") + " " + event.value("backups_of", "-") + " " +
                   event.value("release", "-") + "\n");
    }
    EXPECT_EQ(lines.size(), events("pruned").size()) << "no event is there twice";
    std::string pruned;
    for (const auto& line : lines) pruned += line;
    return git({"for-each-ref", "--format=%(refname)", "refs/rollback", "refs/tags"}) + "\n" +
           shell("ls releases").out +
           sql("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name;"
               "SELECT point, name FROM git_rollback_backups ORDER BY 1, 2;"
               "SELECT operation FROM git_rollback_operations; PRAGMA integrity_check") +
           pruned;
  }
};

TEST_F(PruneKilled, AtAnyPlaceTheNextRunFinishesAndEverythingKeptStillRollsBack) {
  a_bad_deploy();
  ASSERT_STATUS(0, rollback({"--component", "playerbot", "--yes"}));
  ASSERT_STATUS(0, shell("git commit -q --allow-empty -m 'fix: again'"));
  for (const std::string name : {"3.0", "3.1", "3.2"}) {
    ASSERT_STATUS(0, rollback({"deploy", "--", "tools/deploy", name, "build " + name}));
  }
  keep("points: 4, backups: 2, displaced: 1 s", "2");
  ASSERT_STATUS(0, shell("sleep 1.1"));
  save();
  const fs::path log = scratch() / "places";
  ASSERT_STATUS(0, rollback({"prune", "--yes"}, {{"GIT_ROLLBACK_FAIL_POINT_LOG", log.string()}}));
  const std::string expected = remains();
  const std::string places = shell("cat '" + log.string() + "'").out;
  int kills = 0;
  for (const auto view : split(places, '\n')) {
    if (view.empty()) continue;
    const std::string place(view);
    restore();
    ASSERT_STATUS(killed, rollback({"prune", "--yes"}, {{"GIT_ROLLBACK_FAIL_POINT", place}}));
    EXPECT_STATUS(0, rollback({"verify", "--all"})) << place << ": it is whole at any moment";
    EXPECT_STATUS(0, rollback({"prune", "--yes"})) << place;
    EXPECT_EQ(remains(), expected) << "killed at: " << place;
    EXPECT_EQ(leftovers(), "") << "killed at: " << place;
    EXPECT_EQ(shell("sqlite3 .git/rollback/journal.db 'SELECT * FROM prunings'").out, "") << place;
    if (++kills % 4 == 0) expect_rolls_back();
  }
  printf("killed %d times while pruning, pruned again\n", kills);
  EXPECT_GT(kills, 10);
}

TEST_F(PruneKilled, WithoutTheNextRunARollbackIsJustAsGood) {
  begin();
  deploys(4);
  keep("points: 2, backups: 1");
  for (const std::string place : {"prune journalled", "publish refs before", "publish refs after",
                                  "prune published", "database prune: table"}) {
    save();
    ASSERT_STATUS(killed, rollback({"prune", "--yes"}, {{"GIT_ROLLBACK_FAIL_POINT", place}}));
    expect_rolls_back();
    restore();
  }
}

}  // namespace
}  // namespace rollback::testing

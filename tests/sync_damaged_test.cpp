// Points and tags that are not what their refs say, here or at the remote: they are named,
// and left alone.
#include "sync_fixture.h"

namespace rollback::testing {
namespace {

class SyncDamaged : public SyncFixture {
 protected:
  void SetUp() override { begin_with_remote(); }

  // A tag object of `commit` whose message says that it is point `id`.
  std::string forge(const std::string& folder, const std::string& id, const std::string& sentence) {
    const Finished made =
        in(folder,
           "printf 'object %s\\ntype commit\\ntag x\\ntagger a <a@b> 1 +0000\\n\\nRollback point " +
               id + "\\n\\n" + sentence + "\\n\\nRollback-Format: 1\\nRollback-Point: " + id +
               "\\nRollback-Environment: production\\n' $(git rev-parse HEAD) | git mktag");
    EXPECT_STATUS(0, made);
    return made.out.substr(0, made.out.find('\n'));
  }
};

TEST_F(SyncDamaged, SkipsAndNamesAPointThatWasRenamedAtTheRemote) {
  synced("world");
  const std::string other = "20200101T000000Z-0000000";
  git({"push", "-q", "origin", point_ref(point()) + ":" + point_ref(other)});
  const Finished said = sync("world");
  EXPECT_STATUS(1, said);
  EXPECT_TRUE(contains(said.err, "point " + other + " of 'production' at 'origin' alone"))
      << said.err;
  EXPECT_TRUE(contains(said.err, "its message is that of point '" + point())) << said.err;
  EXPECT_EQ(refs("world", point_ref(other)), "");
}

TEST_F(SyncDamaged, SkipsAndNamesWhatIsNoPointAtAll) {
  const std::string id = "20200101T000000Z-0000000";
  git({"push", "-q", "origin", "main:" + point_ref(id)});
  git({"tag", "rollback/production/20200101T000000Z-1111111"});
  const Finished said = sync("world");
  EXPECT_STATUS(1, said);
  EXPECT_TRUE(contains(said.err, id + " of 'production' at 'origin' alone: it is no annotated tag"))
      << said.err;
  EXPECT_TRUE(contains(said.err, "1111111 of 'production', which has a tag here, alone"))
      << said.err;
  EXPECT_EQ(refs("world", point_ref(id)), "");
  EXPECT_NE(refs("remote.git", point_ref(point())), "");
}

TEST_F(SyncDamaged, NamesTwoPointsOfOneIdAndChangesNeither) {
  const std::string id = point();
  const std::string forged = forge("world", id, "Another one.");
  git({"push", "-q", "origin", forged + ":" + point_ref(id)});
  const std::string ours = refs("world", point_ref(id));
  const Finished said = sync("world");
  EXPECT_STATUS(1, said);
  EXPECT_TRUE(contains(said.err, "point " + id + " of 'production' alone: it is another one at"))
      << said.err;
  EXPECT_EQ(refs("world", point_ref(id)), ours);
  EXPECT_EQ(refs("remote.git", point_ref(id)), forged + " " + point_ref(id) + "\n");
  EXPECT_EQ(refs("remote.git", tag_ref(id)), "");
  EXPECT_NE(refs("remote.git", point_ref(point(1))), "");
}

TEST_F(SyncDamaged, NamesATagThatWasMovedHereAndDoesNotSendIt) {
  git({"tag", "-f", "rollback/production/" + point(), "HEAD"});
  const Finished said = sync("world");
  EXPECT_STATUS(1, said);
  EXPECT_TRUE(contains(said.err, "the tag 'rollback/production/" + point() + "' alone"))
      << said.err;
  EXPECT_TRUE(contains(said.err, "git tag -d rollback/production/" + point())) << said.err;
  EXPECT_EQ(refs("remote.git", tag_ref(point())), "");
  EXPECT_NE(refs("remote.git", point_ref(point())), "");
}

TEST_F(SyncDamaged, NamesATagThatWasMovedAtTheRemote) {
  git({"push", "-q", "origin", "main:" + tag_ref(point())});
  const Finished said = sync("world");
  EXPECT_STATUS(1, said);
  EXPECT_TRUE(contains(said.err, point() + "' at 'origin' alone: it was moved there")) << said.err;
}

}  // namespace
}  // namespace rollback::testing

#include "part/binaries/retention.h"

#include <gtest/gtest.h>

namespace rollback {
namespace {

using Names = std::vector<std::string>;

TEST(Retention, KeepsTheNewestGoodReleases) {
  EXPECT_EQ(releases_to_prune({{"3", true}, {"2", true}, {"1", true}}, 2, {}), (Names{"1"}));
}

TEST(Retention, FailedReleasesDoNotPushGoodOnesOut) {
  EXPECT_EQ(releases_to_prune({{"5", false}, {"4", false}, {"3", false}, {"2", true}, {"1", true}},
                              2, {}),
            Names{});
}

TEST(Retention, AFailedReleaseGoesWhenItIsOlderThanAllThatIsKept) {
  EXPECT_EQ(releases_to_prune({{"3", true}, {"2", true}, {"1", false}}, 2, {}), (Names{"1"}));
}

TEST(Retention, NeverTakesWhatIsInUse) {
  EXPECT_EQ(releases_to_prune({{"3", true}, {"2", true}, {"1", true}}, 1, {"1"}), (Names{"2"}));
}

TEST(Retention, AReleaseDeployedTwiceCountsOnceAndIsGoodIfItEverWas) {
  EXPECT_EQ(releases_to_prune({{"1", false}, {"2", true}, {"1", true}}, 2, {}), Names{});
}

}  // namespace
}  // namespace rollback

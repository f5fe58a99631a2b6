// The histories that the property tests stand on: whole, always the same, and
// with all that they are to show.
#include "generated_history.h"

#include <map>

#include "service_fixture.h"

namespace rollback::testing {
namespace {

class GeneratedHistory : public ServiceFixture {
 protected:
  std::vector<GeneratedUnit> generate(const std::string& folder, unsigned seed) {
    git({"init", "-q", "-b", "main", folder});
    return generate_history(Git(top() / folder / ".git", top() / folder), seed, 60);
  }
};

TEST_F(GeneratedHistory, TheSameSeedMakesTheSameIds) {
  const auto one = generate("one", 7), other = generate("other", 7);
  ASSERT_EQ(one.size(), 60U);
  EXPECT_EQ(one.back().id, other.back().id);
  EXPECT_NE(one.back().id, generate("third", 8).back().id);
}

TEST_F(GeneratedHistory, GitFindsNoFaultWithItAndCanCheckItOut) {
  for (unsigned seed = 1; seed < 4; ++seed) {
    const std::string folder = "r" + std::to_string(seed);
    const auto units = generate(folder, seed);
    EXPECT_STATUS(0, shell("cd " + folder + " && git fsck --no-dangling --strict"));
    ASSERT_STATUS(0, shell("cd " + folder + " && git reset -q --hard"));
    EXPECT_EQ(shell("cd " + folder + " && git status --porcelain").out, "");
    EXPECT_EQ(shell("cd " + folder + " && git rev-list --count --first-parent main").out, "60\n");
    EXPECT_EQ(shell("cd " + folder + " && git rev-parse main~59").out, units[0].id + "\n");
  }
}

TEST_F(GeneratedHistory, HoldsEveryKindOfUnitWithinAFewSeeds) {
  std::map<std::string, int> counted;
  std::string kinds;
  for (unsigned seed = 1; seed < 9; ++seed) {
    for (const auto& unit : generate("r" + std::to_string(seed), seed)) {
      kinds += unit.what + "\n";
      counted[unit.merge ? "merges" : "others"]++;
    }
  }
  for (const char* kind : {"nothing",
                           "edit",
                           "spaces",
                           "add",
                           "delete",
                           "move",
                           "copy",
                           "exchange",
                           "move folder",
                           "delete folder",
                           "mode",
                           "link",
                           "kind",
                           "submodule",
                           "line ends",
                           "binary",
                           "into folder",
                           "into file",
                           "merge\n",
                           "merge of two branches",
                           "change of its own",
                           "revert of",
                           "revert of merge",
                           "pick of"}) {
    EXPECT_TRUE(contains(kinds, kind)) << kind;
  }
  EXPECT_GT(counted["merges"], 20);
}

}  // namespace
}  // namespace rollback::testing

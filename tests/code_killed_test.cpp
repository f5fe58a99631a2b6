// Kills a rollback of code that keeps commits at every place of the code part,
// and git in the middle of the work tree: continued or aborted, it is exactly at
// the target or exactly at the start.
#include <algorithm>

#include "code_fixture.h"
#include "store/git.h"

namespace rollback::testing {
namespace {

constexpr int killed = 128 + 9;

class CodeKilled : public CodeFixture {
 protected:
  // Files come, go, change, turn into folders; two commits stay, of which one
  // conflicts; one is not deployed yet.
  void SetUp() override {
    begin_with_code();
    write("src/gone", "gone\n");
    write("src/kind/file", "file\n");
    commit_all("feat: more files");
    deploy();
    line(2, "feature", "feat(raid): two");
    line(9, "hot", "hotfix: nine");
    ASSERT_STATUS(0, shell("git rm -qr src/gone src/kind && ln -s a src/kind && echo new > src/new"
                           " && chmod +x src/a"));
    commit_all("feat: other files");
    line(2, "safe", "fix(security): stands on two");
    deploy();
    line(5, "late", "feat: not deployed yet");
    start_ = world();
    save();
    const fs::path log = scratch() / "places";
    ASSERT_STATUS(0, rollback(request_, {{"GIT_ROLLBACK_FAIL_POINT_LOG", log.string()}}));
    ASSERT_EQ(lines(), "1 2 3 4 late 6 7 8 hot 10\n");
    target_ = world();
    const std::string places = shell("cat '" + log.string() + "'").out;
    for (const auto place : split(places, '\n')) places_.emplace_back(place);
    intent_ = at("intend after");
    published_ = at("publish intent after");
    ASSERT_LT(intent_, at("swap code branch refs/heads/main after"));
    ASSERT_LT(at("swap code work tree after"), published_);
  }

  long at(const std::string& place) const {
    return std::find(places_.begin(), places_.end(), place) - places_.begin();
  }

  // Of the code part alone; tests/crash_test.cpp has the others.
  std::vector<long> places_of_code() const {
    std::vector<long> found;
    for (long i = 0; i < static_cast<long>(places_.size()); ++i) {
      const std::string& place = places_[static_cast<size_t>(i)];
      if (contains(place, "app/code") || contains(place, "swap code")) found.push_back(i);
    }
    return found;
  }

  void finish(const std::string& place, const std::string& verb, bool in_flight,
              const std::string& expected) {
    SCOPED_TRACE("killed at " + place + ", then " + verb);
    restore();
    ASSERT_STATUS(killed, rollback(request_, {{"GIT_ROLLBACK_FAIL_POINT", place}}));
    expect_end(verb, in_flight, expected);
  }

  void expect_end(const std::string& verb, bool in_flight, const std::string& expected) {
    EXPECT_STATUS(in_flight ? 0 : 128, rollback({verb}));
    EXPECT_EQ(world(), expected);
    EXPECT_EQ(leftovers(), "");
    EXPECT_STATUS(0, rollback({"record"}));
    EXPECT_STATUS(0, ask_git({"fsck", "--no-dangling"}));
  }

  const std::vector<std::string> request_{"--target", "previous", "--yes", "--conflicts=skip"};
  std::string start_, target_;
  std::vector<std::string> places_;
  long intent_ = 0, published_ = 0;
};

TEST_F(CodeKilled, ContinueEndsAtTheTargetWithWhatWasKept) {
  for (const long i : places_of_code()) {
    finish(places_[static_cast<size_t>(i)], "--continue", i >= intent_,
           i < intent_ ? start_ : target_);
  }
  EXPECT_GE(places_of_code().size(), 9U);
}

TEST_F(CodeKilled, AbortEndsAtTheStart) {
  for (const long i : places_of_code()) {
    finish(places_[static_cast<size_t>(i)], "--abort", i >= at("preparing") && i < published_,
           i < published_ ? start_ : target_);
  }
}

// git asks a filter for each file that it writes, and this one kills them both.
TEST_F(CodeKilled, InTheMiddleOfTheWorkTreeItIsHealedToo) {
  restore();
  write("../filter",
        "#!/bin/sh\n[ -z \"$KILL_AT\" ] || { echo >> \"$KILL_COUNT\";"
        " [ \"$(wc -l < \"$KILL_COUNT\")\" -ne \"$KILL_AT\" ] || kill -9 0; }\ncat\n");
  ASSERT_STATUS(0, shell("chmod +x ../filter; git config filter.killer.smudge ../filter;"
                         " echo '/src/** filter=killer' > .git/info/attributes"));
  save();
  int kills = 0;
  for (int at = 1; at < 20; ++at) {
    for (const char* verb : {"--continue", "--abort"}) {
      SCOPED_TRACE("killed at file " + std::to_string(at) + ", then " + verb);
      restore();
      const std::string count = (scratch() / ("count-" + std::to_string(at) + verb)).string();
      const Finished run =
          rollback(request_, {{"KILL_AT", std::to_string(at)}, {"KILL_COUNT", count}});
      if (run.status == 0) {
        EXPECT_GE(kills, 4);
        return;
      }
      ASSERT_STATUS(killed, run);
      ++kills;
      const bool forward = verb == std::string("--continue");
      expect_end(verb, true, forward ? target_ : start_);
    }
  }
  ADD_FAILURE() << "it never came to its end";
}

}  // namespace
}  // namespace rollback::testing

// The progress line: seen on a terminal and nowhere else, and gone when it ends.
#include "cli/progress_bar.h"

#include <csignal>
#include <nlohmann/json.hpp>
#include <regex>

#include "service_fixture.h"
#include "terminal.h"

namespace rollback::testing {
namespace {

using namespace std::chrono_literals;

class Progress : public ServiceFixture {
 protected:
  using Words = std::vector<std::string>;

  void SetUp() override {
    begin();
    fill(3000);
  }
  void fill(int rows) {
    sql("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < " +
        std::to_string(rows) + ") INSERT INTO playerbot(name) SELECT 'bot' || i FROM n");
  }
  OnTerminal command(const Words& argv) {
    OnTerminal command{argv, top(), variables()};
    command.set["TERM"] = "xterm";
    command.set["GIT_PROGRESS_DELAY"] = "0";
    return command;
  }
  Words sh(const std::string& text) { return {"sh", "-c", text}; }

  static std::string line(std::uint64_t done, std::uint64_t total, size_t width,
                          Unit unit = Unit::rows) {
    return progress_line("copying", unit, done, total, 2000ms, width);
  }
};

TEST_F(Progress, SaysWhatHowMuchHowFastAndHowLong) {
  const Seen seen = run_on_terminal(command({"git-rollback", "record"}));
  EXPECT_EQ(seen.status, 0);
  EXPECT_TRUE(std::regex_search(
      seen.bytes, std::regex(R"(backing up tables: \[[=> ]+\] +\d+% \(\d+ of 3002 rows\), \d+/s)")))
      << seen.bytes;
}

TEST_F(Progress, LeavesNothingBehind) {
  const Seen seen = run_on_terminal(command({"git-rollback", "record"}));
  ASSERT_TRUE(contains(seen.bytes, "backing up tables:"));
  EXPECT_TRUE(std::regex_match(seen.screen,
                               std::regex("backed up 1 table .*\nrecorded point [0-9TZa-f-]+")))
      << seen.screen;
}

TEST_F(Progress, IsErasedOnATerminalThatKnowsNoCommands) {
  OnTerminal dumb = command({"git-rollback", "record"});
  dumb.set["TERM"] = "dumb";
  const Seen seen = run_on_terminal(dumb);
  ASSERT_TRUE(contains(seen.bytes, "backing up tables:"));
  EXPECT_FALSE(contains(seen.bytes, "\x1b"));
  EXPECT_FALSE(contains(seen.screen, "backing up")) << seen.screen;
}

TEST_F(Progress, IsNotAByteWhereStandardErrorIsNoTerminal) {
  const Finished piped = rollback({"record"}, {{"GIT_PROGRESS_DELAY", "0"}});
  EXPECT_STATUS(0, piped);
  EXPECT_EQ(piped.err, "");
  const Seen seen = run_on_terminal(command(sh("git-rollback record 2>var/err")));
  EXPECT_EQ(seen.status, 0);
  EXPECT_EQ(read("var/err"), "");
  EXPECT_FALSE(contains(seen.bytes, "backing up")) << seen.bytes;
}

TEST_F(Progress, IsNotDrawnForWhatTakesNoSecond) {
  OnTerminal quick = command({"git-rollback", "record"});
  quick.set.erase("GIT_PROGRESS_DELAY");
  const Seen seen = run_on_terminal(quick);
  EXPECT_EQ(seen.status, 0);
  EXPECT_FALSE(contains(seen.bytes, "backing up")) << seen.bytes;
}

TEST_F(Progress, IsNotDrawnInTheBackground) {
  const Seen seen =
      run_on_terminal(command(sh("set -m; git-rollback record >var/out & wait $!; echo end")));
  EXPECT_EQ(seen.status, 0);
  EXPECT_TRUE(contains(seen.screen, "end"));
  EXPECT_FALSE(contains(seen.bytes, "backing up")) << seen.bytes;
}

TEST_F(Progress, LeavesStandardOutputToTheData) {
  deploy_good();
  sql("ALTER TABLE playerbot ADD COLUMN guild TEXT");
  const Seen seen = run_on_terminal(
      command(sh("git-rollback --dry-run --json --target previous >var/out 2>/dev/tty")));
  EXPECT_EQ(seen.status, 0);
  EXPECT_TRUE(contains(seen.bytes, "comparing rows:")) << seen.bytes;
  EXPECT_EQ(seen.screen, "");
  EXPECT_EQ(nlohmann::json::parse(read("var/out")).at("format"), 1);
}

TEST_F(Progress, TellsOfTablesBeingPreparedAndReleasesBeingHashed) {
  ASSERT_STATUS(0, shell("head -c 3000000 /dev/urandom > releases/1.0/big"));
  deploy_good();
  sql("ALTER TABLE playerbot ADD COLUMN guild TEXT");
  const Seen seen =
      run_on_terminal(command({"git-rollback", "--yes", "--target", "previous", "--component",
                               "database,binaries", "--rows", "keep_all"}));
  EXPECT_EQ(seen.status, 0) << seen.bytes;
  EXPECT_TRUE(contains(seen.bytes, "preparing tables:")) << seen.bytes;
  EXPECT_TRUE(contains(seen.bytes, "hashing release '1.0':")) << seen.bytes;
  EXPECT_TRUE(contains(seen.bytes, "of 3.0 MB)")) << seen.bytes;
  EXPECT_FALSE(contains(seen.screen, "preparing tables")) << seen.screen;
}

TEST_F(Progress, TellsOfACommandThatRunsLong) {
  script("tools/smoke", "sleep 0.5");
  ASSERT_STATUS(0, rollback({"hook", "pre-deploy"}));
  const Seen seen =
      run_on_terminal(command({"git-rollback", "hook", "post-deploy", "--status", "0"}));
  EXPECT_EQ(seen.status, 0);
  EXPECT_TRUE(contains(seen.bytes, "running 'tools/smoke': 0 s, at most 2:00 min")) << seen.bytes;
  EXPECT_FALSE(contains(seen.screen, "running")) << seen.screen;
}

TEST_F(Progress, TellsOfPointsBeingIndexed) {
  ASSERT_STATUS(0, shell("rm .git/rollback/index.db"));
  const Seen seen = run_on_terminal(command({"git-rollback", "list"}));
  EXPECT_TRUE(contains(seen.bytes, "indexing points:")) << seen.bytes;
  EXPECT_TRUE(contains(seen.bytes, " point), ")) << seen.bytes;
  EXPECT_EQ(seen.screen + "\n", rollback({"list", "--no-color"}).out);
}

TEST_F(Progress, IsErasedByCtrlC) {
  fill(400000);
  OnTerminal interrupted = command({"git-rollback", "record"});
  bool typed = false;
  interrupted.type = [&typed](const std::string& bytes) -> std::string {
    if (typed || !contains(bytes, "backing up tables:")) return "";
    typed = true;
    return "\x03";
  };
  const Seen seen = run_on_terminal(interrupted);
  ASSERT_TRUE(typed);
  EXPECT_EQ(seen.status, 128 + SIGINT);
  EXPECT_FALSE(contains(seen.screen, "backing up")) << seen.screen;
}

TEST_F(Progress, RefusesADelayThatIsNoNumber) {
  OnTerminal wrong = command({"git-rollback", "list"});
  wrong.set["GIT_PROGRESS_DELAY"] = "soon";
  const Seen seen = run_on_terminal(wrong);
  EXPECT_EQ(seen.status, 129);
  EXPECT_TRUE(contains(seen.screen, "GIT_PROGRESS_DELAY")) << seen.screen;
}

TEST_F(Progress, FitsTheTerminal) {
  OnTerminal narrow = command({"git-rollback", "record"});
  narrow.columns = 24;
  const Seen seen = run_on_terminal(narrow);
  ASSERT_TRUE(contains(seen.bytes, "backing up tables:")) << seen.bytes;
  EXPECT_FALSE(contains(seen.screen, "backing up tables")) << seen.screen;
  for (const size_t width : {0U, 1U, 10U, 40U, 60U, 80U, 200U}) {
    EXPECT_LE(line(500, 1000, width).size(), std::max<size_t>(width, 1) - 1) << width;
  }
}

TEST(ProgressLine, ShowsABarWhereThereIsRoom) {
  EXPECT_EQ(progress_line("copying", Unit::rows, 500, 1000, 2000ms, 70),
            "copying: [========>        ]  50% (500 of 1000 rows), 250/s, 2 s left");
  EXPECT_EQ(progress_line("copying", Unit::rows, 500, 1000, 2000ms, 55),
            "copying:  50% (500 of 1000 rows), 250/s, 2 s left");
}

TEST(ProgressLine, CountsBytesInLargerUnits) {
  EXPECT_EQ(progress_line("hashing", Unit::bytes, 1'500'000'000, 6'000'000'000, 10s, 60),
            "hashing:  25% (1.5 GB of 6.0 GB), 150.0 MB/s, 30 s left");
}

TEST(ProgressLine, SaysMinutesAndHours) {
  EXPECT_TRUE(progress_line("w", Unit::rows, 100, 10100, 1s, 60).ends_with(", 1:40 min left"));
  EXPECT_TRUE(progress_line("w", Unit::rows, 1, 7201, 1s, 60).ends_with(", 2:00 h left"));
}

TEST(ProgressLine, SaysNoPartOfATotalThatIsNotKnown) {
  EXPECT_EQ(progress_line("comparing", Unit::rows, 500, 0, 2000ms, 80),
            "comparing: 500 rows, 250/s");
  EXPECT_TRUE(contains(progress_line("comparing", Unit::rows, 1, 0, 2000ms, 80), ": 1 row"));
  EXPECT_FALSE(contains(progress_line("comparing", Unit::rows, 1, 0, 2000ms, 80), "rows"));
}

TEST(ProgressLine, NeverSaysMoreThanAll) {
  EXPECT_TRUE(contains(progress_line("w", Unit::rows, 12, 10, 1s, 60), "100% (10 of 10 rows)"));
}

TEST(ProgressLine, ShowsNoEscapeOfAReleasesName) {
  EXPECT_FALSE(contains(progress_line("hashing '\x1b[31m'", Unit::bytes, 1, 2, 1s, 80), "\x1b"));
}

}  // namespace
}  // namespace rollback::testing

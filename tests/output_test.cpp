// What scripts and terminals get: lines that never change, colour by git's
// settings, no pager of ours, and a clear end where output cannot be written.
#include "cli/output.h"

#include <csignal>
#include <nlohmann/json.hpp>

#include "service_fixture.h"
#include "terminal.h"

namespace rollback::testing {
namespace {

using nlohmann::json;

class Output : public ServiceFixture {
 protected:
  using Words = std::vector<std::string>;

  void SetUp() override {
    begin();
    ASSERT_STATUS(0, rollback({"record", "--version", "1.0 \"gold\" \xc3\xa9"}));
    ASSERT_STATUS(0, rollback({"mark", point(), "stable"}));
  }
  Seen on_terminal(const Words& argv, const Variables& set = {}) {
    OnTerminal command{argv, top(), variables()};
    command.set["TERM"] = "xterm";
    for (const auto& [name, value] : set) command.set[name] = value;
    command.columns = 200;
    Seen seen = run_on_terminal(command);
    EXPECT_EQ(seen.status, 0) << seen.bytes;
    return seen;
  }
  bool is_coloured(const Words& argv, const Variables& set = {}) {
    return contains(on_terminal(argv, set).bytes, "\x1b[");
  }
};

class Porcelain : public Output {};
class Colours : public Output {};
class Pager : public Output {};

// --- lines for scripts --------------------------------------------------------

TEST_F(Porcelain, ListIsALineForEachPointNewestFirst) {
  const json newest = points().at(0), oldest = points().at(1);
  const auto start_of = [](const json& point) {
    return point.at("point").get<std::string>() + " " + point.at("timestamp").get<std::string>() +
           " " + point.at("verdict").get<std::string>() + " - " +
           point.at("git_hash").get<std::string>() + " ";
  };
  const std::string parts =
      "playerbot/code,playerbot/database,playerbot/config,playerbot/binaries ";
  EXPECT_EQ(rollback({"list", "--porcelain"}).out,
            start_of(newest) + oldest.at("point").get<std::string>() + " - " + parts +
                "\"1.0 \\\"gold\\\" \\303\\251\"\n" + start_of(oldest) + "- - " + parts + "\n");
}

TEST_F(Porcelain, ListFeedsAShellsRead) {
  const Finished read = shell(
      "git rollback list --porcelain | while read -r id at verdict score commit parent deploy"
      " parts version; do printf '%s %s %s\\n' \"$id\" \"$verdict\" \"$version\"; done");
  EXPECT_EQ(read.out,
            point() + " stable \"1.0 \\\"gold\\\" \\303\\251\"\n" + point(1) + " unknown \n");
}

TEST_F(Porcelain, PartsAreWordsForComponent) {
  const std::string line = rollback({"list", "-n", "1", "--porcelain"}).out;
  const size_t start = line.find("playerbot/");
  const std::string parts = line.substr(start, line.find(' ', start) - start);
  EXPECT_EQ(plan({"--target", point(), "--component", parts}).at("parts").size(), 4);
}

TEST_F(Porcelain, ZEndsLinesWithNulAndQuotesNothing) {
  const std::string out = rollback({"list", "-z"}).out;
  EXPECT_EQ(std::count(out.begin(), out.end(), '\0'), 2);
  EXPECT_EQ(std::count(out.begin(), out.end(), '\n'), 0);
  EXPECT_TRUE(contains(out, " 1.0 \"gold\" \xc3\xa9" + std::string(1, '\0')));
  EXPECT_EQ(out, rollback({"list", "--porcelain=v1", "-z"}).out);
}

TEST_F(Porcelain, StatusHasALineForEachFact) {
  const json live = this->live();
  EXPECT_EQ(rollback({"status", "--porcelain"}).out,
            "environment production\nlive " + git({"rev-parse", "HEAD"}) + "\nat " +
                live.at("timestamp").get<std::string>() +
                "\nverdict unknown\nbecause no deploy brought it\nparent " + point(1) +
                "\nrelease playerbot 1.0\nundeployed 0\n");
}

TEST_F(Porcelain, StatusShowsHowFarAnOperationIs) {
  deploy_bad();
  rollback({"--yes", "--target", "previous"}, {{"GIT_ROLLBACK_FAIL_POINT", "quiesce before"}});
  const std::string out = rollback({"status", "--porcelain"}).out;
  const json operation = json::parse(rollback({"status", "--json"}).out).at("in_flight");
  ASSERT_TRUE(operation.is_object());
  EXPECT_TRUE(contains(
      out, "\noperation " + operation.at("operation").get<std::string>() + "\nstate intended\n"))
      << out;
  EXPECT_TRUE(contains(out, "\nstep playerbot/binaries at-the-start binaries link ")) << out;
}

TEST_F(Porcelain, ShowHasALineForEachFactOfAPoint) {
  const std::string out = rollback({"show", "--porcelain", point()}).out;
  EXPECT_TRUE(out.starts_with("point " + point() + "\nat ")) << out;
  for (const std::string line :
       {"\nverdict stable\n", "\nversion \"1.0 \\\"gold\\\" \\303\\251\"\n",
        "\nparts playerbot/code", "\ntrailer Rollback-Release: playerbot 1.0 sha256:"}) {
    EXPECT_TRUE(contains(out, line)) << line << out;
  }
}

TEST_F(Porcelain, DoesNotChangeWithConfigurationOrTerminal) {
  for (const Words& verb : {Words{"list"}, {"status"}, {"show", point()}}) {
    Words plain{"git-rollback"}, coloured{"git",
                                          "-c",
                                          "color.ui=always",
                                          "-c",
                                          "core.quotePath=no",
                                          "-c",
                                          "color.rollback.good=blue",
                                          "rollback"};
    for (Words* words : {&plain, &coloured}) {
      words->insert(words->end(), verb.begin(), verb.end());
      words->push_back("--porcelain");
    }
    const std::string expected = rollback({plain.begin() + 1, plain.end()}).out;
    std::string seen = on_terminal(coloured).bytes;
    seen.erase(std::remove(seen.begin(), seen.end(), '\r'), seen.end());
    EXPECT_EQ(seen, expected);
    EXPECT_EQ(ask_git({coloured.begin() + 1, coloured.end()}).out, expected);
  }
}

TEST_F(Porcelain, AndJsonExcludeEachOther) {
  for (const std::string verb : {"list", "status", "show"}) {
    Words words{verb, "--json", "--porcelain"};
    if (verb == "show") words.push_back(point());
    expect_refusal(words, "'--json' and '--porcelain' cannot be used together", 129);
    words[2] = "-z";
    expect_refusal(words, "'--json' and '-z' cannot be used together", 129);
  }
}

TEST_F(Porcelain, OfAnotherVersionIsRefused) {
  expect_refusal({"list", "--porcelain=v2"}, "unsupported porcelain version 'v2'", 129);
}

TEST(Quoting, IsAsGitQuotesPaths) {
  EXPECT_EQ(quoted_as_by_git("1.2 rc"), "1.2 rc");
  EXPECT_EQ(quoted_as_by_git(" 1"), "\" 1\"");
  EXPECT_EQ(quoted_as_by_git("a\nb\t\"\\"), "\"a\\nb\\t\\\"\\\\\"");
  EXPECT_EQ(quoted_as_by_git("\x1b[31m"), "\"\\033[31m\"");
  EXPECT_EQ(quoted_as_by_git(""), "");
}

// --- colour -------------------------------------------------------------------

TEST_F(Colours, AreForTerminals) {
  EXPECT_TRUE(contains(on_terminal({"git-rollback", "list"}).bytes, "\x1b[32m"));
  EXPECT_FALSE(contains(rollback({"list"}).out, "\x1b"));
}

TEST_F(Colours, FollowColorUiAndColorRollback) {
  EXPECT_FALSE(is_coloured({"git", "-c", "color.ui=false", "rollback", "list"}));
  EXPECT_FALSE(is_coloured({"git", "-c", "color.ui=never", "rollback", "list"}));
  EXPECT_FALSE(is_coloured({"git", "-c", "color.rollback=no", "rollback", "list"}));
  EXPECT_TRUE(is_coloured(
      {"git", "-c", "color.ui=never", "-c", "color.rollback=auto", "rollback", "list"}));
  EXPECT_TRUE(contains(ask_git({"-c", "color.ui=always", "rollback", "list"}).out, "\x1b[32m"));
  EXPECT_FALSE(contains(ask_git({"-c", "color.ui=true", "rollback", "list"}).out, "\x1b"));
}

TEST_F(Colours, AreWhatASlotSays) {
  const Words list{"git", "-c", "color.rollback.good=bold blue", "rollback", "list"};
  EXPECT_TRUE(contains(on_terminal(list).bytes, "\x1b[1;34m"));
  const Finished bad =
      ask_git({"-c", "color.ui=always", "-c", "color.rollback.good=puce", "rollback", "list"});
  EXPECT_STATUS(128, bad);
  EXPECT_TRUE(contains(bad.err, "bad config value 'puce' for 'color.rollback.good'")) << bad.err;
}

TEST_F(Colours, FollowTheOptionBeforeTheSettings) {
  EXPECT_TRUE(contains(rollback({"list", "--color"}).out, "\x1b[32m"));
  EXPECT_TRUE(contains(rollback({"list", "--color=always"}).out, "\x1b[32m"));
  EXPECT_FALSE(contains(rollback({"list", "--color=auto"}).out, "\x1b"));
  EXPECT_FALSE(contains(rollback({"list", "--color", "--no-color"}).out, "\x1b"));
  EXPECT_TRUE(contains(rollback({"list", "--no-color", "--color"}).out, "\x1b"));
  EXPECT_FALSE(is_coloured({"git-rollback", "list", "--no-color"}));
  expect_refusal({"list", "--color=puce"}, "'puce' is no value of --color", 129);
}

TEST_F(Colours, KeepAwayFromDumbTerminalsAndFromThoseWhoWantNone) {
  EXPECT_FALSE(is_coloured({"git-rollback", "list"}, {{"TERM", "dumb"}}));
  EXPECT_FALSE(is_coloured({"git-rollback", "list"}, {{"NO_COLOR", "1"}}));
  EXPECT_TRUE(is_coloured({"git-rollback", "list"}, {{"NO_COLOR", ""}}));
}

// --- the pager ----------------------------------------------------------------

TEST_F(Pager, IsNeverOurs) {
  const Seen seen = on_terminal({"git", "-c", "core.pager=sed s/^/paged:/", "rollback", "list"});
  EXPECT_FALSE(contains(seen.bytes, "paged:")) << seen.bytes;
}

TEST_F(Pager, IsGitsWherePagerRollbackAsksForIt) {
  const Words list{"git",      "-c",  "core.pager=sed s/^/paged:/", "-c", "pager.rollback=true",
                   "rollback", "list"};
  const Seen seen = on_terminal(list);
  EXPECT_TRUE(contains(seen.screen, "paged:" + point())) << seen.bytes;
  EXPECT_TRUE(contains(seen.bytes, "\x1b[32m")) << seen.bytes;  // as git's own in a pager
  const Words plain{"git",
                    "-c",
                    "color.pager=no",
                    "-c",
                    "core.pager=sed s/^/paged:/",
                    "-c",
                    "pager.rollback=true",
                    "rollback",
                    "list"};
  EXPECT_FALSE(is_coloured(plain));
}

// --- where it cannot be written -----------------------------------------------

TEST_F(Output, ThatCannotBeWrittenIsFatal) {
  for (const std::string& verb : Words{"list", "list --json", "list --porcelain", "status",
                                       "show " + point(), "--dry-run --target previous", "-h"}) {
    const Finished full = shell("git-rollback " + verb + " > /dev/full");
    EXPECT_STATUS(128, full) << verb;
    EXPECT_EQ(full.err, "fatal: write failure on standard output: No space left on device\n");
  }
}

TEST_F(Output, ThatNobodyReadsEndsItAsSigpipeDoes) {
  const Finished piped = shell(
      "mkfifo var/pipe; true < var/pipe & { sleep 0.2; git-rollback list; } > var/pipe; echo $?");
  EXPECT_EQ(piped.out, std::to_string(128 + SIGPIPE) + "\n");
  EXPECT_EQ(piped.err, "");
}

TEST_F(Output, ThatNobodyReadsCutsNoRollbackShort) {
  deploy_good();
  const Finished piped = shell(
      "mkfifo var/pipe; true < var/pipe & git-rollback --yes --target previous > var/pipe;"
      " echo $?");
  EXPECT_EQ(piped.out, std::to_string(128 + SIGPIPE) + "\n") << piped.err;
  EXPECT_TRUE(json::parse(rollback({"status", "--json"}).out).at("in_flight").is_null());
  EXPECT_EQ(read("src/playerbot.cpp"), "version 1\n");
}

}  // namespace
}  // namespace rollback::testing

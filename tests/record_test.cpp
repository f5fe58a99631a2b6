// `record`: points outside of any deploy, of now and of the past.
#include <boost/filesystem/operations.hpp>
#include <nlohmann/json.hpp>

#include "service_fixture.h"

namespace rollback::testing {
namespace {

using nlohmann::json;

class Record : public ServiceFixture {
 protected:
  using Words = std::vector<std::string>;

  // Four commits, of which the record knows the last two: 1.0 live since init,
  // then 1.1. The release 0.9 is older than the record.
  void SetUp() override {
    git({"init", "-q", "-b", "main"});
    git({"config", "user.name", "Tester"});
    git({"config", "user.email", "tester@example.org"});
    for (const std::string version : {"version 0.8", "version 0.9"}) {
      write("src/playerbot.cpp", version + "\n");
      git({"add", "src"});
      git({"commit", "-q", "-m", "feat(old): " + version});
    }
    old_ = git({"rev-parse", "HEAD"});
    older_ = git({"rev-parse", "HEAD~1"});
    begin();
    write("releases/0.9/server", "build 0.9\n");
    write("releases/0.9/REVISION", old_ + "\n");
    deploy_good();
  }

  json record(const Words& more) {
    Words all{"record"};
    all.insert(all.end(), more.begin(), more.end());
    const Finished said = rollback(all);
    EXPECT_STATUS(0, said);
    said_ = said.out + said.err;
    const size_t at = said.out.find("recorded point ");
    EXPECT_NE(at, std::string::npos) << said_;
    return at == std::string::npos ? json() : recorded(said.out.substr(at + 15, 24));
  }
  std::string refs() { return git({"for-each-ref"}); }

  std::string old_, older_, said_;
};

class Backfill : public Record {};

TEST_F(Backfill, IsListedByItsTimeAndFoundByIdVersionAndCommit) {
  const json point = record({"--at", "2026-11-01 10:00", "--commit", old_, "--version", "0.9"});
  const std::string id = point.at("point");
  EXPECT_TRUE(id.starts_with("20261101T100000Z-" + old_.substr(0, 7))) << id;
  EXPECT_EQ(point.at("timestamp"), "2026-11-01T10:00:00Z");
  EXPECT_EQ(point.at("git_hash"), old_);
  EXPECT_EQ(points().back().at("point"), id);
  for (const auto& word : {id, id.substr(0, 10), std::string("0.9"), old_, old_.substr(0, 8)}) {
    EXPECT_EQ(plan({"--target", word}).at("recommended_point"), id) << word;
  }
}

TEST_F(Backfill, BringsBackCodeAndBuildAndLeavesWhatItDoesNotHold) {
  record({"--at", "2026-11-01 10:00", "--release", "0.9", "--version", "0.9"});
  const std::string rows = sql("SELECT * FROM playerbot"), config = read("etc/playerbot.conf");
  ASSERT_STATUS(0, rollback({"--yes", "--target", "0.9", "--component", "code,binaries"}));
  EXPECT_EQ(read("src/playerbot.cpp"), "version 0.9\n");
  EXPECT_EQ(read("current/server"), "build 0.9\n");
  EXPECT_EQ(sql("SELECT * FROM playerbot"), rows);
  EXPECT_EQ(read("etc/playerbot.conf"), config);
}

TEST_F(Backfill, SaysWhatItLeavesOutAndThatARollbackOfItIsRefused) {
  const json point = record({"--at", "2026-11-01 10:00", "--release", "0.9"});
  EXPECT_TRUE(contains(said_,
                       "left out, since today's are not those of then: playerbot/database,"
                       " playerbot/config"))
      << said_;
  EXPECT_EQ(point.at("components"), json::parse(R"(["code", "binaries"])"));
  expect_refusal({"--yes", "--target", point.at("point")}, "the point does not hold it");
}

TEST_F(Backfill, LeavesOutTheBuildWhereNoReleaseIsNamed) {
  const json point = record({"--at", "2026-11-01 10:00", "--commit", old_});
  EXPECT_EQ(point.at("components"), json::parse(R"(["code"])"));
  EXPECT_TRUE(contains(said_, "playerbot/binaries")) << said_;
}

TEST_F(Backfill, TakesTheCommitFromTheReleasesRevisionWhereTheRecordKnowsNone) {
  EXPECT_EQ(record({"--at", "2026-11-01 10:00", "--release", "0.9"}).at("git_hash"), old_);
}

TEST_F(Backfill, TakesWhatTheRecordKnowsOfThatTime) {
  // Ten minutes pass.
  ASSERT_STATUS(0, shell("sleep 2"));
  const json now_live = live();
  const json point = record({"--at", "0 seconds ago"});
  EXPECT_EQ(point.at("git_hash"), now_live.at("git_hash"));
  EXPECT_EQ(point.at("deploy"), now_live.at("deploy"));
  EXPECT_EQ(point.at("parent"), now_live.at("parent"));
  EXPECT_EQ(point.at("verdict"), "stable");
}

TEST_F(Backfill, SaysWhereItContradictsTheRecordAndLeavesThat) {
  const std::string chain = git({"rev-parse", "refs/rollback/production/live"});
  const json point = record({"--at", "0 seconds ago", "--commit", old_});
  EXPECT_TRUE(contains(said_, "was live then: it stays as it is")) << said_;
  EXPECT_TRUE(point.at("deploy").is_null());
  EXPECT_EQ(git({"rev-parse", "refs/rollback/production/live"}), chain);
}

TEST_F(Backfill, HasTheNewestOlderPointForParent) {
  const json first = record({"--at", "2026-11-01 10:00", "--commit", older_});
  const json third = record({"--at", "2026-11-03 10:00", "--commit", old_});
  const json second = record({"--at", "2026-11-02T10:00:00Z", "--commit", old_});
  EXPECT_TRUE(first.at("parent").is_null());
  EXPECT_EQ(third.at("parent"), first.at("point"));
  EXPECT_EQ(second.at("parent"), first.at("point"));
}

TEST_F(Backfill, ChangesNoOtherRef) {
  const std::string before = refs();
  const json point = record({"--at", "2026-11-01 10:00", "--commit", old_});
  EXPECT_EQ(shell("git for-each-ref | grep -v " + point.at("point").get<std::string>()).out,
            before + "\n");
}

TEST_F(Backfill, SaysHowToGoToItSinceLastStableDoesNotComeByIt) {
  const json point = record({"--at", "2026-11-01 10:00", "--commit", old_});
  EXPECT_TRUE(contains(said_, "git rollback --target " + point.at("point").get<std::string>()))
      << said_;
  ASSERT_STATUS(0, rollback({"mark", point.at("point"), "stable"}));
  EXPECT_FALSE(contains(rollback({"--dry-run", "--component", "code"}).out,
                        point.at("point").get<std::string>()));
}

TEST_F(Backfill, IsNamedWhereATimeBeforeTheRecordIsAskedFor) {
  const std::string id = record({"--at", "2026-11-01 10:00", "--commit", old_}).at("point");
  expect_refusal({"--yes", "--target", "2026-11-02 10:00"}, "git rollback --target " + id);
  EXPECT_FALSE(contains(rollback({"--yes", "--target", "2026-10-02 10:00"}).err, id));
}

TEST_F(Backfill, DatesItselfByUtcAndLocalTimeAndWords) {
  EXPECT_EQ(record({"--at", "2026-11-01T10:00:00Z", "--commit", old_}).at("timestamp"),
            "2026-11-01T10:00:00Z");
  const Finished said =
      rollback({"record", "--at", "2026-11-01 10:00", "--commit", older_}, {{"TZ", "Asia/Tokyo"}});
  EXPECT_TRUE(contains(said.out, "20261101T010000Z-")) << said.out << said.err;
  EXPECT_TRUE(record({"--at", "3 weeks ago", "--commit", old_}).is_object());
}

TEST_F(Backfill, WarnsOfACommitThatIsYoungerThanTheTime) {
  record({"--at", "2020-01-01 00:00", "--commit", old_});
  EXPECT_TRUE(contains(said_, "is younger than that")) << said_;
}

TEST_F(Backfill, WritesReasonAndVersionWithoutTerminalEscapes) {
  const json point = record({"--at", "2026-11-01 10:00", "--commit", old_, "--reason",
                             "from\x1b[31m the log", "--version", "0.9\x1b[0m"});
  const std::string message =
      git({"cat-file", "tag",
           "refs/rollback/production/points/" + point.at("point").get<std::string>()});
  EXPECT_EQ(message.find('\x1b'), std::string::npos) << message;
  EXPECT_TRUE(contains(message, "the log")) << message;
}

TEST_F(Backfill, RefusesBadInputInOneSentenceAndRecordsNothing) {
  const std::string at = "2026-11-01 10:00";
  fs::create_symlink("0.9", top() / "releases/link");
  expect_refusal({"record", "--at", "2099-01-01 00:00", "--commit", old_}, "is not in the past",
                 129);
  expect_refusal({"record", "--at", "yesterday", "--commit", old_}, "'yesterday' is no time", 129);
  expect_refusal({"record", "--at", "2026-02-31 10:00", "--commit", old_}, "is no time", 129);
  expect_refusal({"record", "--at", "1000000 weeks ago", "--commit", old_}, "1970", 129);
  expect_refusal({"record", "--at", at, "--commit", "nosuch"}, "'nosuch' names no commit", 128);
  expect_refusal({"record", "--at", at, "--commit", "--all"}, "'--all' names no commit", 128);
  expect_refusal({"record", "--at", at}, "nothing is known to have been live then", 129);
  expect_refusal({"record", "--at", at, "--release", "7.7"}, "there is no release '7.7'", 128);
  for (const std::string name : {"link", "../src", ".git-rollback", ".", "playerbot="}) {
    expect_refusal({"record", "--at", at, "--commit", old_, "--release=" + name},
                   "there is no release '", 128);
  }
  expect_refusal({"record", "--at", at, "--commit", old_, "--release="}, "its value is empty", 129);
  expect_refusal({"record", "--at", at, "--commit", old_, "--release", "0.9,1.0"},
                 "two releases of 'playerbot'", 129);
  expect_refusal({"record", "--at", at, "--commit", old_, "--component", "playerbot/db"},
                 "can be recorded afterwards", 129);
  expect_refusal({"record", "--at", at, "--release", "0.9", "--component", "code"},
                 "whose binaries are not selected", 129);
  expect_refusal({"record", "--at", at, "--commit", old_, "--component", "nosuch"}, "'nosuch'",
                 129);
}

TEST_F(Backfill, RefusesAPointThatIsThereAlready) {
  const json point = record({"--at", "2026-11-01 10:00", "--commit", old_});
  expect_refusal({"record", "--at", "2026-11-01 10:00", "--commit", old_}, "is there already");
}

TEST_F(Backfill, RefusesAReleaseThatIsNotWhatItWasWhenItWasRecorded) {
  record({"--at", "2026-11-01 10:00", "--release", "0.9"});
  write("releases/0.9/server", "meddled with\n");
  expect_refusal({"record", "--at", "2026-11-01 11:00", "--release", "0.9"},
                 "release '0.9' is not what it was");
}

TEST_F(Backfill, AsksWhoseReleaseItIsWhereSeveralComponentsHaveSome) {
  configure(
      "version: 1\ncomponents:\n"
      "  playerbot: { binaries: { releases: releases, current: current } }\n"
      "  web: { code: [], binaries: { releases: var/web, current: var/live } }\n"
      "  docs: { code: [\"docs\"] }\n");
  const std::string at = "2026-11-01 10:00";
  expect_refusal({"record", "--at", at, "--release", "0.9"}, "whose release is '0.9'?", 129);
  expect_refusal({"record", "--at", at, "--release", "docs=0.9"}, "has no part 'binaries'", 129);
  write("var/web/w1/index.html", "hello\n");
  record({"--at", at, "--release", "playerbot=0.9", "--release", "web=w1"});
  const std::string message =
      git({"cat-file", "tag", "refs/rollback/production/points/" + point(2)});
  EXPECT_TRUE(contains(message,
                       "Rollback-Parts: docs code\nRollback-Parts: playerbot code,binaries\n"
                       "Rollback-Parts: web binaries\n"))
      << message;
}

TEST_F(Backfill, BeforeInitIsThePointBeforeToday) {
  ASSERT_STATUS(0, shell("rm -r .git/rollback; git for-each-ref --format='delete %(refname)'"
                         " refs/rollback refs/tags refs/notes | git update-ref --stdin"));
  const json old = record({"--at", "2026-11-01 10:00", "--release", "0.9"});
  EXPECT_TRUE(contains(said_, "git rollback init will take it")) << said_;
  ASSERT_STATUS(0, rollback({"mark", old.at("point"), "stable"}));
  ASSERT_STATUS(0, rollback({"init"}));
  EXPECT_EQ(points().at(0).at("parent"), old.at("point"));
  EXPECT_EQ(plan({"--component", "code,binaries"}).at("recommended_point"), old.at("point"));
}

// --- of now -------------------------------------------------------------------

TEST_F(Record, OfNowHoldsEveryPart) {
  EXPECT_EQ(record({}).at("components"), json::parse(R"(["code", "db", "config", "binaries"])"));
}

TEST_F(Record, OfNowAgreesToWhatIsLive) {
  const json point = record({"--commit", "HEAD", "--release", "1.1"});
  EXPECT_EQ(point.at("components"), json::parse(R"(["code", "db", "config", "binaries"])"));
}

TEST_F(Record, OfNowRefusesWhatIsNotLive) {
  expect_refusal({"record", "--commit", "HEAD~1"},
                 "live is " + git({"rev-parse", "HEAD"}).substr(0, 10));
  expect_refusal({"record", "--release", "1.0"}, "the release of 'playerbot' is '1.1', not '1.0'");
  EXPECT_TRUE(contains(rollback({"record", "--commit", "HEAD~1"}).err, "--at <time>"));
}

TEST_F(Record, WarnsOfWhatWouldStopARollback) {
  ASSERT_STATUS(0, shell("rm tools/smoke"));
  const Finished said = rollback({"record"});
  EXPECT_STATUS(0, said);
  EXPECT_TRUE(contains(said.err, "warning: commands: 'tools/smoke'")) << said.err;
}

TEST_F(Record, IsQuietWhereAllIsWell) { EXPECT_EQ(rollback({"record"}).err, ""); }

}  // namespace
}  // namespace rollback::testing

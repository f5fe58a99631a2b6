// Several processes at once: one wins, nobody's record is lost, and whoever
// only reads is never disturbed.
#include <atomic>
#include <boost/filesystem/operations.hpp>
#include <nlohmann/json.hpp>
#include <set>
#include <thread>

#include "service_fixture.h"
#include "store/git.h"

namespace rollback::testing {
namespace {

class Concurrency : public ServiceFixture {
 protected:
  // The same command so many times at once.
  std::vector<Finished> at_once(size_t count, const std::vector<std::string>& arguments) {
    std::vector<Finished> finished(count);
    std::vector<std::thread> threads;
    for (size_t i = 0; i < count; ++i) {
      threads.emplace_back([&, i] {
        std::vector<std::string> with_number = arguments;
        for (auto& argument : with_number) {
          if (argument == "%d") argument = std::to_string(i);
        }
        finished[i] = rollback(with_number);
      });
    }
    for (auto& thread : threads) thread.join();
    return finished;
  }
};

TEST_F(Concurrency, OfEightRollbacksOneWinsAndSevenSayWhoHoldsTheLock) {
  a_bad_deploy();
  // The winner takes its time, so that the seven come while it works.
  script("tools/smoke", "sleep 3; grep -q build var/running");
  git({"commit", "-qam", "chore: a slow test"});
  const auto live_records = [&] {
    return git({"rev-list", "--count", "--first-parent", "refs/rollback/production/live"});
  };
  const int records_before = std::stoi(live_records());
  const auto finished = at_once(8, {"--component", "playerbot", "--yes"});
  int won = 0;
  for (const auto& one : finished) {
    if (one.status == 0) {
      ++won;
      continue;
    }
    EXPECT_STATUS(1, one);
    EXPECT_TRUE(contains(one.err, "error: another process holds the lock: pid ")) << one.err;
    EXPECT_TRUE(contains(one.err, " on ") && contains(one.err, ", rollback")) << one.err;
    EXPECT_EQ(one.out, "");
  }
  EXPECT_EQ(won, 1);
  EXPECT_EQ(back(), "code database config binaries ");
  EXPECT_EQ(std::stoi(live_records()), records_before + 1);
  EXPECT_EQ(events("rollback").size(), 1U);
  EXPECT_EQ(git({"for-each-ref", "refs/heads/rollback/"}).find('\n'), std::string::npos);
  EXPECT_EQ(leftovers(), "");
}

TEST_F(Concurrency, SixteenProcessesAddEventsAndNoneIsLost) {
  begin();
  const std::string id = point();
  const auto marked = at_once(16, {"mark", id, "stable", "--reason", "%d"});
  std::set<std::string> reasons;
  for (const auto& one : marked) EXPECT_STATUS(0, one);
  for (const auto& event : events("verdict")) {
    reasons.insert(event.at("reason").get<std::string>());
  }
  EXPECT_EQ(events("verdict").size(), 16U);
  EXPECT_EQ(reasons.size(), 16U);
  EXPECT_EQ(git({"for-each-ref", "refs/notes/wip-rollback/"}), "");
}

TEST_F(Concurrency, SixteenProcessesRecordPointsAndNoneIsLost) {
  begin();
  const auto recorded = at_once(16, {"record", "--version", "%d", "--component", "code,config"});
  for (const auto& one : recorded) EXPECT_STATUS(0, one);
  std::set<std::string> versions, ids;
  for (const auto& one : points()) {
    if (one.at("version").is_string()) versions.insert(one.at("version").get<std::string>());
    ids.insert(one.at("point").get<std::string>());
  }
  EXPECT_EQ(versions.size(), 16U);
  EXPECT_EQ(ids.size(), 17U);
  EXPECT_EQ(
      git({"for-each-ref", "--format=%(refname)", "refs/tags/rollback/"}).size(),
      git({"for-each-ref", "--format=%(refname)", "refs/rollback/production/points/"}).size() -
          17 * (std::string("refs/rollback/production/points/").size() -
                std::string("refs/tags/rollback/production/").size()));
}

// A note of somebody else's process, which knows nothing of our lock.
TEST_F(Concurrency, AnEventIsNotLostToNotesThatGitItselfWrites) {
  begin();
  const std::string id = point();
  std::thread writer([&] {
    for (int i = 0; i < 20; ++i) {
      shell("git notes --ref=rollback append -m '{\"at\":\"2026-01-01T00:00:00.000Z\",\"id\":\"x" +
            std::to_string(i) + "\",\"event\":\"theirs\"}' HEAD");
    }
  });
  for (const auto& one : at_once(8, {"mark", id, "stable"})) EXPECT_STATUS(0, one);
  writer.join();
  EXPECT_EQ(events("verdict").size(), 8U);
}

TEST_F(Concurrency, TwoClonesThatShareAReleasesFolderTakeTurns) {
  begin();
  const std::string shared = (scratch() / "shared").string();
  const auto shared_configuration = [&](const std::string& current) {
    return "version: 1\ncomponents:\n  playerbot:\n    binaries: { releases: \"" + shared +
           "\", current: \"" + current + "\" }\n" +
           "verification: { smoke_test: [\"sh\", \"-c\", \"sleep 2\"] }\n";
  };
  ASSERT_STATUS(0,
                shell("mkdir -p ../shared/1 ../shared/2 && echo 1 > ../shared/1/server &&"
                      " echo 2 > ../shared/2/server && git clone -q . ../clone &&"
                      " cd ../clone && git config user.name T && git config user.email t@e.org"));
  for (const std::string folder : {"world", "clone"}) {
    const std::string current = (scratch() / folder / "current").string();
    write("../" + folder + "/.rollback.yml", shared_configuration(current));
    ASSERT_STATUS(0, shell("cd ../" + folder +
                           " && rm -f current && ln -s ../shared/1 current &&"
                           " git config rollback.environment " +
                           folder +
                           " && git commit -qam 'chore: share' && git rollback init &&"
                           " git rollback trust --yes && git rollback deploy -- ln -sfn ../shared/2"
                           " current"));
  }
  std::atomic<int> refused{0}, won{0};
  std::vector<std::thread> threads;
  for (const std::string folder : {"world", "clone"}) {
    threads.emplace_back([&, folder] {
      const Finished one = shell("cd ../" + folder +
                                 " && git rollback --target previous"
                                 " --component binaries --yes");
      if (one.status == 0) ++won;
      if (one.status != 1) return;
      ++refused;
      EXPECT_TRUE(contains(one.err, "holds the lock: pid ")) << one.err;
      EXPECT_TRUE(contains(one.err, ", rollback 20")) << one.err;
      EXPECT_EQ(shell("readlink ../" + folder + "/current").out, "../shared/2\n");
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(won, 1);
  EXPECT_EQ(refused, 1);
  for (const std::string folder : {"world", "clone"}) {
    const Finished later = shell("cd ../" + folder +
                                 " && git rollback --target previous"
                                 " --component binaries --yes");
    EXPECT_STATUS(0, later);
    EXPECT_EQ(shell("readlink ../" + folder + "/current").out, "../shared/1\n");
  }
}

TEST_F(Concurrency, ReadersNeverFailWhileOthersRollBack) {
  a_bad_deploy();
  std::atomic<bool> over{false};
  std::atomic<int> read{0};
  const std::string id = point();
  std::vector<std::thread> readers;
  for (const std::vector<std::string>& verb :
       std::vector<std::vector<std::string>>{{"list"}, {"status"}, {"show", id}}) {
    readers.emplace_back([&, verb] {
      while (!over) {
        const Finished one = rollback(verb);
        EXPECT_STATUS(0, one) << verb[0];
        EXPECT_EQ(one.err.find("fatal"), std::string::npos) << one.err;
        ++read;
      }
    });
  }
  for (int i = 0; i < 3; ++i) {
    EXPECT_STATUS(0, rollback({"--component", "playerbot", "--yes"}));
    EXPECT_STATUS(0, rollback({"undo", "--yes"}));
  }
  over = true;
  for (auto& reader : readers) reader.join();
  EXPECT_GT(read, 10);
  printf("%d reads beside 6 operations\n", read.load());
}

TEST_F(Concurrency, TwoEnvironmentsOfOneRepositoryDeployAtOnce) {
  begin();
  configure("version: 1\ncomponents:\n  playerbot: { config: [\"etc/playerbot.conf\"] }\n");
  ASSERT_STATUS(0, shell("git -c rollback.environment=staging rollback init"));
  std::vector<std::thread> threads;
  for (const std::string environment : {"production", "staging"}) {
    threads.emplace_back([&, environment] {
      for (int i = 0; i < 4; ++i) {
        EXPECT_STATUS(0, shell("git -c rollback.environment=" + environment +
                               " rollback deploy -- sleep 0.05"));
      }
    });
  }
  for (auto& thread : threads) thread.join();
  for (const std::string environment : {"production", "staging"}) {
    const Finished listed =
        shell("git -c rollback.environment=" + environment + " rollback list --json");
    const auto object = nlohmann::json::parse(listed.out);
    EXPECT_EQ(object.at("rollback_points").size(), 5U) << environment;
  }
  int finished = 0;
  for (const auto& event : events("deploy")) finished += event.at("phase") == "finished" ? 1 : 0;
  EXPECT_EQ(finished, 8);
}

TEST_F(Concurrency, AfterAHolderOfTheLockWasKilledTheNextGoesOnAtOnce) {
  begin();
  ASSERT_STATUS(128 + 9, rollback({"record"}, {{"GIT_ROLLBACK_FAIL_POINT", "publish after"}}));
  const auto began = std::chrono::steady_clock::now();
  EXPECT_STATUS(0, rollback({"record"}));
  EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds(8));
  EXPECT_EQ(leftovers(), "");
}

// What the service starts outlives us, and must not keep the lock.
TEST_F(Concurrency, ADaemonThatTheServiceStartsDoesNotHoldTheLock) {
  a_bad_deploy();
  script("tools/ctl",
         "[ \"$1\" = stop ] && { rm -f var/running; exit; }\n"
         "cat current/server > var/running; (sleep 20 & echo $! > ../daemon)\n");
  ASSERT_STATUS(0, rollback({"--component", "playerbot", "--yes"}));
  EXPECT_STATUS(0, rollback({"undo", "--yes"}));
  shell("kill $(cat ../daemon)");
}

}  // namespace
}  // namespace rollback::testing

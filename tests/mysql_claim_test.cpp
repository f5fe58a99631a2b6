#include "part/database/mysql/server/claim.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <thread>

#include "mysql_fixture.h"
#include "os/error.h"
#include "os/lock.h"
#include "os/notice.h"
#include "part/database/mysql/catalogue/registry.h"
#include "part/database/mysql/server/primary.h"
#include "part/database/mysql/swap/change.h"

namespace rollback::mysql {
namespace {

using std::chrono::milliseconds;

class MysqlClaim : public MysqlEngineTest {
 protected:
  void TearDown() override { set_notice_listener({}); }

  std::string holder() { return server().value("SELECT is_used_lock('git_rollback/world')"); }

  // What it says when it refuses; "" when it does not.
  template <class Work>
  static std::string refusal(Work&& work) {
    try {
      work();
      return "";
    } catch (const Refused& error) {
      std::string text = error.what();
      for (const auto& hint : error.hints()) text += "\n" + hint;
      return text;
    }
  }

  void put_operation(const std::string& id, State state, const std::string& host,
                     const std::string& component = "bots") {
    Session session = open();
    Registry registry(session, component);
    registry.create();
    Plan plan;
    plan.operation = id;
    registry.put({id, state, "", to_text(plan), host});
  }

  void listen() {
    set_notice_listener([this](const Notice& notice) { heard_.push_back(notice); });
  }

  std::vector<Notice> heard_;
};

TEST_F(MysqlClaim, IsHeldForAsLongAsSomebodyKeepsIt) {
  {
    const auto ours = claim(place());
    EXPECT_NE(holder(), "NULL");
  }
  for (int i = 0; i < 100 && holder() != "NULL"; ++i) std::this_thread::sleep_for(milliseconds(10));
  EXPECT_EQ(holder(), "NULL");
}

TEST_F(MysqlClaim, IsOneForAllComponentsOfAProcess) {
  Place other = place();
  other.component = "others";
  const auto first = claim(place());
  const auto second = claim(other);
  EXPECT_EQ(first, second);
}

TEST_F(MysqlClaim, IsRefusedWhereAnotherProcessHasItUntilThatIsKilled) {
  int told[2];
  ASSERT_EQ(pipe(told), 0);
  const pid_t child = fork();
  if (child == 0) {
    const Claim theirs(place());
    const char ready = 'r';
    if (write(told[1], &ready, 1) == 1) pause();
    _exit(0);
  }
  char ready = 0;
  ASSERT_EQ(read(told[0], &ready, 1), 1);
  const std::string said = refusal([&] { claim(place()); });
  EXPECT_NE(said.find("somebody else is at work on database 'world': session " + holder() +
                      " of 'root' on 'localhost'"),
            std::string::npos)
      << said;
  kill(child, SIGKILL);
  waitpid(child, nullptr, 0);
  EXPECT_EQ(refusal([&] { claim(place()); }), "");
  close(told[0]);
  close(told[1]);
}

TEST_F(MysqlClaim, NamesTheOperationOfWhoeverHasIt) {
  put_operation("20261123T100000Z-4f2a91c", State::prepared, "web2");
  Session other = open();
  other.run("SELECT get_lock('git_rollback/world', 0)");
  const std::string said = refusal([&] { claim(place()); });
  EXPECT_NE(said.find("operation '20261123T100000Z-4f2a91c' of host 'web2'"), std::string::npos)
      << said;
  EXPECT_NE(said.find("KILL " + std::to_string(other.id())), std::string::npos) << said;
}

TEST_F(MysqlClaim, TakesItAgainAfterItsConnectionWasKilled) {
  const auto ours = claim(place());
  const std::string before = holder();
  server().sql("KILL " + before);
  EXPECT_EQ(refusal([&] { ours->require(); }), "");
  EXPECT_NE(holder(), before);
  EXPECT_NE(holder(), "NULL");
}

TEST_F(MysqlClaim, IsRefusedWhereAnotherTookItAfterItsConnectionWasKilled) {
  const auto ours = claim(place());
  server().sql("KILL " + holder());
  Session other = open();
  ASSERT_EQ(other.number("SELECT get_lock('git_rollback/world', 5)"), 1);
  EXPECT_NE(refusal([&] { ours->require(); }).find("somebody else is at work"), std::string::npos);
}

TEST_F(MysqlClaim, StandsInTheWayOfNoOtherDatabaseAndFitsLongNames) {
  const auto ours = claim(place());
  const std::string name(64, 'n');
  server().sql("CREATE DATABASE `" + name + "`");
  Endpoint there = endpoint();
  there.database = name;
  const Place other{name, "bots", settings(), [there] { return there; }};
  EXPECT_EQ(refusal([&] { claim(other); }), "");
  EXPECT_LE(claim_name(name).size(), 64U);
  EXPECT_NE(claim_name(name), claim_name(std::string(63, 'n') + "m"));
}

TEST_F(MysqlClaim, RefusesWhereAnotherHostsOperationIsPreparedUnlessItIsTakenOver) {
  listen();
  put_operation("20261123T100000Z-4f2a91c", State::prepared, "web2", "others");
  const std::string said = refusal([&] { clear_way(place(), ""); });
  EXPECT_NE(said.find("operation '20261123T100000Z-4f2a91c' of host 'web2' is prepared"),
            std::string::npos)
      << said;
  EXPECT_NE(said.find("--continue or --abort on host 'web2'"), std::string::npos) << said;
  EXPECT_EQ(server().rows("git_rollback_operations").size(), 1U);
  clear_way(place(), "20261123T100000Z-4f2a91c");
  EXPECT_TRUE(server().rows("git_rollback_operations").empty());
  EXPECT_EQ(heard_.size(), 1U);
}

TEST_F(MysqlClaim, DiscardsWhatAnotherHostDidNotPrepareToItsEnd) {
  listen();
  put_operation("20261123T100000Z-4f2a91c", State::preparing, "web2", "others");
  put_operation("20261123T110000Z-4f2a91c", State::preparing, host_name());
  put_operation("20261123T120000Z-4f2a91c", State::settled, "web2");
  clear_way(place(), "");
  EXPECT_EQ(server().rows("git_rollback_operations").size(), 2U);
  ASSERT_EQ(heard_.size(), 1U);
  EXPECT_EQ(heard_[0].text,
            "discarded what operation '20261123T100000Z-4f2a91c' of host 'web2' had prepared in "
            "database 'world' and did not swap");
}

TEST_F(MysqlClaim, RefusesWhereAnotherHostsOperationIsLiveUnlessItIsTakenOver) {
  listen();
  put_operation("20261123T100000Z-4f2a91c", State::swapped, "web2", "others");
  const std::string said = refusal([&] { clear_way(place(), "20261123T100000Z-0000000"); });
  EXPECT_NE(said.find("operation '20261123T100000Z-4f2a91c' of host 'web2' is live"),
            std::string::npos)
      << said;
  EXPECT_NE(said.find("rollback.takeOver=20261123T100000Z-4f2a91c"), std::string::npos) << said;
  clear_way(place(), "20261123T100000Z-4f2a91c");
  Session session = open();
  const auto operation = Registry(session, "others").operation("20261123T100000Z-4f2a91c");
  ASSERT_TRUE(operation);
  EXPECT_EQ(operation->state, State::settled);
  EXPECT_EQ(heard_.size(), 1U);
}

TEST_F(MysqlClaim, IsNotTakenOnAServerThatTakesNoWrites) {
  server().sql("SET GLOBAL read_only = 1");
  EXPECT_NE(refusal([&] { claim(place()); }).find("takes no writes: read_only is on"),
            std::string::npos);
}

TEST_F(MysqlClaim, KnowsWhoseTheDatabaseIs) {
  Place owned = place();
  EXPECT_EQ(why_not_owner(owned), "");
  owned.settings.owner = host_name();
  EXPECT_EQ(why_not_owner(owned), "");
  owned.settings.owner = "db1";
  EXPECT_NE(why_not_owner(owned).find("database 'world' is left to host 'db1'"), std::string::npos);
}

}  // namespace
}  // namespace rollback::mysql

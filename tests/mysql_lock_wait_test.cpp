#include "part/database/mysql/server/lock_wait.h"

#include "mysql_swap_fixture.h"
#include "os/error.h"

namespace rollback::mysql {
namespace {

using std::chrono::seconds;
using Clock = std::chrono::steady_clock;

class MysqlLockWait : public MysqlSwapTest {
 protected:
  std::string refusal(Session& session, seconds deadline) {
    try {
      taking_a_lock(session, {"bot"}, deadline, [&] { session.run("ALTER TABLE bot ADD c INT"); });
      return "it was taken";
    } catch (const Refused& error) {
      std::string text = std::string(error.what()) + "\n";
      for (const auto& hint : error.hints()) text += hint + "\n";
      return text;
    }
  }
};

TEST_F(MysqlLockWait, NamesTheSessionsThatHoldTheTable) {
  server().sql("CREATE TABLE bot(id INT PRIMARY KEY); INSERT INTO bot VALUES (1)");
  Session holder = open();
  holder.run("START TRANSACTION");
  holder.rows("SELECT * FROM bot");
  Session session = open();
  const auto start = Clock::now();
  const std::string said = refusal(session, seconds(3));
  EXPECT_LT(Clock::now() - start, seconds(6));
  EXPECT_NE(said.find("'bot' is held by somebody else for more than 3 s"), std::string::npos);
  EXPECT_NE(said.find("session " + std::to_string(holder.id()) + " of 'root'"), std::string::npos)
      << said;
  holder.run("COMMIT");
  EXPECT_EQ(refusal(session, seconds(3)), "it was taken");
}

TEST_F(MysqlLockWait, SaysThatItMayNotLook) {
  server().sql(
      "CREATE TABLE bot(id INT PRIMARY KEY); CREATE USER someone; GRANT ALL ON world.* TO"
      " someone");
  Session holder = open();
  holder.run("LOCK TABLES bot READ");
  Endpoint someone = endpoint();
  someone.user = "someone";
  Session session(someone);
  const std::string said = refusal(session, seconds(2));
  EXPECT_NE(said.find("PROCESS"), std::string::npos) << said;
}

TEST_F(MysqlLockWait, ASwapThatCannotHaveItsTablesChangesNothing) {
  server().sql(
      "CREATE TABLE bot(id INT PRIMARY KEY, up INT, FOREIGN KEY (up) REFERENCES bot(id)); CREATE"
      " TABLE item(id INT PRIMARY KEY); CREATE TABLE mail(bot INT, FOREIGN KEY (bot) REFERENCES"
      " bot(id)); CREATE TRIGGER tr BEFORE INSERT ON bot FOR EACH ROW SET NEW.id = NEW.id + 1");
  point({"bot", "item"});
  server().sql("ALTER TABLE bot ADD COLUMN extra INT; INSERT INTO item VALUES (1)");
  const Plan plan = prepare({{"bot", Choice::keep_all}, {"item", Choice::keep_all}});
  const std::string before = show("bot") + show("mail") + triggers();
  Session holder = open();
  holder.run("START TRANSACTION");
  holder.rows("SELECT * FROM item");
  try {
    step(plan)->apply();
    ADD_FAILURE();
  } catch (const Refused& error) {
    EXPECT_NE(std::string(error.what()).find("held by somebody else"), std::string::npos);
  }
  EXPECT_EQ(show("bot") + show("mail") + triggers(), before);
  EXPECT_EQ(seen(plan), Observation::before) << detail_;
  holder.run("COMMIT");
  step(plan)->apply();
  EXPECT_EQ(seen(plan), Observation::after) << detail_;
}

}  // namespace
}  // namespace rollback::mysql

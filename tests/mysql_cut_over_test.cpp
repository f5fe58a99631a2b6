#include "part/database/mysql/swap/cut_over.h"

#include <thread>

#include "mysql_swap_fixture.h"
#include "part/database/mysql/server/lock_wait.h"

namespace rollback::mysql {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class MysqlCutOver : public MysqlSwapTest {};

// The guards come when the lock is had, and wait no longer than any statement.
TEST_F(MysqlCutOver, GoesBeforeWhoeverWaitsHoweverLongItsWorkTakes) {
  server().sql(
      "CREATE TABLE bot(id INT PRIMARY KEY); CREATE TABLE bot_in(id INT PRIMARY KEY);"
      "CREATE TABLE item(id INT PRIMARY KEY); CREATE TABLE item_in(id INT PRIMARY KEY)");
  Session session = open();
  std::vector<std::thread> writers;
  const CutOver::Cut cut{
      .schema = "world",
      .contended = {"bot", "item"},
      .written = {"bot_in", "item_in"},
      .read = {},
      .logs = {},
      .renames = {{"bot", "bot_out"}, {"bot_in", "bot"}, {"item", "item_out"}, {"item_in", "item"}},
      .held = "zzz",
      .work =
          [&] {
            for (const char* const table : {"bot", "item"}) {
              writers.emplace_back([this, table] {
                Session writer = open();
                writer.set_lock_wait(seconds(30));
                writer.run("INSERT INTO " + identifier(table) + " VALUES (1)");
              });
            }
            std::this_thread::sleep_for(default_deadline + milliseconds(500));
          },
      .take_back = [] {}};
  const Place here = place();
  CutOver(here, session, {cut}).run(seconds(10));
  for (auto& writer : writers) writer.join();
  for (const char* const table : {"bot", "item"}) {
    SCOPED_TRACE(table);
    EXPECT_EQ(session.number("SELECT count(*) FROM " + identifier(table)), 1);
    EXPECT_EQ(session.number("SELECT count(*) FROM " + identifier(std::string(table) + "_out")), 0);
  }
}

}  // namespace
}  // namespace rollback::mysql

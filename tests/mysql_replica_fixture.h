// A component's database on a server that another one replicates, both private.
#pragma once

#include <boost/filesystem/operations.hpp>
#include <thread>

#include "mysql_part_fixture.h"

namespace rollback::mysql {

class MysqlReplicaTest : public MysqlPartTest {
 protected:
  static bool mariadb() { return testing::MysqlServer::is_mariadb(); }

  testing::MysqlServer::Options options() const override {
    return {.tcp = true, .arguments = {"--log-bin=binlog", "--server-id=1"}};
  }

  void SetUp() override {
    MysqlPartTest::SetUp();
    if (IsSkipped()) return;
    replica_ = std::make_unique<testing::MysqlServer>(testing::MysqlServer::Options{
        .tcp = true, .arguments = {"--server-id=2", "--report-host=127.0.0.1"}});
    if (!mariadb()) {  // it was copied with the name of the other
      replica_->stop();
      boost::filesystem::remove(replica_->folder() / "data/auto.cnf");
      replica_->start();
    }
    for (auto* const one : {&server(), replica_.get()}) {
      one->sql(
          "SET sql_log_bin = 0; CREATE USER follower@localhost IDENTIFIED BY 'secret';"
          "GRANT ALL ON *.* TO follower@localhost");
    }
    follow();
    catch_up();
    replica_->use("world");
  }

  // Past what the first statements of the fixture wrote.
  void follow() {
    const std::string words = mariadb() ? "MASTER" : "SOURCE";
    const std::string status =
        server().sql(mariadb() ? "SHOW MASTER STATUS" : "SHOW BINARY LOG STATUS");
    replica_->sql("CREATE DATABASE IF NOT EXISTS world;");
    const auto file = status.substr(0, status.find('\t'));
    const auto rest = status.substr(status.find('\t') + 1);
    replica_->sql(
        "CHANGE " + std::string(mariadb() ? "MASTER" : "REPLICATION SOURCE") + " TO " + words +
        "_HOST='127.0.0.1', " + words + "_PORT=" + std::to_string(server().port()) + ", " + words +
        "_USER='follower', " + words + "_PASSWORD='secret', " + words + "_LOG_FILE='" + file +
        "', " + words + "_LOG_POS=" + rest.substr(0, rest.find_first_of("\t\n")) +
        (mariadb() ? "" : ", SOURCE_SSL=0, GET_SOURCE_PUBLIC_KEY=1") + "; START " + word());
  }

  static std::string word() { return mariadb() ? "SLAVE" : "REPLICA"; }
  void stop_applying() { replica_->sql("STOP " + word() + " SQL_THREAD"); }
  void go_on_applying() { replica_->sql("START " + word() + " SQL_THREAD"); }

  std::map<std::string, Value, std::less<>> status() {
    Endpoint there = endpoint();
    there.socket = replica_->socket();
    there.database.clear();
    Session session(there);
    return session.named_rows("SHOW " + word() + " STATUS").at(0);
  }
  std::string status(const std::string& mariadbs, const std::string& mysqls) {
    return status()[mariadb() ? mariadbs : mysqls].value_or("");
  }

  // Returns when the replica has all that the server wrote.
  void catch_up() {
    server().sql(
        "CREATE DATABASE IF NOT EXISTS marks; CREATE OR REPLACE VIEW marks.mark AS SELECT " +
        std::to_string(++mark_) + " AS n");
    for (int i = 0; i < 600; ++i) {
      try {
        if (replica_->value("SELECT n FROM marks.mark") == std::to_string(mark_)) return;
      } catch (const std::runtime_error&) {  // it is not there yet
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
    FAIL() << "the replica stands still: " << status("Last_Error", "Last_Error")
           << status("Last_IO_Error", "Last_IO_Error");
  }

  void expect_replicated() {
    catch_up();
    EXPECT_EQ(status("Slave_SQL_Running", "Replica_SQL_Running"), "Yes");
    EXPECT_EQ(status("Slave_IO_Running", "Replica_IO_Running"), "Yes");
    EXPECT_EQ(status("Last_Error", "Last_Error"), "");
    EXPECT_EQ(replica_->dump(), server().dump());
    const std::string triggers =
        "SELECT trigger_name, event_object_table, action_timing, event_manipulation,"
        " action_statement, definer FROM information_schema.triggers WHERE trigger_schema ="
        " 'world' ORDER BY 1";
    EXPECT_EQ(replica_->sql(triggers), server().sql(triggers));
  }

  testing::MysqlServer& replica() { return *replica_; }

 private:
  std::unique_ptr<testing::MysqlServer> replica_;
  int mark_ = 0;
};

}  // namespace rollback::mysql

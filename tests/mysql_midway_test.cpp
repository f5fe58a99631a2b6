// Between the preparation of a rollback and its swap somebody takes a privilege
// away, or changes a table; and the disk is full.
#include <sched.h>
#include <sys/mount.h>

#include <boost/filesystem/operations.hpp>
#include <regex>

#include "mysql_part_fixture.h"
#include "os/fail_point.h"
#include "os/file.h"
#include "os/process.h"
#include "part/database/mysql/doctor/check_rights.h"

namespace rollback::mysql {
namespace {

namespace fs = boost::filesystem;

class MysqlMidway : public MysqlPartTest {
 protected:
  void TearDown() override { at_fail_points({}); }

  void SetUp() override {
    MysqlPartTest::SetUp();
    if (!IsSkipped()) run("CREATE USER keeper@localhost IDENTIFIED BY 'secret'");
  }
  void as_keeper() {
    settings_.url = "mysql://keeper@localhost/world?socket=" + server().socket();
    settings_.option_file = server().option_file("keeper", "secret");
  }

  // Without the order that triggers of ours give to others.
  std::string seen() {
    return std::regex_replace(dump(), std::regex("INSERT\\|\\d+\\|"), "INSERT|");
  }

  void begin() {
    run("SET GLOBAL log_bin_trust_function_creators = 1; GRANT ALL ON world.* TO keeper@localhost;"
        "CREATE TABLE playerbot(id INT AUTO_INCREMENT PRIMARY KEY, name VARCHAR(20), KEY(name));"
        "CREATE TABLE playerbot_item(id INT PRIMARY KEY, bot INT, FOREIGN KEY (bot) REFERENCES"
        " playerbot(id)); CREATE TABLE audit(n INT AUTO_INCREMENT PRIMARY KEY);"
        "CREATE DEFINER=keeper@localhost TRIGGER count_ AFTER INSERT ON playerbot FOR EACH ROW "
        "INSERT INTO audit VALUES ();"
        "INSERT INTO playerbot(name) VALUES ('ann'), ('bob')");
    then_ = seen();
    point_ = capture();
    run("ALTER TABLE playerbot ADD COLUMN level INT; ALTER TABLE playerbot_item ADD COLUMN n INT");
    now_ = seen();
  }
  void prepare() { prepared_ = part()->prepare(to(point_, Rows::keep_all, 100)); }
  Step& step() {
    steps_ = part()->steps(prepared_);
    return *steps_.swap.at(0);
  }
  // Whether the swap ended with an error of this program.
  bool fails() {
    try {
      Step& one = step();
      one.get_ready();
      one.apply();
      return false;
    } catch (const Error& error) {
      said_ = error.what();
      return true;
    }
  }
  void expect_refused_after(const std::string& change, const std::string& why) {
    SCOPED_TRACE(change);
    prepare();
    run(change);
    const std::string changed = dump();
    EXPECT_TRUE(fails());
    EXPECT_NE(said_.find(why), std::string::npos) << said_;
    EXPECT_EQ(dump(), changed);
    part()->discard(operation_);
    EXPECT_EQ(dump(), changed);
    EXPECT_EQ(count_of_ours("%\\_in\\_2%"), "0");
    EXPECT_EQ(count_of_ours("git\\_rollback\\_2%"), "0");
  }

  Point point_;
  Steps steps_;
  std::string prepared_, then_, now_, said_;
};

TEST_F(MysqlMidway, ATriggerThatCannotBeMadeAgainIsNotTakenOff) {
  begin();
  as_keeper();
  run("DROP TRIGGER count_; CREATE TRIGGER count_ AFTER INSERT ON playerbot FOR EACH ROW INSERT"
      " INTO audit VALUES ()");
  const std::string now = seen();
  try {
    prepare();
    FAIL();
  } catch (const Refused& refused) {
    EXPECT_NE(std::string(refused.what()).find("runs as 'root@localhost'"), std::string::npos);
    ASSERT_EQ(refused.hints().size(), 1U);
    said_ = refused.hints()[0];
  }
  EXPECT_EQ(seen(), now);
  const std::string grant = said_;
  run(grant);
  prepare();
  run("REVOKE" + grant.substr(5, grant.find(" TO ") - 5) + " FROM keeper@localhost");
  EXPECT_TRUE(fails());
  EXPECT_EQ(seen(), now);
  run(grant);
  step().apply();
  EXPECT_EQ(seen(), then_);
}

TEST_F(MysqlMidway, APrivilegeThatIsMissingIsNamedBeforeAnythingIsDone) {
  as_keeper();
  begin();
  prepare();
  for (const auto& privilege : needed_privileges(open().flavour())) {
    SCOPED_TRACE(privilege);
    run("REVOKE " + privilege + " ON world.* FROM keeper@localhost");
    EXPECT_TRUE(fails());
    EXPECT_EQ(seen(), now_);
    if (privilege != "SELECT" && privilege != "TRIGGER") {  // nothing can be looked at
      EXPECT_EQ(said_,
                "database 'world': 'keeper@localhost' lacks " + privilege + " on database 'world'");
    }
    run("GRANT " + privilege + " ON world.* TO keeper@localhost");
  }
  step().apply();
  EXPECT_EQ(seen(), then_);
}

TEST_F(MysqlMidway, APrivilegeThatGoesMidwayChangesNothingAndComesBack) {
  as_keeper();
  begin();
  prepare();
  for (const auto& privilege : needed_privileges(open().flavour())) {
    SCOPED_TRACE(privilege);
    at_fail_points([&](std::string_view point) {
      if (point == "database swap: ready") {
        run("REVOKE " + privilege + " ON world.* FROM keeper@localhost");
      }
    });
    const bool failed = fails();
    EXPECT_EQ(seen(), failed ? now_ : then_) << said_;  // never in between
    at_fail_points({});
    run("GRANT " + privilege + " ON world.* TO keeper@localhost");
    step().revert();
    EXPECT_EQ(seen(), now_);
    EXPECT_EQ(step().observe().what, Observation::before) << step().observe().detail;
  }
  step().apply();
  EXPECT_EQ(seen(), then_);
}

TEST_F(MysqlMidway, ATableThatWasChangedStopsTheSwap) {
  begin();
  const std::string changed = "was changed";
  expect_refused_after("ALTER TABLE playerbot ADD COLUMN more INT", changed);
  expect_refused_after("CREATE INDEX by_level ON playerbot(level)", changed);
  expect_refused_after("ALTER TABLE playerbot COMMENT 'x'", changed);
  expect_refused_after(
      "CREATE TRIGGER other BEFORE DELETE ON playerbot FOR EACH ROW SET @gone = OLD.id", changed);
  expect_refused_after("RENAME TABLE playerbot_item TO item", changed);
}

TEST_F(MysqlMidway, AServerThatIsDownIsToldWithTheNextCommand) {
  begin();
  prepare();
  server().kill9();
  const auto ways = [](const std::function<void()>& work) {
    try {
      work();
    } catch (const Error& error) {
      return error.hints();
    }
    return std::vector<std::string>{};
  };
  const std::vector<std::string> hint{"start the server, then git rollback doctor"};
  EXPECT_EQ(ways([&] { capture("20261123T110000Z-4f2a91c"); }), hint);
  EXPECT_EQ(ways([&] { step().observe(); }), hint);
}

class MysqlFullDisk : public MysqlMidway {
 protected:
  void SetUp() override {
    // A mount of this process, which goes with it.
    if (geteuid() != 0 || unshare(CLONE_NEWNS) != 0 ||
        mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) {
      GTEST_SKIP() << "only root can mount a small disk";
    }
    MysqlMidway::SetUp();
    if (IsSkipped()) return;
    server().stop();
    const fs::path away = server().folder() / "data.away";
    fs::rename(data(), away);
    fs::create_directory(data());
    const char* const size = testing::MysqlServer::is_mariadb() ? "size=72m" : "size=160m";
    if (mount("tmpfs", data().c_str(), "tmpfs", 0, size) != 0) {
      GTEST_SKIP() << "a small disk cannot be mounted here";
    }
    mounted_ = true;
    rollback::run({.argv = {"cp", "-a", away.string() + "/.", data().string()}});
    fs::permissions(data(), fs::all_all);
    server().start();
  }
  void TearDown() override {
    MysqlMidway::TearDown();
    if (!mounted_) return;
    server().kill9();
    umount2(data().c_str(), MNT_DETACH);
  }

  fs::path data() { return server().folder() / "data"; }
  fs::path filler() { return data() / "filler"; }
  void fill_disk() {
    rollback::run({.argv = {"dd", "if=/dev/zero", "of=" + filler().string(), "bs=64k"}});
  }
  void fill_disk_at(const std::string& name) {
    at_fail_points([this, name](std::string_view point) {
      if (point == name) fill_disk();
    });
  }
  void free_disk() {  // the server may have gone down by it
    at_fail_points({});
    fs::remove(filler());
    server().stop();
    server().start();
  }

  bool mounted_ = false;
};

TEST_F(MysqlFullDisk, StopsABackupAndAPreparationAndNothingStays) {
  run("CREATE TABLE playerbot(id INT AUTO_INCREMENT PRIMARY KEY, name VARCHAR(200), x INT);"
      "INSERT INTO playerbot(id, name) SELECT seq, repeat('x', 200) FROM " +
      numbers(12000));
  const std::string before = dump();
  fill_disk_at("database capture: table");
  EXPECT_THROW(capture(), Error);
  free_disk();
  EXPECT_EQ(dump(), before);
  const Point point = capture("20261123T110000Z-4f2a91c");
  EXPECT_EQ(count_of_ours("%\\_backup\\_2%"), "1");  // what the first one left is gone
  EXPECT_TRUE(part()->verify(point).empty());

  run("ALTER TABLE playerbot MODIFY x BIGINT");
  const std::string now = dump();
  fill_disk_at("database prepare: frames");
  EXPECT_THROW(part()->prepare(to(point, Rows::keep_all)), Error);
  free_disk();
  EXPECT_EQ(dump(), now);
  part()->discard(operation_);
  EXPECT_EQ(count_of_ours("%\\_in\\_2%"), "0");
  go_back(to(point, Rows::keep_all));
  EXPECT_EQ(dump(), before);
}

}  // namespace
}  // namespace rollback::mysql

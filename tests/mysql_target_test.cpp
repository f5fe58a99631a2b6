#include "part/database/mysql/survey/target.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "mysql_fixture.h"

namespace rollback::mysql {
namespace {

using Names = std::vector<std::string>;

const char* const point_id = "20261123T100000Z-4f2a91c";

class MysqlTarget : public MysqlEngineTest {
 protected:
  // Backs a table up as it is now.
  void back_up(const std::string& table, BackupKind kind = BackupKind::copy) {
    Session session = open();
    const std::string backup = kind == BackupKind::structure ? "" : "b" + std::to_string(number_++);
    if (!backup.empty()) {
      server().sql("CREATE TABLE " + backup + " LIKE " + identifier(table) + "; INSERT INTO " +
                   backup + " SELECT * FROM " + identifier(table));
    }
    record(session, table, backup, kind, *read_definition(session, table));
  }

  void record(Session& session, const std::string& table, const std::string& backup,
              BackupKind kind, const Definition& definition) {
    const std::int64_t rows =
        backup.empty() ? 0 : session.number("SELECT count(*) FROM " + identifier(backup));
    Registry registry(session, "bots");
    registry.create();
    Entry entry;
    entry.point = point_id;
    entry.table = table;
    entry.backup = backup;
    entry.kind = kind;
    entry.definition = definition;
    entry.rows = rows;
    entry.complete = true;
    registry.put(entry);
    backups_.push_back({"world", table, backup, rows, ""});
  }

  Survey look(std::optional<std::chrono::milliseconds> limit = {}) {
    Session session = open();
    const Transaction snapshot(session, Transaction::Kind::snapshot);
    return survey(session, Registry(session, "bots"), settings_, point_id, backups_, limit);
  }

  TableFacts facts(const std::string& table) {
    const Survey seen = look();
    for (const TableFacts& facts : seen.facts) {
      if (facts.table == table) return facts;
    }
    ADD_FAILURE() << "'" << table << "' is no member";
    return {};
  }

  Names members() {
    Names names;
    for (const Member& member : look().members) names.push_back(member.table);
    return names;
  }

  static std::string counts(const TableFacts& facts) {
    return std::to_string(facts.written) + " written, " + std::to_string(facts.missing) +
           " missing, " + std::to_string(facts.inserted) + " inserted";
  }

  // As an operation that is swapped, which the point tells the left state of.
  void leave(const Change& change) {
    Session session = open();
    Plan plan;
    plan.operation = "20261124T100000Z-0000001";
    plan.changes = {change};
    Registry registry(session, "bots");
    registry.create();
    registry.put({.id = plan.operation,
                  .state = State::swapped,
                  .left_point = point_id,
                  .plan = to_text(plan),
                  .host = "here"});
    record(session, change.table(), change.displaced, BackupKind::displaced, *change.before);
  }

  // "playerbot" as it was, the point's rows in `source`, today's in "playerbot".
  Change swapped(Choice choice) {
    Session session = open();
    Change change;
    change.choice = choice;
    change.before = read_definition(session, "displaced");
    change.before->name = "playerbot";
    change.after = read_definition(session, "playerbot");
    change.displaced = "displaced";
    change.source = "source";
    return change;
  }

  DatabaseSettings settings_;
  std::vector<Backup> backups_;

 private:
  void SetUp() override {
    MysqlEngineTest::SetUp();
    if (!IsSkipped()) settings_ = settings();
  }
  int number_ = 1;
};

TEST_F(MysqlTarget, MeasuresWhatWasWrittenAndWhatEachChoiceWouldLose) {
  server().sql(
      "CREATE TABLE playerbot(id INT PRIMARY KEY, name VARCHAR(9), old INT NOT NULL DEFAULT 3);"
      "INSERT INTO playerbot VALUES (1, 'a', 1), (2, 'b', 2), (3, 'c', 3), (4, 'd', 4)");
  back_up("playerbot");
  server().sql(
      "ALTER TABLE playerbot DROP old, ADD level2 INT NOT NULL DEFAULT 0, MODIFY id BIGINT FIRST;"
      "INSERT INTO playerbot VALUES (5, 'e', 0), (6, 'f', 80);"
      "UPDATE playerbot SET name = 'B' WHERE id = 2; UPDATE playerbot SET level2 = 1 WHERE id = 3;"
      "DELETE FROM playerbot WHERE id = 4");
  const TableFacts facts = this->facts("playerbot");
  EXPECT_TRUE(facts.at_point && facts.now && facts.rows_at_point && facts.counted);
  EXPECT_FALSE(facts.structure_same || facts.rows_same || facts.undo || facts.ledger);
  EXPECT_EQ(facts.rows, 5);
  EXPECT_EQ(facts.point_rows, 4);
  EXPECT_EQ(counts(facts), "4 written, 3 missing, 2 inserted");
  EXPECT_EQ(facts.keep_all_loses, 2);
  EXPECT_EQ(facts.keep_new_loses, 3);
  EXPECT_EQ(facts.columns_going, (Names{"level2"}));
  EXPECT_EQ(facts.columns_filled, (Names{"old"}));
  EXPECT_EQ(facts.no_keep_all, std::nullopt);
  EXPECT_EQ(facts.no_keep_new, std::nullopt);
  EXPECT_EQ(facts.refusal, std::nullopt);
}

TEST_F(MysqlTarget, TellsATableThatIsAsAtThePoint) {
  server().sql(
      "CREATE TABLE playerbot(id INT AUTO_INCREMENT PRIMARY KEY, v FLOAT);"
      "INSERT INTO playerbot (v) VALUES (0.1), (NULL)");
  back_up("playerbot");
  EXPECT_TRUE(facts("playerbot").structure_same && facts("playerbot").rows_same);
  server().sql("INSERT INTO playerbot (v) VALUES (5); DELETE FROM playerbot WHERE v = 5");
  EXPECT_TRUE(facts("playerbot").structure_same && facts("playerbot").rows_same);
  server().sql("UPDATE playerbot SET v = 0 WHERE v IS NULL");
  EXPECT_TRUE(facts("playerbot").structure_same);
  EXPECT_FALSE(facts("playerbot").rows_same);
}

TEST_F(MysqlTarget, IsThePointsTablesAndThoseThatAreMeantNow) {
  const std::string x(64 - 14, 'x');
  server().sql(
      "CREATE TABLE playerbot_old(id INT PRIMARY KEY);"
      "CREATE TABLE `playerbot_``'é\"" +
      x +
      "`(`a``'b` INT PRIMARY KEY);"
      "INSERT INTO `playerbot_``'é\"" +
      x + "` VALUES (1), (2)");
  const std::string hostile = "playerbot_`'é\"" + x;
  back_up("playerbot_old");
  back_up(hostile);
  server().sql(
      "DROP TABLE playerbot_old; CREATE TABLE playerbot_new(id INT); CREATE TABLE other(id INT);"
      "INSERT INTO playerbot_new VALUES (1), (1); CREATE VIEW playerbot_view AS SELECT 1 AS one;"
      "CREATE TABLE playerbot_backup_20261123T100000Z(id INT); CREATE TABLE updates(id INT);"
      "DELETE FROM " +
      identifier(hostile) + " WHERE `a``'b` = 2");
  EXPECT_EQ(members(), (Names{"playerbot_old", hostile, "playerbot_new", "updates"}));
  const TableFacts gone = facts("playerbot_old");
  EXPECT_FALSE(gone.now);
  EXPECT_TRUE(gone.at_point && gone.rows_at_point);
  const TableFacts fresh = facts("playerbot_new");
  EXPECT_FALSE(fresh.at_point);
  EXPECT_EQ(counts(fresh), "2 written, 0 missing, 2 inserted");
  EXPECT_EQ(counts(facts(hostile)), "0 written, 1 missing, 0 inserted");
  EXPECT_TRUE(facts("updates").ledger);
}

TEST_F(MysqlTarget, RefusesAViewThatIsNamedWordForWord) {
  server().sql("CREATE TABLE playerbot(id INT); CREATE VIEW playerbot_view AS SELECT 1 AS one");
  settings_.tables = {"playerbot", "playerbot_view"};
  EXPECT_EQ(facts("playerbot_view").refusal,
            "'playerbot_view' is a view, which cannot be rolled back; leave it out of `tables:`");
  EXPECT_EQ(facts("playerbot").refusal, std::nullopt);
  if (!testing::MysqlServer::is_mariadb()) return;
  server().sql("CREATE SEQUENCE playerbot_seq");
  EXPECT_EQ(members(), (Names{"playerbot", "playerbot_view"}));
  settings_.tables = {"playerbot_seq"};
  EXPECT_TRUE(facts("playerbot_seq").refusal.has_value());
}

TEST_F(MysqlTarget, KeepsTheRowsOfSessionsUncounted) {
  settings_.sessions = {"playerbot_session"};
  server().sql(
      "CREATE TABLE playerbot_session(id INT PRIMARY KEY, x INT DEFAULT 1);"
      "INSERT INTO playerbot_session VALUES (1, 1), (2, 2)");
  back_up("playerbot_session");
  server().sql(
      "ALTER TABLE playerbot_session ADD y INT; UPDATE playerbot_session SET y = 1, x = 5"
      " WHERE id = 2");
  const TableFacts facts = this->facts("playerbot_session");
  EXPECT_TRUE(facts.session);
  EXPECT_EQ(facts.rows, 2);
  EXPECT_EQ(facts.keep_all_loses, 1);
  EXPECT_EQ(counts(facts), "0 written, 0 missing, 0 inserted");
}

TEST_F(MysqlTarget, CountsRowsThatThePointsColumnsDoNotTake) {
  server().sql(
      "CREATE TABLE playerbot(id INT PRIMARY KEY, name VARCHAR(5) CHARACTER SET latin1 NOT NULL,"
      " level TINYINT UNSIGNED, gold DECIMAL(4,1), class ENUM('mage', 'it''s'), hash BINARY(2));"
      "INSERT INTO playerbot VALUES (1, 'a', 1, 1.5, 'mage', x'0102')");
  back_up("playerbot");
  server().sql(
      "ALTER TABLE playerbot MODIFY name VARCHAR(50) CHARACTER SET utf8mb4, MODIFY level INT,"
      " MODIFY gold DOUBLE, MODIFY class VARCHAR(9), MODIFY hash VARBINARY(9);"
      "INSERT INTO playerbot VALUES (2, 'b    too', 1, 1, 'mage', ''), (3, NULL, 1, 1, 'mage', ''),"
      " (4, 'd', 256, 1, 'mage', ''), (5, 'e', -1, 1, 'mage', ''), (6, 'f', 1, 1000, 'mage', ''),"
      " (7, 'g', 1, 1.25, 'mage', ''), (8, 'h', 1, 1, 'thief', ''), (9, 'i', 1, 1, 'mage',"
      " x'010203'), (10, '日', 1, 1, 'mage', ''), (11, 'k       ', 255, 999.9, 'it''s', x'0102'),"
      " (12, 'é', NULL, NULL, NULL, NULL)");
  TableFacts facts = this->facts("playerbot");
  EXPECT_EQ(facts.unfit, 9);
  EXPECT_EQ(facts.keep_all_loses, 9);
  EXPECT_EQ(facts.keep_new_loses, 9);
  server().sql("UPDATE playerbot SET level = 300 WHERE id = 1");  // the point has it for keep_new
  facts = this->facts("playerbot");
  EXPECT_EQ(facts.keep_all_loses, 10);
  EXPECT_EQ(facts.keep_new_loses, 10);
}

TEST_F(MysqlTarget, CountsTextsThatAreNoNumbersOfThePoints) {
  server().sql(
      "CREATE TABLE playerbot(id INT PRIMARY KEY, level TINYINT UNSIGNED, gold DECIMAL(4,1));"
      "INSERT INTO playerbot VALUES (1, 1, 1.5)");
  back_up("playerbot");
  server().sql(
      "ALTER TABLE playerbot MODIFY level VARCHAR(20) CHARACTER SET ucs2, MODIFY gold TEXT;"
      "INSERT INTO playerbot VALUES (2, 'high', 1), (3, '', 1), (4, '12abc', 1), (5, '256', 1),"
      " (6, '-1', 1), (7, '1.5', 1), (8, 1, 'x'), (9, 1, '1000'), (10, 1, '1.25'),"
      " (11, ' 5 ', '-999.9'), (12, '1e2', '.5'), (13, '007', '+4.'), (14, NULL, NULL)");
  EXPECT_EQ(facts("playerbot").unfit, 9);
}

TEST_F(MysqlTarget, RefusesABackupThatIsNotAsThePointSays) {
  server().sql("CREATE TABLE playerbot(id INT PRIMARY KEY)");
  const auto refusal = [&] { return facts("playerbot").refusal; };
  backups_ = {{"world", "playerbot", "b1", 0, ""}};
  EXPECT_EQ(refusal(), "the backup of table 'playerbot' is not in the database's registry");
  backups_.clear();
  back_up("playerbot");
  EXPECT_EQ(refusal(), std::nullopt);
  backups_[0].backup = "b9";
  EXPECT_EQ(refusal(), "the backup of table 'playerbot' is not the one that the point names");
  backups_[0].backup = "b1";
  server().sql("DROP TABLE b1");
  EXPECT_EQ(refusal(), "the backup of table 'playerbot', 'b1', is gone");
  server().sql("UPDATE git_rollback_backups SET state = 'copying'");
  EXPECT_EQ(refusal(), "the backup of table 'playerbot' is not complete");
}

TEST_F(MysqlTarget, HasNoRowsWhereOnlyTheStructureWasKept) {
  server().sql("CREATE TABLE playerbot(id INT PRIMARY KEY); INSERT INTO playerbot VALUES (1)");
  back_up("playerbot", BackupKind::structure);
  TableFacts facts = this->facts("playerbot");
  EXPECT_TRUE(facts.at_point && facts.structure_same);
  EXPECT_FALSE(facts.rows_at_point || facts.rows_same);
  server().sql("ALTER TABLE playerbot ADD level2 INT DEFAULT 5");
  facts = this->facts("playerbot");
  EXPECT_EQ(facts.keep_all_loses, 0);
  EXPECT_EQ(facts.no_keep_all, std::nullopt);
}

TEST_F(MysqlTarget, SaysWhyTodaysRowsCannotBeKept) {
  server().sql(
      "CREATE TABLE playerbot(id INT PRIMARY KEY, need INT NOT NULL);"
      "INSERT INTO playerbot VALUES (1, 1), (2, 2)");
  back_up("playerbot");
  server().sql("ALTER TABLE playerbot DROP need");
  EXPECT_EQ(facts("playerbot").no_keep_all, std::nullopt);
  EXPECT_EQ(facts("playerbot").no_keep_new,
            "column 'need' needs a value, which new rows have not got");
  server().sql("INSERT INTO playerbot VALUES (3), (4)");
  EXPECT_EQ(facts("playerbot").no_keep_all,
            "column 'need' needs a value, which 2 rows have not got");
  server().sql("ALTER TABLE playerbot DROP PRIMARY KEY");
  EXPECT_EQ(
      facts("playerbot").no_keep_all,
      "column 'need' cannot be filled, since its rows have no key in common with the point's");
  EXPECT_EQ(facts("playerbot").no_keep_new, "they have no key in common");
  server().sql("ALTER TABLE playerbot CHANGE id other INT");
  EXPECT_EQ(facts("playerbot").no_keep_all, "column 'id' of its key is gone");
}

TEST_F(MysqlTarget, AddsNoNewRowsAcrossRelatedTables) {
  server().sql(
      "CREATE TABLE playerbot(id INT PRIMARY KEY, p INT, FOREIGN KEY (p) REFERENCES"
      " playerbot(id)); CREATE TABLE other(id INT PRIMARY KEY);"
      "CREATE TABLE playerbot_mail(id INT PRIMARY KEY, p INT, o INT, FOREIGN KEY (o)"
      " REFERENCES other(id))");
  back_up("playerbot");
  back_up("playerbot_mail");
  EXPECT_EQ(facts("playerbot").no_keep_new, std::nullopt);
  EXPECT_EQ(facts("playerbot_mail").no_keep_new, std::nullopt);
  server().sql("ALTER TABLE playerbot_mail ADD FOREIGN KEY (p) REFERENCES playerbot(id)");
  EXPECT_EQ(facts("playerbot").no_keep_new,
            "it is related to table 'playerbot_mail' by a foreign key");
  EXPECT_EQ(facts("playerbot_mail").no_keep_new,
            "it is related to table 'playerbot' by a foreign key");
}

TEST_F(MysqlTarget, CountsForAnUndoWhatWasWrittenSinceTheSwap) {
  server().sql(
      "CREATE TABLE displaced(id INT PRIMARY KEY, v INT, gone INT); CREATE TABLE source(id INT"
      " PRIMARY KEY, v INT); INSERT INTO displaced VALUES (1, 5, 1), (2, 6, 1), (4, 8, 1);"
      "INSERT INTO source VALUES (1, 1), (2, 2), (3, 3);"
      "CREATE TABLE playerbot LIKE source; INSERT INTO playerbot SELECT * FROM source");
  leave(swapped(Choice::restore));
  TableFacts facts = this->facts("playerbot");
  EXPECT_TRUE(facts.undo);
  EXPECT_FALSE(facts.undo_of_keep_all || facts.structure_same);
  EXPECT_EQ(counts(facts), "0 written, 0 missing, 0 inserted");
  // Row 4 takes a number that the displaced rows have, 5 does not.
  server().sql(
      "INSERT INTO playerbot VALUES (4, 4), (5, 5); UPDATE playerbot SET v = 9 WHERE id = 3");
  facts = this->facts("playerbot");
  EXPECT_EQ(counts(facts), "3 written, 1 missing, 2 inserted");
  EXPECT_EQ(facts.keep_new_loses, 2);
}

TEST_F(MysqlTarget, TellsAfterARestoreWhetherTheRowsAreTheDisplacedOnes) {
  server().sql(
      "CREATE TABLE displaced(id INT PRIMARY KEY, v INT); CREATE TABLE source LIKE displaced;"
      "CREATE TABLE playerbot LIKE displaced; INSERT INTO displaced VALUES (1, 2);"
      "INSERT INTO source VALUES (1, 1); INSERT INTO playerbot VALUES (1, 1)");
  leave(swapped(Choice::restore));
  EXPECT_TRUE(facts("playerbot").structure_same);
  EXPECT_FALSE(facts("playerbot").rows_same);
  server().sql("UPDATE playerbot SET v = 2");
  EXPECT_TRUE(facts("playerbot").rows_same);
  EXPECT_EQ(counts(facts("playerbot")), "1 written, 1 missing, 0 inserted");
}

TEST_F(MysqlTarget, CountsFromTheRowsThatKeepAllAndKeepNewLeft) {
  server().sql(
      "CREATE TABLE displaced(id BIGINT PRIMARY KEY, t VARCHAR(9) CHARACTER SET utf8mb4, f DOUBLE,"
      " new INT); CREATE TABLE source(id INT PRIMARY KEY, t VARCHAR(9) CHARACTER SET latin1, f "
      "FLOAT,"
      " d DECIMAL(9,2) NOT NULL DEFAULT 1.5, fd FLOAT DEFAULT '0.1', td VARCHAR(9) CHARACTER SET "
      "latin1"
      " DEFAULT 'é');"
      "INSERT INTO displaced VALUES (1, 'é', 0.1, 1), (2, 'b', 0.3, 2), (3, NULL, NULL, 0);"
      "INSERT INTO source VALUES (1, 'x', 1, 2.5, 0.7, 'ü'), (4, 'y', 4, 2.5, 0.7, 'ü');"
      "CREATE TABLE playerbot LIKE source; INSERT INTO playerbot SELECT f.id, f.t, f.f, IF(p.id = "
      "f.id,"
      " p.d, 1.5), IF(p.id = f.id, p.fd, 0.1), IF(p.id = f.id, p.td, 'é') FROM displaced AS f LEFT "
      "JOIN"
      " source AS p ON p.id = f.id");
  leave(swapped(Choice::keep_all));
  TableFacts facts = this->facts("playerbot");
  EXPECT_TRUE(facts.undo_of_keep_all);
  EXPECT_EQ(counts(facts), "0 written, 0 missing, 0 inserted");
  EXPECT_EQ(facts.keep_all_loses, 0);
  server().sql("UPDATE playerbot SET d = 9 WHERE id = 2; INSERT INTO playerbot (id) VALUES (7)");
  facts = this->facts("playerbot");
  EXPECT_EQ(counts(facts), "2 written, 1 missing, 1 inserted");
  EXPECT_EQ(facts.keep_all_loses, 1);  // the 7 has what it would get

  server().sql(
      "DELETE FROM git_rollback_operations; DELETE FROM playerbot WHERE id IN (1, 7);"
      "UPDATE playerbot SET d = 1.5 WHERE id = 2; INSERT INTO playerbot SELECT * FROM source");
  backups_.clear();
  leave(swapped(Choice::keep_new));
  facts = this->facts("playerbot");
  EXPECT_EQ(counts(facts), "0 written, 0 missing, 0 inserted");
  server().sql("DELETE FROM playerbot WHERE id = 4; UPDATE playerbot SET t = 'B' WHERE id = 2");
  EXPECT_EQ(counts(this->facts("playerbot")), "1 written, 2 missing, 0 inserted");
}

TEST_F(MysqlTarget, SaysWhatItCouldNotCountInTime) {
  server().sql("CREATE TABLE playerbot(id INT PRIMARY KEY); INSERT INTO playerbot VALUES (1)");
  back_up("playerbot");
  const Survey seen = look(std::chrono::milliseconds(0));
  EXPECT_FALSE(seen.facts.at(0).counted);
  EXPECT_FALSE(seen.facts.at(0).rows_same);
  EXPECT_TRUE(seen.facts.at(0).structure_same);
  EXPECT_TRUE(look(std::chrono::minutes(1)).facts.at(0).rows_same);
}

}  // namespace
}  // namespace rollback::mysql

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "mysql_fixture.h"
#include "part/database/mysql/catalogue/create_table.h"
#include "part/database/mysql/catalogue/definition.h"
#include "part/database/mysql/catalogue/foreign_key.h"

namespace rollback::mysql {
namespace {

using Kind = Element::Kind;

TEST(CreateTable, IsTakenApartAtItsOwnCommasAlone) {
  const CreateTable table = parse_create_table(
      "CREATE TABLE `we``ird` (\n  `id` int(11) NOT NULL AUTO_INCREMENT,\n"
      "  `a b` varchar(20) DEFAULT 'it''s, (x)' COMMENT 'a, \\'b'' (c',\n"
      "  `e` enum('a,b','c)') DEFAULT 'a,b',\n  PRIMARY KEY (`id`),\n"
      "  UNIQUE KEY `uu` (`a b`(5),`e` DESC),\n  KEY `kk` ((`id` + 1)),\n"
      "  CONSTRAINT `f,k` FOREIGN KEY (`e`,`id`) REFERENCES `o``ther`.`p(1)` (`x`, `y`)"
      " ON DELETE SET NULL,\n  CONSTRAINT `ck` CHECK (`id` > 0)\n"
      ") ENGINE=InnoDB AUTO_INCREMENT=77 DEFAULT CHARSET=latin1 COMMENT='x AUTO_INCREMENT=3 y'");
  EXPECT_EQ(table.name, "we`ird");
  ASSERT_EQ(table.elements.size(), 8U);
  EXPECT_EQ(table.elements[1].name, "a b");
  EXPECT_EQ(table.elements[2].sql, "`e` enum('a,b','c)') DEFAULT 'a,b'");
  EXPECT_EQ(table.find(Kind::unique_key, "uu")->columns, (std::vector<std::string>{"a b", "e"}));
  EXPECT_FALSE(table.find(Kind::unique_key, "uu")->has_expressions);
  EXPECT_TRUE(table.find(Kind::key, "kk")->has_expressions);
  EXPECT_EQ(table.options, "ENGINE=InnoDB DEFAULT CHARSET=latin1 COMMENT='x AUTO_INCREMENT=3 y'");
  const ForeignKey key = parse_foreign_key(*table.find(Kind::foreign_key, "f,k"));
  EXPECT_EQ(key.parent_schema, "o`ther");
  EXPECT_EQ(key.parent, "p(1)");
  EXPECT_EQ(key.columns, (std::vector<std::string>{"e", "id"}));
  EXPECT_EQ(key.parent_columns, (std::vector<std::string>{"x", "y"}));
  EXPECT_TRUE(key.cascades);
  EXPECT_EQ(parse_create_table(to_sql(table, "we`ird")), table);
  EXPECT_EQ(to_sql(table, "t", {Kind::foreign_key}).find("REFERENCES"), std::string::npos);
}

TEST(CreateTable, IsNoView) {
  EXPECT_THROW(parse_create_table("CREATE VIEW `v` AS select 1"), std::invalid_argument);
  EXPECT_THROW(parse_create_table("CREATE TABLE `t` (`a` int"), std::invalid_argument);
  EXPECT_THROW(parse_create_table("CREATE TABLE `t"), std::invalid_argument);
}

class MysqlDefinition : public MysqlEngineTest {};

const char* const tables =
    "CREATE TABLE parent(id INT PRIMARY KEY, v VARCHAR(10));"
    "CREATE TABLE `we``ird`("
    " id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT, `a b` VARCHAR(20) DEFAULT 'it''s, (x)',"
    " p INT, g INT GENERATED ALWAYS AS (p+1) VIRTUAL, f FLOAT, e ENUM('a,b','c)') DEFAULT 'a,b',"
    " nx INT NOT NULL DEFAULT (1+1), bt BIT(3) DEFAULT b'101', need INT NOT NULL,"
    " ts TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP, j JSON, inv INT INVISIBLE DEFAULT 5,"
    " PRIMARY KEY(id), UNIQUE KEY uu(`a b`(5)),"
    " CONSTRAINT fk1 FOREIGN KEY (p) REFERENCES parent(id) ON DELETE CASCADE)"
    " ENGINE=InnoDB AUTO_INCREMENT=77;"
    "CREATE TRIGGER tr BEFORE INSERT ON `we``ird` FOR EACH ROW SET NEW.f = 1;";

TEST_F(MysqlDefinition, SaysAllThatTheServerSays) {
  server().sql(tables);
  Session session = open();
  const auto definition = read_definition(session, "we`ird");
  ASSERT_TRUE(definition);
  EXPECT_EQ(definition->key(), std::vector<std::string>{"id"});
  EXPECT_EQ(definition->counter, 77U);
  EXPECT_TRUE(definition->transactional);
  EXPECT_EQ(definition->stored().size(), 11U);
  EXPECT_TRUE(definition->column("g")->generated);
  EXPECT_TRUE(definition->column("inv")->invisible);
  EXPECT_TRUE(definition->column("id")->auto_increment);
  EXPECT_FALSE(definition->column("need")->fallback);
  for (const auto& [column, value] : std::vector<std::pair<const char*, const char*>>{
           {"a b", "it's, (x)"}, {"nx", "2"}, {"inv", "5"}, {"e", "a,b"}}) {
    EXPECT_EQ(session.text("SELECT " + *definition->column(column)->fallback), value) << column;
  }
  EXPECT_EQ(session.number("SELECT " + *definition->column("bt")->fallback + "+0"), 5);
  ASSERT_EQ(definition->foreign_keys.size(), 1U);
  EXPECT_EQ(definition->foreign_keys[0].parent, "parent");
  ASSERT_EQ(definition->triggers.size(), 1U);
  EXPECT_EQ(definition->triggers[0].body, "SET NEW.f = 1");
  const Definition read_back = definition_from(to_json(*definition));
  EXPECT_TRUE(read_back.same_structure(*definition));
  EXPECT_EQ(read_back.foreign_keys, definition->foreign_keys);
  EXPECT_EQ(read_back.stored(), definition->stored());
  EXPECT_FALSE(read_definition(session, "nothing"));
}

TEST_F(MysqlDefinition, MakesTheSameTableAgain) {
  server().sql(tables);
  Session session = open();
  const auto definition = read_definition(session, "we`ird");
  session.run(to_sql(definition->create, "copy", {Kind::foreign_key}));
  session.run(to_sql(Trigger{"tr2", "AFTER", "DELETE", "SET @x = 1", "root@localhost", "", "", ""},
                     "copy"));
  auto copy = read_definition(session, "copy");
  ASSERT_TRUE(copy);
  EXPECT_EQ(copy->triggers.at(0).body, "SET @x = 1");
  std::erase_if(copy->create.elements,
                [](const Element& element) { return element.kind == Kind::key; });
  std::string list;
  for (const auto& element : copy->create.elements) {
    EXPECT_NE(definition->create.find(element.kind, element.name), nullptr) << element.sql;
  }
  EXPECT_EQ(copy->create.options, definition->create.options);
}

TEST_F(MysqlDefinition, DoesNotDependOnTheOrderOfPlainIndexes) {
  server().sql("CREATE TABLE a(x INT, y INT, UNIQUE u(x), UNIQUE v(y), KEY i(x), KEY j(y))");
  Session session = open();
  const auto before = read_definition(session, "a");
  server().sql("ALTER TABLE a DROP KEY i; ALTER TABLE a ADD KEY i(x)");
  EXPECT_TRUE(read_definition(session, "a")->same_structure(*before));
  server().sql("ALTER TABLE a DROP KEY u; ALTER TABLE a ADD UNIQUE u(x)");
  EXPECT_FALSE(read_definition(session, "a")->same_structure(*before));
  server().sql("ALTER TABLE a DROP KEY v; ALTER TABLE a ADD UNIQUE v(y), DROP KEY j");
  EXPECT_FALSE(read_definition(session, "a")->same_structure(*before));
}

TEST_F(MysqlDefinition, KnowsWhoRefersToATableFromOutside) {
  server().sql(tables);
  Session session = open();
  const auto keys = keys_from_outside(session, {"parent"});
  ASSERT_EQ(keys.size(), 1U);
  EXPECT_EQ(keys[0].table, "we`ird");
  EXPECT_EQ(keys[0].key.name, "fk1");
  EXPECT_TRUE(keys_from_outside(session, {"parent", "we`ird"}).empty());
}

}  // namespace
}  // namespace rollback::mysql

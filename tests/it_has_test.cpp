#include "part/database/it_has.h"

#include <gtest/gtest.h>

#include "part/database/mysql/catalogue/what_differs.h"

namespace rollback {
namespace {

TEST(ItHas, TellsOneShortLineOfEach) {
  EXPECT_EQ(it_has("`x` int", ""), "it has `x` int");
  EXPECT_EQ(it_has("", "`x` int"), "it lacks `x` int");
  EXPECT_EQ(it_has("`x` int", "`x` text"), "it has `x` int, not `x` text");
  EXPECT_EQ(it_has("one\ntwo", ""), "it has one…");
  EXPECT_EQ(it_has(std::string(59, 'x') + "ä", ""), "it has " + std::string(59, 'x') + "…");
}

std::string between(const std::string& found, const std::string& expected) {
  const auto table = [](const std::string& inside) {
    return mysql::parse_create_table("CREATE TABLE `t` (" + inside);
  };
  return mysql::what_differs(table(found), table(expected));
}

TEST(WhatDiffers, IsTheFirstColumnKeyOrOption) {
  const std::string end = ") ENGINE=InnoDB";
  EXPECT_EQ(between("`a` int" + end, "`a` int" + end), "");
  EXPECT_EQ(between("`a` int,`b` int" + end, "`a` int" + end), ": it has `b` int");
  EXPECT_EQ(between("`a` int" + end, "`a` int,`b` int" + end), ": it lacks `b` int");
  EXPECT_EQ(between("`a` text,`c` int" + end, "`a` int,`b` int" + end),
            ": it has `a` text, not `a` int");
  EXPECT_EQ(between("`a` int,KEY `k` (`a`)" + end, "`a` int" + end), ": it has KEY `k` (`a`)");
  EXPECT_EQ(between("`a` int) ENGINE=Aria", "`a` int" + end),
            ": it has ENGINE=Aria, not ENGINE=InnoDB");
}

TEST(WhatDiffers, IsNoForeignKeyOfWhichTheNameMayDiffer) {
  EXPECT_EQ(
      between("`a` int,CONSTRAINT `one` FOREIGN KEY (`a`) REFERENCES `u` (`a`)) ENGINE=InnoDB",
              "`a` int) ENGINE=InnoDB"),
      "");
}

}  // namespace
}  // namespace rollback

// How keys of rows are typed and shown, and how CSV is written.
#include <gtest/gtest.h>

#include "os/error.h"
#include "part/database/csv.h"
#include "part/database/key_text.h"
#include "session/salvaging.h"

namespace rollback {
namespace {

using Words = std::vector<std::string>;

TEST(KeyText, IsAListWithCommasBetween) {
  EXPECT_EQ(split_keys("7"), (Words{"7"}));
  EXPECT_EQ(split_keys("7,a:b,-1"), (Words{"7", "a:b", "-1"}));
  EXPECT_EQ(split_keys("a\\,b,c\\\\,d"), (Words{"a\\,b", "c\\\\", "d"}));
}

TEST(KeyText, NamesEachKeyOnce) { EXPECT_EQ(split_keys("7,8,7"), (Words{"7", "8"})); }

TEST(KeyText, RefusesAnEmptyKey) {
  EXPECT_THROW(split_keys("7,,8"), Usage);
  EXPECT_THROW(split_keys("7,"), Usage);
}

TEST(KeyText, TakesAColonAsItIsWhereTheKeyIsOneColumn) {
  EXPECT_EQ(values_of_key("12:30", {"at"}), (Words{"12:30"}));
  EXPECT_EQ(values_of_key("a\\,b\\\\", {"name"}), (Words{"a,b\\"}));
}

TEST(KeyText, TakesOneValueForEachColumn) {
  EXPECT_EQ(values_of_key("7:gold", {"id", "item"}), (Words{"7", "gold"}));
  EXPECT_EQ(values_of_key("7:", {"id", "item"}), (Words{"7", ""}));
  EXPECT_EQ(values_of_key("7\\:8:9", {"id", "item"}), (Words{"7:8", "9"}));
  EXPECT_THROW(values_of_key("7", {"id", "item"}), Usage);
  EXPECT_THROW(values_of_key("7:8:9", {"id", "item"}), Usage);
}

TEST(KeyText, IsReadBackAsItIsShown) {
  for (const Words& values : {Words{"7"}, Words{"a,b"}, Words{"a\\"}, Words{"a:b"},
                              Words{"a:b", "c,d"}, Words{"\\:", ",\\,"}, Words{"x", ""}}) {
    const Words columns(values.size(), "c");
    const auto keys = split_keys(key_text(values));
    ASSERT_EQ(keys.size(), 1U) << key_text(values);
    EXPECT_EQ(values_of_key(keys[0], columns), values);
  }
}

TEST(Csv, QuotesWhatNeedsIt) {
  EXPECT_EQ(csv_line({"a", "b c", "1.5"}), "a,b c,1.5\r\n");
  EXPECT_EQ(csv_line({"a,b", "say \"no\"", "two\nlines", "cr\r"}),
            "\"a,b\",\"say \"\"no\"\"\",\"two\nlines\",\"cr\r\"\r\n");
  EXPECT_EQ(csv_line({" a", "b "}), "\" a\",\"b \"\r\n");
}

TEST(Csv, TellsNullFromAnEmptyText) {
  EXPECT_EQ(csv_line({std::nullopt, "", std::nullopt}), ",\"\",\r\n");
}

TEST(SalvageWords, NameTheDatabaseWhereTwoHaveATableOfThatName) {
  const SalvageTable world{.component = "bots",
                           .database = "world",
                           .operation = "",
                           .table = "p",
                           .name = "p_out",
                           .reason = ""};
  SalvageTable chars = world;
  chars.database = "chars";
  EXPECT_EQ(word_for(world, {world, chars}), "world.p_out");
  EXPECT_EQ(word_for(world, {world}), "p_out");
  for (const std::string word : {"p", "p_out", "world.p", "world.p_out"}) {
    EXPECT_TRUE(is_named(world, word)) << word;
  }
  for (const std::string word : {"chars.p", "world", "world.", ".p"}) {
    EXPECT_FALSE(is_named(world, word)) << word;
  }
}

}  // namespace
}  // namespace rollback

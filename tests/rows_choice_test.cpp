#include "part/database/rows_choice.h"

#include <gtest/gtest.h>

namespace rollback {
namespace {

using Lines = std::vector<std::string>;

// 10 rows now, 8 at the point: 4 inserted, 1 changed, 2 deleted since, and the
// structure differs by a column that goes.
TableFacts facts_of(const std::string& table) {
  TableFacts facts;
  facts.table = table;
  facts.at_point = facts.now = facts.rows_at_point = true;
  facts.rows = 10;
  facts.point_rows = 8;
  facts.inserted = 4;
  facts.written = 5;
  facts.missing = 3;
  facts.keep_all_loses = 2;
  facts.keep_new_loses = 1;
  facts.columns_going = {"level2"};
  return facts;
}

RowsChoice choose(const TableFacts& facts, Rows rows) { return choose_rows({facts}, {rows}); }

TEST(RowsChoice, OfKeepNewIsThePointsRowsAndThoseInserted) {
  const RowsChoice choice = choose(facts_of("playerbot"), Rows::keep_new);
  EXPECT_TRUE(choice.obstacles.empty());
  EXPECT_EQ(choice.decisions[0].choice, Choice::keep_new);
  EXPECT_FALSE(choice.decisions[0].if_unwritten);
  EXPECT_EQ(choice.rows_lost, 1);
  EXPECT_EQ(choice.details, (Lines{"playerbot: keep_new, 8 rows of the point and 4 rows inserted"
                                   " since, 1 row lost"}));
}

TEST(RowsChoice, OfKeepNewLeavesAloneWhatIsAsAtThePoint) {
  TableFacts facts = facts_of("playerbot");
  facts.structure_same = facts.rows_same = true;
  EXPECT_EQ(choose(facts, Rows::keep_new).decisions[0].choice, Choice::untouched);
  facts.rows_same = false;
  EXPECT_EQ(choose(facts, Rows::keep_new).decisions[0].choice, Choice::keep_new);
}

TEST(RowsChoice, OfKeepNewIsRefusedAcrossRelatedTables) {
  TableFacts facts = facts_of("playerbot");
  facts.no_keep_new = "it is related to table 'guild' by a foreign key";
  const RowsChoice choice = choose(facts, Rows::keep_new);
  EXPECT_EQ(choice.obstacles,
            (Lines{"the new rows of 'playerbot' cannot be added to the point's: it is related to"
                   " table 'guild' by a foreign key"}));
  EXPECT_TRUE(choice.for_the_rows);
  // As long as nothing else stands in the way of other choices.
  EXPECT_TRUE(choose(facts, Rows::restore).obstacles.empty());
}

TEST(RowsChoice, OfKeepNewNeedsThePointsRows) {
  TableFacts facts = facts_of("playerbot");
  facts.rows_at_point = false;
  EXPECT_EQ(choose(facts, Rows::keep_new).obstacles,
            (Lines{"the point holds the structure of 'playerbot' but no rows of it"}));
  facts = facts_of("playerbot");
  facts.now = false;
  EXPECT_EQ(choose(facts, Rows::keep_new).decisions[0].choice, Choice::restore);
  facts = facts_of("playerbot");
  facts.at_point = false;
  EXPECT_EQ(choose(facts, Rows::keep_new).decisions[0].choice, Choice::displace);
  EXPECT_EQ(choose(facts, Rows::keep_new).rows_lost, 5);
}

TEST(RowsChoice, KeepsTheRowsOfSessionsWhateverIsChosen) {
  TableFacts facts = facts_of("playerbot_session");
  facts.session = true;
  for (const Rows rows : {Rows::restore, Rows::keep_new, Rows::keep_all, Rows::automatic}) {
    const RowsChoice choice = choose(facts, rows);
    EXPECT_EQ(choice.decisions[0].choice, Choice::keep_all);
    EXPECT_EQ(choice.rows_lost, 2);
  }
  facts.structure_same = true;
  EXPECT_EQ(choose(facts, Rows::restore).decisions[0].choice, Choice::untouched);
  facts.at_point = facts.structure_same = false;  // it is new, and people are in it
  EXPECT_EQ(choose(facts, Rows::restore).decisions[0].choice, Choice::untouched);
}

TEST(RowsChoice, GoesByTheFirstPatternThatMeansTheTable) {
  const ByTable<Rows> by_table{Rows::restore,
                               {{"playerbot_a*", Rows::keep_all}, {"playerbot_*", Rows::keep_new}}};
  const RowsChoice choice = choose_rows(
      {facts_of("playerbot"), facts_of("playerbot_auction"), facts_of("playerbot_mail")}, by_table);
  EXPECT_EQ(choice.decisions[0].choice, Choice::restore);
  EXPECT_EQ(choice.decisions[1].choice, Choice::keep_all);
  EXPECT_EQ(choice.decisions[2].choice, Choice::keep_new);
  EXPECT_EQ(choice.rows_lost, 5 + 2 + 1);
}

TEST(RowsChoice, SaysWhatEachChoiceLoses) {
  EXPECT_EQ(hints_for({{facts_of("playerbot")}}, 2),
            (Lines{"--rows=restore --accept-data-loss=significant  # loses 5 rows",
                   "--rows=keep_all --accept-data-loss=minimal  # loses 2 rows",
                   "--rows=keep_new --accept-data-loss=minimal  # loses 1 row"}));
}

TEST(RowsChoice, SuggestsNothingThatIsNotPossible) {
  TableFacts facts = facts_of("playerbot");
  facts.no_keep_all = "its history would stay behind";
  EXPECT_EQ(hints_for({{facts}}, 0),
            (Lines{"--rows=restore --accept-data-loss=significant  # loses 5 rows",
                   "--rows=keep_new --accept-data-loss=significant  # loses 1 row"}));
  facts.no_keep_new = "they have no key in common";
  EXPECT_EQ(hints_for({{facts}}, 0).size(), 1U);
  EXPECT_EQ(ways_to_lose_less({{facts}}, 5, 0), Lines{});
}

TEST(RowsChoice, SuggestsWhatLosesLess) {
  TableFacts facts = facts_of("playerbot");
  facts.keep_all_loses = 0;
  EXPECT_EQ(ways_to_lose_less({{facts}}, 5, 0),
            (Lines{"--rows=keep_all  # loses nothing",
                   "--rows=keep_new --accept-data-loss=significant  # loses 1 row"}));
  EXPECT_EQ(ways_to_lose_less({{facts}}, 1, 0), (Lines{"--rows=keep_all  # loses nothing"}));
}

// Counting that was cut short.
TableFacts uncounted(const std::string& table) {
  TableFacts facts = facts_of(table);
  facts.counted = false;
  facts.written = facts.missing = facts.inserted = facts.keep_all_loses = facts.keep_new_loses = 0;
  return facts;
}

TEST(RowsChoice, TakesNothingForUnwrittenThatWasNotCounted) {
  for (const bool undo : {false, true}) {
    TableFacts facts = uncounted("playerbot");
    facts.undo = facts.undo_of_keep_all = undo;
    const RowsChoice choice = choose(facts, Rows::automatic);
    EXPECT_EQ(choice.obstacles,
              (Lines{"what was written to 'playerbot' could not be counted in time"}));
    EXPECT_TRUE(choice.for_the_rows);
    EXPECT_EQ(choice.decisions[0].choice, Choice::untouched);
  }
  TableFacts fresh = uncounted("playerbot_new");
  fresh.at_point = false;
  EXPECT_FALSE(choose(fresh, Rows::automatic).obstacles.empty());
}

TEST(RowsChoice, NeedsNoCountWhereNothingCanBeLost) {
  TableFacts facts = uncounted("playerbot");
  facts.columns_going.clear();
  const RowsChoice kept = choose(facts, Rows::automatic);
  EXPECT_EQ(kept.decisions[0].choice, Choice::keep_all);
  EXPECT_TRUE(kept.counted);
  facts.structure_same = true;
  EXPECT_EQ(choose(facts, Rows::automatic).decisions[0].choice, Choice::untouched);
  EXPECT_TRUE(choose(facts, Rows::automatic).counted);
}

TEST(RowsChoice, SaysThatItIsUnknownWhatAChoiceLoses) {
  for (const Rows rows : {Rows::restore, Rows::keep_all, Rows::keep_new}) {
    const RowsChoice choice = choose(uncounted("playerbot"), rows);
    EXPECT_TRUE(choice.obstacles.empty());
    EXPECT_FALSE(choice.counted);
    EXPECT_NE(choice.details[0].find("an unknown number of rows lost"), std::string::npos);
  }
  TableFacts fresh = uncounted("playerbot_new");
  fresh.at_point = false;
  EXPECT_FALSE(choose(fresh, Rows::restore).counted);
  EXPECT_EQ(hints_for({{uncounted("playerbot")}, {facts_of("other")}}, 10)[0],
            "--rows=restore --accept-data-loss=significant  # loses an unknown number of rows");
}

TEST(RowsChoice, NamesTheDatabaseOfTablesThatHaveOneName) {
  TableFacts bot;
  bot.table = "bot";
  TableFacts item;
  item.table = "item";
  std::vector<std::vector<TableFacts>> databases{{bot, item}, {bot}};
  tell_apart(databases, {"world", "shop"});
  EXPECT_EQ(choose_rows(databases[0], {Rows::keep_all}).details,
            (std::vector<std::string>{"world.bot: displaced, it is new since the point, 0 rows",
                                      "item: displaced, it is new since the point, 0 rows"}));
  EXPECT_EQ(choose_rows(databases[1], {Rows::keep_all}).details.at(0).substr(0, 9), "shop.bot:");
}

}  // namespace
}  // namespace rollback

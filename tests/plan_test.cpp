#include "plan/plan.h"

#include <gtest/gtest.h>

#include "plan/plan_text.h"

namespace rollback {
namespace {

PartPlan part(Kind kind, std::optional<std::int64_t> rows_lost = 0) {
  PartPlan plan;
  plan.component = "playerbot";
  plan.kind = kind;
  plan.assessment.rows_lost = rows_lost;
  return plan;
}

Plan plan_of(std::vector<PartPlan> parts, const LossPolicy& policy = {}) {
  Plan draft;
  draft.parts = std::move(parts);
  return make_plan(std::move(draft), policy);
}

TEST(Plan, OfPartsThatLoseNothingHasNoRiskAndNoRefusal) {
  const Plan plan = plan_of({part(Kind::code), part(Kind::database)});
  EXPECT_EQ(plan.risk, Risk::none);
  EXPECT_TRUE(plan.refusals.empty());
  EXPECT_FALSE(plan.nothing_to_do());
}

TEST(Plan, IsRefusedForAnyLossThatNobodyAccepted) {
  const Plan plan = plan_of({part(Kind::database, 1)});
  EXPECT_EQ(plan.risk, Risk::minimal);
  ASSERT_EQ(plan.refusals.size(), 1U);
  EXPECT_NE(plan.refusals[0].reason.find("1 row would be lost"), std::string::npos);
}

TEST(Plan, SuggestsNoChoiceOfRowsThatItDoesNotKnowToBePossible) {
  EXPECT_EQ(plan_of({part(Kind::database, 3)}).refusals.at(0).hints,
            (std::vector<std::string>{"to accept that: --accept-data-loss=minimal"}));
}

TEST(Plan, AcceptsAMinimalLossUpToItsLimitAndASignificantOneOnlyByName) {
  EXPECT_TRUE(plan_of({part(Kind::database, 10)}, {.accepted = Risk::minimal}).refusals.empty());
  EXPECT_FALSE(plan_of({part(Kind::database, 11)}, {.accepted = Risk::minimal}).refusals.empty());
  EXPECT_TRUE(
      plan_of({part(Kind::database, 11)}, {.accepted = Risk::significant}).refusals.empty());
}

TEST(Plan, AnUnknownLossIsNoRiskOfNone) {
  const Plan plan = plan_of({part(Kind::database, std::nullopt)});
  EXPECT_EQ(plan.risk, std::nullopt);
  EXPECT_FALSE(plan.refusals.empty());
}

TEST(Plan, AnEmergencyLeavesOutWhatWouldLoseRowsAndTakesTheRestBack) {
  const Plan plan = plan_of({part(Kind::database, 5), part(Kind::code)}, {.emergency = true});
  EXPECT_EQ(plan.parts[0].fate, Fate::left_out);
  EXPECT_EQ(plan.parts[1].fate, Fate::goes);
  EXPECT_TRUE(plan.partial());
  EXPECT_TRUE(plan.refusals.empty());
  EXPECT_EQ(plan.risk, Risk::none);
}

TEST(Plan, OfAPartThatCannotGoKnowsNoLossAndAsksForNoConsent) {
  PartPlan refused = part(Kind::database, std::nullopt);
  refused.assessment.obstacle = Obstacle{"the point does not hold it", {}};
  const Plan plan = plan_of({refused, part(Kind::code)});
  EXPECT_EQ(plan.risk, std::nullopt);
  EXPECT_EQ(plan.rows_lost, std::nullopt);
  EXPECT_EQ(plan.refusals.size(), 1U);
}

TEST(Plan, AnEmergencySaysWhyItLeavesAPartOutAlsoWhenItIsReadBack) {
  PartPlan away = part(Kind::database, std::nullopt);
  away.component = "other";
  away.assessment.obstacle = Obstacle{.reason = "no answer", .hints = {}, .out_of_reach = true};
  PreparedPlan prepared;
  prepared.plan = plan_of({part(Kind::database, 5), away}, {.emergency = true});
  prepared.plan.target.id = "20261123T090000Z-77ab210";
  prepared.plan.target.environment = "production";
  prepared.intended = from_rfc3339("2026-11-23T10:00:00.123Z");
  const PreparedPlan read = prepared_plan_from(to_text(prepared));
  EXPECT_EQ(read.intended, prepared.intended);
  ASSERT_TRUE(read.plan.parts[0].assessment.obstacle);
  EXPECT_EQ(read.plan.parts[0].assessment.obstacle->reason, "5 rows would be lost");
  EXPECT_EQ(read.plan.parts[0].assessment.obstacle->hints,
            (std::vector<std::string>{"--accept-data-loss=minimal"}));
  EXPECT_FALSE(read.plan.parts[0].assessment.obstacle->out_of_reach);
  EXPECT_TRUE(read.plan.parts[1].assessment.obstacle->out_of_reach);
}

TEST(Plan, AnEmergencyStandsStillForWhatIsNotAboutRows) {
  PartPlan broken = part(Kind::binaries);
  broken.assessment.obstacle = Obstacle{"release '1' is gone", {}, false};
  EXPECT_EQ(plan_of({broken}, {.emergency = true}).parts[0].fate, Fate::refused);
}

TEST(Plan, WithEveryPartAtTheTargetOrLeftOutHasNothingToDo) {
  PartPlan there = part(Kind::code);
  there.assessment.already = true;
  EXPECT_TRUE(plan_of({there}).nothing_to_do());
  EXPECT_TRUE(plan_of({there, part(Kind::database, 5)}, {.emergency = true}).nothing_to_do());
}

TEST(Plan, OfAPartThatIsLeftOutLaterLosesNothing) {
  const LossPolicy policy{.accepted = Risk::minimal};
  Plan plan = plan_of({part(Kind::database, 5), part(Kind::code)}, policy);
  EXPECT_EQ(plan.rows_lost, 5);
  leave_out(plan, plan.parts[0].name(), Obstacle{"no answer", {}}, policy);
  EXPECT_TRUE(plan.partial());
  EXPECT_EQ(plan.rows_lost, 0);
  EXPECT_EQ(plan.risk, Risk::none);
}

TEST(Plan, IsReadBackFromTheJournalAsItWasWritten) {
  PreparedPlan prepared;
  prepared.plan = plan_of({part(Kind::database), part(Kind::code)});
  prepared.plan.operation = "20261123T100000Z-4f2a91c";
  prepared.plan.environment = "production";
  prepared.plan.target.id = "20261123T090000Z-77ab210";
  prepared.plan.target.environment = "production";
  prepared.plan.live.commit = "c0ffee";
  prepared.plan.live.releases = {{"playerbot", "2"}};
  prepared.prepared["playerbot/database"] = "{\"tables\":3}";
  const PreparedPlan read = prepared_plan_from(to_text(prepared));
  EXPECT_EQ(read.plan.operation, prepared.plan.operation);
  EXPECT_EQ(read.plan.target.id, prepared.plan.target.id);
  EXPECT_EQ(read.plan.live.releases, prepared.plan.live.releases);
  EXPECT_EQ(read.plan.parts[0].fate, Fate::goes);
  EXPECT_EQ(read.prepared.at("playerbot/database"), "{\"tables\":3}");
}

}  // namespace
}  // namespace rollback

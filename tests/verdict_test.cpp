#include "health/verdict.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace rollback {
namespace {

using nlohmann::json;

constexpr const char* deploy = "20261123T100000Z-4f2a91c";
constexpr const char* point = "20261123T110000Z-77ab210";

Event event(const char* kind, const json& more) {
  return make_event("c0ffee", "production", deploy, kind, more);
}

Verdict verdict(const std::vector<Event>& events) {
  return judge(point, deploy, events, 80).verdict;
}

const Event good = event("health", {{"score", 100}});
const Event poor = event("health", {{"score", 79}});
const Event broken = event("trigger", {{"trigger", "build_failure"}, {"outcome", "failed"}});
const Event rolled_back = event("rollback", {{"operation", "o1"}, {"outcome", "done"}});

TEST(Verdict, WithoutDataIsUnknown) { EXPECT_EQ(verdict({}), Verdict::unknown); }

TEST(Verdict, IsStableWithAScoreOfAtLeastTheMinimum) {
  EXPECT_EQ(verdict({good}), Verdict::stable);
  EXPECT_EQ(verdict({poor}), Verdict::unknown);
}

TEST(Verdict, IsStableWhenTheWatchWindowEndedClean) {
  EXPECT_EQ(verdict({event("watch", {{"outcome", "clean"}})}), Verdict::stable);
}

TEST(Verdict, IsFailedByAnyTriggerWhateverTheScore) {
  EXPECT_EQ(verdict({broken, good}), Verdict::failed);
}

TEST(Verdict, IsFailedByARollbackUntilAnUndoWithdrawsIt) {
  EXPECT_EQ(verdict({good, rolled_back}), Verdict::failed);
  const Event undone = event("undo", {{"operation", "o2"}, {"undoes", "o1"}, {"outcome", "done"}});
  EXPECT_EQ(verdict({good, rolled_back, undone}), Verdict::stable);
  EXPECT_FALSE(rolled_back_from(deploy, {good, rolled_back, undone}));
}

TEST(Verdict, WhatWentBackByPartsIsSaidWithWhatWasLeft) {
  using Parts = std::map<std::string, std::string>;
  const Event first = event("rollback", {{"operation", "o1"},
                                         {"outcome", "partial"},
                                         {"complete", false},
                                         {"to", point},
                                         {"parts", json::array({"bots/code", "bots/config"})},
                                         {"left_out", json::array({"bots/database"})}});
  const Event rest = event("rollback", {{"operation", "o2"},
                                        {"outcome", "done"},
                                        {"complete", false},
                                        {"to", point},
                                        {"parts", json::array({"bots/database"})}});
  auto back = partly_back_from(deploy, {good, first});
  ASSERT_TRUE(back);
  EXPECT_EQ(back->parts, (Parts{{"bots/code", point}, {"bots/config", point}}));
  EXPECT_EQ(back->left_out, (Parts{{"bots/database", point}}));
  back = partly_back_from(deploy, {good, first, rest});
  EXPECT_EQ(back->parts.size(), 3U);
  EXPECT_TRUE(back->left_out.empty());
  const Event undone = event("undo", {{"operation", "o3"}, {"undoes", "o1"}, {"outcome", "done"}});
  EXPECT_FALSE(partly_back_from(deploy, {good, first, undone}));
  EXPECT_FALSE(partly_back_from(deploy, {good}));
}

TEST(Verdict, WhatWasGivenUpIsSaidUntilItIsBroughtBack) {
  using Parts = std::map<std::string, std::string>;
  const json database = json::array({"bots/database"});
  const Event forward =
      event("rollback", {{"operation", "o1"}, {"outcome", "partial"}, {"given_up", database}});
  const Event back =
      event("undo", {{"operation", "o2"}, {"outcome", "reverted"}, {"given_up", database}});
  const Event tried =
      event("rollback", {{"operation", "o3"}, {"outcome", "reverted"}, {"parts", database}});
  const Event brought =
      event("rollback", {{"operation", "o4"}, {"outcome", "done"}, {"parts", database}});
  EXPECT_EQ(given_up_since(deploy, {good, forward}), (Parts{{"bots/database", "o1"}}));
  EXPECT_EQ(given_up_since(deploy, {back, tried}), (Parts{{"bots/database", "o2"}}));
  EXPECT_EQ(given_up_since(deploy, {forward, brought, good}), Parts());
  EXPECT_EQ(given_up_since("another", {forward}), Parts());
}

TEST(Verdict, ARollbackThatWasPutBackCountsForNothing) {
  EXPECT_EQ(verdict({good, event("rollback", {{"operation", "o1"}, {"outcome", "reverted"}})}),
            Verdict::stable);
}

TEST(Verdict, OfAPersonWinsAndTheLastOneCounts) {
  const Event failed = event("verdict", {{"point", point}, {"verdict", "failed"}});
  const Event stable = event("verdict", {{"point", point}, {"verdict", "stable"}});
  EXPECT_EQ(verdict({good, failed}), Verdict::failed);
  EXPECT_EQ(verdict({failed, stable, broken}), Verdict::stable);
}

TEST(Verdict, AMarkSpeaksForThePointThatItNamesAlone) {
  EXPECT_EQ(verdict({event("verdict", {{"point", deploy}, {"verdict", "stable"}})}),
            Verdict::unknown);
}

TEST(Verdict, AnUnknownEventIsPassedOver) {
  EXPECT_EQ(verdict({event("eclipse", {{"outcome", "failed"}}), good}), Verdict::stable);
}

}  // namespace
}  // namespace rollback

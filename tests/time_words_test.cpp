#include "session/time_words.h"

#include <gtest/gtest.h>

namespace rollback {
namespace {

using namespace std::chrono_literals;

const Time noon = *from_rfc3339("2026-11-23T12:00:00Z");

TEST(TimeWords, KnowTheGrammarAndNothingElse) {
  EXPECT_EQ(past_time("last hour", noon), noon - 1h);
  EXPECT_EQ(past_time("last day", noon), noon - 24h);
  EXPECT_EQ(past_time("last week", noon), noon - 7 * 24h);
  EXPECT_EQ(past_time("2 hours ago", noon), noon - 2h);
  EXPECT_EQ(past_time("1 minute ago", noon), noon - 1min);
  EXPECT_EQ(past_time("3.days.ago", noon), noon - 72h);
  EXPECT_EQ(past_time("2026-11-23 10:00Z", noon), noon - 2h);
  EXPECT_EQ(past_time("2026-11-23T10:00:30Z", noon), noon - 2h + 30s);
}

TEST(TimeWords, WhatGitWouldTakeForNowIsNoTime) {
  for (const char* word :
       {"", "garbage", "now", "yesterday", "in 2 hours", "tomorrow 03:00", "2 ago", "hours ago",
        "-2 hours ago", "2 fortnights ago", "2 hours ago x", "2026-02-31 10:00Z", "2026-11-23",
        "2026-11-23 25:00"}) {
    EXPECT_FALSE(past_time(word, noon)) << word;
  }
}

TEST(Clock, ATimeIsReadBackAsItWasWritten) {
  const Time time = noon + 123ms;
  EXPECT_EQ(to_rfc3339(time), "2026-11-23T12:00:00.123Z");
  EXPECT_EQ(from_rfc3339(to_rfc3339(time)), time);
  EXPECT_EQ(to_stamp(time), "20261123T120000Z");
  EXPECT_EQ(from_stamp(to_stamp(time)), noon);
  EXPECT_EQ(from_rfc3339(to_rfc3339_seconds(time)), noon);
}

}  // namespace
}  // namespace rollback

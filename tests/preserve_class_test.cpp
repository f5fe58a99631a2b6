// The classes of commit that are built in, and the patterns of a class.
#include <gtest/gtest.h>
#include <re2/re2.h>

#include "part/code/preserve.h"

namespace rollback {
namespace {

const PreserveClass& built_in(const std::string& word) {
  static const PreserveSettings settings;
  return *settings.find(word);
}

TEST(PreserveClass, IsFoundByNameAndByAlias) {
  const PreserveSettings settings;
  ASSERT_EQ(settings.classes.size(), 2U);
  EXPECT_EQ(settings.find("hotfixes"), &settings.classes[0]);
  EXPECT_EQ(settings.find("security_patches"), &settings.classes[1]);
  EXPECT_EQ(settings.find("security_fixes"), &settings.classes[1]);
  for (const std::string word : {"", "hotfix", "Hotfixes", "none", "undeployed", "HEAD"}) {
    EXPECT_EQ(settings.find(word), nullptr) << word;
  }
}

TEST(PreserveClass, OfHotfixesKnowsTheirSubjects) {
  const RE2 subject(built_in("hotfixes").subject);
  for (const std::string yes :
       {"hotfix: x", "hotfix(raid)!: x", "fix(hotfix): x", "fix!(hotfix): x", "Hotfix: x"}) {
    EXPECT_TRUE(RE2::PartialMatch(yes, subject)) << yes;
  }
  for (const std::string no : {"fix: a hotfix", "fix(raid): x", "revert hotfix: x"}) {
    EXPECT_FALSE(RE2::PartialMatch(no, subject)) << no;
  }
}

TEST(PreserveClass, OfSecurityPatchesKnowsACveNumberWhereverItStands) {
  const RE2 message(built_in("security_patches").message);
  for (const std::string yes :
       {"fix: CVE-2024-12345", "bump zlib\n\nCloses cve-2022-37434.\n", "x {CVE-2024-0001}",
        "(CVE-2021-44228)", "x\n\n* [CVE-2020-1234567]"}) {
    EXPECT_TRUE(RE2::PartialMatch(yes, message)) << yes;
  }
  for (const std::string no :
       {"CVE-24-12345", "CVE-2024-123", "XCVE-2024-12345", "CVE 2024 1234"}) {
    EXPECT_FALSE(RE2::PartialMatch(no, message)) << no;
  }
  EXPECT_TRUE(RE2::PartialMatch("fix(security): x", RE2(built_in("security_patches").subject)));
}

// Does the class that has this pattern for messages have a commit with this one?
bool fits(const std::string& pattern, const std::string& message) {
  const PreserveRules rules({{.name = "x", .message = pattern}});
  return rules.rule_for(Commit{.subject = "", .message = message}, {}).has_value();
}

TEST(PreserveClass, TakesCharactersAndNotBytesInPatterns) {
  EXPECT_TRUE(fits("^caf.$", "caf\xc3\xa9"));
  EXPECT_TRUE(fits("[\xc3\xa8\xc3\xa9]", "caf\xc3\xa9"));
  EXPECT_FALSE(fits("[\xc3\xa8\xc3\xa9]", "gar\xc3\xa7on")) << "one byte of it is the same";
  EXPECT_TRUE(fits("(?i)\xc3\x89", "caf\xc3\xa9"));
  ASSERT_EQ(fault_of_pattern(R"(\x{20AC})"), "");
  EXPECT_TRUE(fits(R"(\x{20AC})", "costs 5 \xe2\x82\xac"));
}

TEST(PreserveClass, LooksIntoMessagesThatAreNoUtf8) {
  EXPECT_TRUE(fits(built_in("security_patches").message, "caf\xe9: closes CVE-2024-12345 \xff"));
  EXPECT_TRUE(fits(built_in("security_patches").message,
                   "\xe9"
                   "CVE-2024-12345\xe9"));
}

TEST(PreserveClass, HasACommitInWhichItsPatternFindsAnEmptyText) {
  EXPECT_TRUE(fits("x*$", "a"));
  EXPECT_FALSE(fits("x+$", "a"));
}

TEST(PreserveClass, HasPatternsThatRe2Takes) {
  for (const auto& one : PreserveSettings().classes) {
    for (const auto& pattern : {one.subject, one.message, one.author}) {
      EXPECT_EQ(fault_of_pattern(pattern), "") << one.name;
    }
  }
}

TEST(PreserveClass, SaysWhatIsWrongWithAPattern) {
  EXPECT_EQ(fault_of_pattern("^(hotfix"), "missing ): ^(hotfix");
  EXPECT_EQ(fault_of_pattern("[a-"), "missing ]: [a-");
  EXPECT_NE(fault_of_pattern("(?=x)"), "") << "RE2 does not look ahead";
  EXPECT_NE(fault_of_pattern(R"((a)\1)"), "") << "nor back";
  EXPECT_NE(fault_of_pattern("\xff"), "") << "UTF-8 only";
  EXPECT_NE(fault_of_pattern("((((a{100}){100}){100}){100})"), "") << "too large a program";
}

}  // namespace
}  // namespace rollback

// Which classes of commit `.rollback.yml` says there are, and which it keeps.
#include "session/preserve_settings.h"

#include <gtest/gtest.h>

#include "os/error.h"
#include "session/configuration.h"

namespace rollback {
namespace {

using Words = std::vector<std::string>;

// What comes of a file whose lines from the third on are these.
PreserveSettings read(const std::string& lines) {
  return parse_configuration("version: 1\ncomponents: { bot: {} }\n" + lines, ".rollback.yml")
      .preserve;
}

// What stands in the message for a file that is refused; "" when it is not.
std::string complaint(const std::string& lines) {
  try {
    read(lines);
    return "";
  } catch (const Usage& error) {
    return error.what();
  }
}

std::string complaint_in_class(const std::string& line) {
  return complaint("preserve:\n  urgent:\n    " + line + "\n");
}

std::string complaint_in_strategies(const std::string& line) {
  return complaint("strategies:\n  " + line + "\n");
}

Words names(const PreserveSettings& settings) {
  Words all;
  for (const auto& one : settings.classes) all.push_back(one.name);
  return all;
}

TEST(PreserveSettings, KeepHotfixesAndSecurityPatchesWhereNothingIsWritten) {
  for (const std::string lines :
       {"", "preserve: {}\n", "strategies: {}\n", "strategies: { code_rollback: {} }\n",
        "strategies: { code_rollback: { method: git_revert } }\n"}) {
    const PreserveSettings settings = read(lines);
    EXPECT_EQ(names(settings), (Words{"hotfixes", "security_patches"})) << lines;
    EXPECT_EQ(settings.chosen, (Words{"hotfixes", "security_patches"})) << lines;
  }
}

TEST(PreserveSettings, ReadEveryRuleOfAClass) {
  const PreserveSettings settings = read(R"(preserve:
  urgent:
    aliases: [rush, "2024.q1"]
    subject: "^urgent"
    message: "(?i)\\bticket-\\d+\\b"
    author: "<ops@"
    trailers: ["Urgent", "Paged-By"]
    paths: ["src/core", ":(glob)**/*.sql"]
    label: ["keep me", "urgent"]
  noted: { label: "keep" }
)");
  EXPECT_EQ(names(settings), (Words{"hotfixes", "security_patches", "urgent", "noted"}));
  const PreserveClass& urgent = settings.classes.at(2);
  EXPECT_EQ(urgent.aliases, (Words{"rush", "2024.q1"}));
  EXPECT_EQ(urgent.subject, "^urgent");
  EXPECT_EQ(urgent.message, R"((?i)\bticket-\d+\b)");
  EXPECT_EQ(urgent.author, "<ops@");
  EXPECT_EQ(urgent.trailers, (Words{"Urgent", "Paged-By"}));
  EXPECT_EQ(urgent.paths, (Words{"src/core", ":(glob)**/*.sql"}));
  EXPECT_EQ(urgent.labels, (Words{"keep me", "urgent"}));
  EXPECT_EQ(settings.classes.at(3).labels, Words{"keep"});
  EXPECT_EQ(settings.find("rush"), &urgent);
}

TEST(PreserveSettings, PutAClassWithABuiltInNameInItsPlace) {
  const PreserveSettings settings =
      read("preserve: { security_patches: { trailers: [Fixes-CVE] } }\n");
  EXPECT_EQ(names(settings), (Words{"hotfixes", "security_patches"}));
  const PreserveClass& security = settings.classes.at(1);
  EXPECT_EQ(security.trailers, Words{"Fixes-CVE"});
  EXPECT_EQ(security.subject + security.message, "") << "replaced, not mixed";
  EXPECT_EQ(settings.find("security_fixes"), nullptr);
}

TEST(PreserveSettings, TakeTheStrategysChoiceByNameOrAlias) {
  EXPECT_EQ(read("preserve: { urgent: { aliases: [rush], label: x } }\n"
                 "strategies: { code_rollback: { preserve: [rush, security_fixes] } }\n")
                .chosen,
            (Words{"rush", "security_fixes"}));
  EXPECT_EQ(read("strategies: { code_rollback: { preserve: [urgent] } }\n"
                 "preserve: { urgent: { label: x } }\n")
                .chosen,
            Words{"urgent"})
      << "in whichever order they stand";
}

TEST(PreserveSettings, KeepNothingForAnEmptyList) {
  EXPECT_EQ(read("strategies: { code_rollback: { preserve: [] } }\n").chosen, Words{});
}

TEST(PreserveSettings, SayWhyRe2TakesNoPattern) {
  EXPECT_EQ(complaint_in_class("subject: '^(hotfix'"),
            ".rollback.yml:5:14: '^(hotfix' in preserve.urgent.subject (missing ): ^(hotfix); "
            "allowed: a regular expression in the syntax of RE2");
  EXPECT_EQ(complaint_in_class("message: '(?!x)'").substr(0, 50),
            ".rollback.yml:5:14: '(?!x)' in preserve.urgent.mes")
      << "no looking ahead in RE2";
  EXPECT_NE(complaint_in_class("author: 'x{5000}'"), "");
  EXPECT_NE(complaint_in_class("author: '((((a{100}){100}){100}){100})'"), "");
}

TEST(PreserveSettings, WantClassesThatHaveARule) {
  const std::string allowed = "; allowed: author, label, message, paths, subject, trailers";
  EXPECT_EQ(complaint("preserve:\n  urgent: {}\n"),
            ".rollback.yml:4:3: class 'urgent' in preserve has no rule" + allowed);
  EXPECT_EQ(complaint_in_class("aliases: [rush]"),
            ".rollback.yml:4:3: class 'urgent' in preserve has no rule" + allowed);
  EXPECT_EQ(complaint("preserve:\n  urgent:\n"),
            ".rollback.yml:5:1: nothing in preserve.urgent; allowed: a map");
  EXPECT_EQ(complaint("preserve: [hotfixes]\n"),
            ".rollback.yml:3:11: a list in preserve; allowed: a map");
}

TEST(PreserveSettings, SayWhichKeysAClassMayHave) {
  EXPECT_EQ(complaint_in_class("subjects: x"),
            ".rollback.yml:5:5: unknown key 'subjects' in preserve.urgent; "
            "allowed: aliases, author, label, message, paths, subject, trailers");
}

TEST(PreserveSettings, WantListsOfSomethingAndPatternsAlone) {
  for (const std::string key : {"aliases", "trailers", "paths", "label"}) {
    EXPECT_EQ(complaint_in_class(key + ": []"),
              ".rollback.yml:5:" + std::to_string(key.size() + 7) +
                  ": an empty list in preserve.urgent." + key + "; leave it out, or name one");
  }
  EXPECT_EQ(complaint_in_class("trailers: Urgent"),
            ".rollback.yml:5:15: 'Urgent' in preserve.urgent.trailers; allowed: a list of strings");
  EXPECT_EQ(complaint_in_class("subject: [a]"),
            ".rollback.yml:5:14: a list in preserve.urgent.subject; allowed: a string");
  EXPECT_EQ(complaint_in_class("label: { a: b }"),
            ".rollback.yml:5:12: a map in preserve.urgent.label; allowed: a string");
}

TEST(PreserveSettings, WantKeysOfTrailersWithoutWhatFollows) {
  EXPECT_EQ(complaint_in_class("trailers: [Urgent, 'Hotfix: yes']"),
            ".rollback.yml:5:24: 'Hotfix: yes' in preserve.urgent.trailers; "
            "allowed: the key of a trailer, of letters, digits and '-'");
}

TEST(PreserveSettings, WantProperNamesAndAliases) {
  const std::string allowed =
      "as the name of a class; allowed: lower-case letters, digits, and after the first also "
      "'_', '.' and '-', but neither none nor undeployed";
  for (const std::string name :
       {"Urgent", "_x", ".x", "-x", "a b", "a/b", "caf\xc3\xa9", "a,b", "none", "undeployed"}) {
    EXPECT_EQ(complaint("preserve:\n  \"" + name + "\": { label: x }\n"),
              ".rollback.yml:4:3: '" + name + "' in preserve " + allowed);
    EXPECT_EQ(complaint_in_class("{ label: x, aliases: [\"" + name + "\"] }"),
              ".rollback.yml:5:27: '" + name + "' in preserve.urgent.aliases " + allowed);
  }
  EXPECT_NE(complaint("preserve:\n  '': { label: x }\n"), "");
  EXPECT_EQ(complaint("preserve:\n  0day_x.y-z: { label: x }\n"), "");
}

TEST(PreserveSettings, LetAWordMeanOneClassOnly) {
  EXPECT_EQ(complaint("preserve:\n  a: { label: x }\n  a: { label: y }\n"),
            ".rollback.yml:5:3: key 'a' in preserve stands here twice");
  EXPECT_EQ(complaint("preserve:\n  a: { label: x, aliases: [b, b] }\n"),
            ".rollback.yml:4:31: 'b' in preserve.a.aliases means class 'a' already");
  EXPECT_EQ(complaint("preserve:\n  a: { label: x, aliases: [a] }\n"),
            ".rollback.yml:4:28: 'a' in preserve.a.aliases means class 'a' already");
  EXPECT_EQ(complaint("preserve:\n  a: { label: x, aliases: [b] }\n  b: { label: y }\n"),
            ".rollback.yml:5:3: 'b' in preserve means class 'a' already");
  EXPECT_EQ(complaint("preserve:\n  a: { label: x, aliases: [hotfixes] }\n"),
            ".rollback.yml:4:28: 'hotfixes' in preserve.a.aliases means class 'hotfixes' already");
  EXPECT_EQ(complaint("preserve:\n  security_fixes: { label: x }\n"),
            ".rollback.yml:4:3: 'security_fixes' in preserve means class 'security_patches' "
            "already");
}

TEST(PreserveSettings, FreeTheAliasesOfABuiltInClassThatIsReplaced) {
  const PreserveSettings settings =
      read("preserve:\n  security_fixes: { label: x }\n  security_patches: { subject: '^sec' }\n");
  EXPECT_EQ(settings.find("security_fixes")->labels, Words{"x"});
  EXPECT_EQ(settings.find("security_patches")->subject, "^sec");
}

TEST(PreserveSettings, WantStrategiesThatNameClasses) {
  for (const std::string word : {"urgent", "none", "undeployed", "HEAD", "Hotfixes"}) {
    EXPECT_EQ(complaint_in_strategies("code_rollback: { preserve: [hotfixes, " + word + "] }"),
              ".rollback.yml:4:41: '" + word +
                  "' in strategies.code_rollback.preserve is no class of commit; allowed: "
                  "hotfixes, security_patches, security_fixes");
  }
  EXPECT_EQ(complaint_in_strategies("code_rollback: { preserve: hotfixes }"),
            ".rollback.yml:4:30: 'hotfixes' in strategies.code_rollback.preserve; "
            "allowed: a list of strings");
  EXPECT_EQ(complaint_in_strategies("code_rollback: { method: git_reset }"),
            ".rollback.yml:4:28: 'git_reset' in strategies.code_rollback.method; "
            "allowed: git_revert");
  EXPECT_EQ(complaint_in_strategies("code_rollback: { classes: [] }"),
            ".rollback.yml:4:20: unknown key 'classes' in strategies.code_rollback; "
            "allowed: method, preserve");
  EXPECT_EQ(complaint_in_strategies("code: {}"),
            ".rollback.yml:4:3: unknown key 'code' in strategies; allowed: code_rollback");
}

TEST(PreserveSettings, RefuseByNameTheStrategiesThatAreNotBuiltYet) {
  for (const std::string key : {"database_rollback", "config_rollback", "full_rollback"}) {
    EXPECT_EQ(complaint_in_strategies(key + ": {}"),
              ".rollback.yml:4:3: key '" + key + "' in strategies is not built yet");
  }
}

}  // namespace
}  // namespace rollback

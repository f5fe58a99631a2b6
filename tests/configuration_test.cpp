#include "session/configuration.h"

#include <gtest/gtest.h>

#include "os/error.h"

namespace rollback {
namespace {

constexpr std::string_view whole = R"(version: 1
components:
  playerbot:
    code: ["src/playerbot"]
    database:
      url: "sqlite:var/characters.db"
      tables: ["playerbot", "playerbot_*"]
      ledger: ["updates"]
      rows: keep_all
      backup: full
      on_backup_failure: without
    config: ["etc/playerbot.conf"]
    binaries:
      releases: "/srv/playerbot/releases"
      current: "/srv/playerbot/current"
      keep: 7
      drain: ["playerbotctl", "drain"]
      stop: ["systemctl", "stop", "playerbot"]
      start: ["systemctl", "start", "playerbot"]
      drain_timeout: "2 minutes"
health: { min_score: 90 }
verification: { smoke_test: ["tools/smoke"], on_failure: hold }
)";

Configuration parse(std::string_view text) { return parse_configuration(text, ".rollback.yml"); }

// What stands in the message for a file that is refused; "" when it is not.
std::string complaint(std::string_view text) {
  try {
    parse(text);
    return "";
  } catch (const Usage& error) {
    return error.what();
  }
}

// The same, for a component `bot` with these lines, which start on line 4.
std::string complaint_in_component(const std::string& lines) {
  return complaint("version: 1\ncomponents:\n  bot:\n" + lines);
}

std::string complaint_in_database(const std::string& lines) {
  return complaint_in_component("    database:\n      url: sqlite:a.db\n      tables: [t]\n" +
                                lines);
}

std::string complaint_in_binaries(const std::string& lines) {
  return complaint_in_component("    binaries:\n      releases: r\n      current: c\n" + lines);
}

TEST(Configuration, ReadsEveryKeyThatIsBuilt) {
  const Configuration read = parse(whole);
  EXPECT_EQ(read.text, whole);
  EXPECT_EQ(read.min_score, 90);
  EXPECT_EQ(read.smoke_test, CommandLine{"tools/smoke"});
  EXPECT_TRUE(read.hold_on_failure);

  ASSERT_NE(read.find("playerbot"), nullptr);
  EXPECT_EQ(read.find("other"), nullptr);
  const ComponentConfiguration& bot = *read.find("playerbot");
  EXPECT_EQ(bot.code, std::vector<std::string>{"src/playerbot"});
  EXPECT_EQ(bot.config, std::vector<std::string>{"etc/playerbot.conf"});

  ASSERT_EQ(bot.databases.size(), 1U);
  EXPECT_EQ(bot.databases[0].url, "sqlite:var/characters.db");
  EXPECT_EQ(bot.databases[0].tables, (std::vector<std::string>{"playerbot", "playerbot_*"}));
  EXPECT_EQ(bot.databases[0].ledger, std::vector<std::string>{"updates"});
  EXPECT_EQ(bot.databases[0].rows.otherwise, Rows::keep_all);
  EXPECT_TRUE(bot.databases[0].without_on_backup_failure);

  ASSERT_TRUE(bot.binaries);
  EXPECT_EQ(bot.binaries->releases, "/srv/playerbot/releases");
  EXPECT_EQ(bot.binaries->current, "/srv/playerbot/current");
  EXPECT_EQ(bot.binaries->keep, 7);
  EXPECT_EQ(bot.service.drain, (CommandLine{"playerbotctl", "drain"}));
  EXPECT_EQ(bot.service.stop, (CommandLine{"systemctl", "stop", "playerbot"}));
  EXPECT_EQ(bot.service.start, (CommandLine{"systemctl", "start", "playerbot"}));
  EXPECT_EQ(bot.service.drain_timeout, std::chrono::minutes(2));
}

TEST(Configuration, NamesEveryCommandThatItCanRun) {
  std::vector<std::string> keys;
  for (const auto& [key, command] : parse(whole).commands()) keys.push_back(key);
  EXPECT_EQ(keys, (std::vector<std::string>{
                      "components.playerbot.binaries.drain", "components.playerbot.binaries.stop",
                      "components.playerbot.binaries.start", "verification.smoke_test"}));
}

TEST(Configuration, HasDefaultsForWhatIsNotWritten) {
  const Configuration read = parse("version: 1\ncomponents: { bot: {} }\n");
  const ComponentConfiguration& bot = read.components.at(0);
  EXPECT_EQ(bot.code, std::vector<std::string>{}) << "the whole tree";
  EXPECT_TRUE(bot.databases.empty());
  EXPECT_TRUE(bot.config.empty());
  EXPECT_FALSE(bot.binaries);
  EXPECT_EQ(bot.service.drain_timeout, std::chrono::seconds(30));
  EXPECT_EQ(read.min_score, 80);
  EXPECT_FALSE(read.hold_on_failure);
  EXPECT_TRUE(read.commands().empty());
  EXPECT_EQ(read.preserve.chosen, (std::vector<std::string>{"hotfixes", "security_patches"}));
}

TEST(Configuration, LeavesTheCodePartOutForAnEmptyList) {
  EXPECT_EQ(
      parse("version: 1\ncomponents: { bot: { code: [], config: [a] } }").components.at(0).code,
      std::nullopt);
}

TEST(Configuration, TakesOnePathspecForAListOfOne) {
  EXPECT_EQ(parse("version: 1\ncomponents: { bot: { code: src } }").components.at(0).code,
            std::vector<std::string>{"src"});
}

TEST(Configuration, TakesSeveralDatabases) {
  const auto read = parse(
      "version: 1\ncomponents:\n  bot:\n    database:\n"
      "      - { url: 'sqlite:a.db', tables: [t] }\n"
      "      - { url: 'sqlite:b.db', tables: [u], rows: restore }\n");
  const auto& databases = read.components.at(0).databases;
  ASSERT_EQ(databases.size(), 2U);
  EXPECT_EQ(databases[0].rows.otherwise, Rows::automatic);
  EXPECT_EQ(databases[1].url, "sqlite:b.db");
  EXPECT_EQ(databases[1].rows.otherwise, Rows::restore);
}

TEST(Configuration, TakesEachDatabaseOnce) {
  const auto twice = [](const std::string& one, const std::string& other) {
    return complaint_in_component("    database:\n      - { url: '" + one +
                                  "', tables: [t] }\n      - { url: '" + other +
                                  "', tables: [u] }\n");
  };
  const std::string world =
      "database 'world' is listed twice in components.bot.database; list all its tables in one"
      " entry, or, where they are of two servers, in two components";
  for (const std::string same : {"mysql:///world", "mysql://localhost/world",
                                 "mariadb://me@db1:3307/world", "mysql:///world?socket=/s"}) {
    EXPECT_NE(twice("mysql:///world", same).find(world), std::string::npos) << same;
  }
  EXPECT_NE(twice("sqlite:a.db", "sqlite:./a.db").find("database 'a.db' is listed twice"),
            std::string::npos);
  EXPECT_EQ(twice("mysql:///world", "mysql:///chars"), "");
}

TEST(Configuration, SaysWhereAnUnknownKeyStandsAndWhatIsAllowed) {
  EXPECT_EQ(
      complaint_in_component("    database:\n      tabels: [t]\n"),
      ".rollback.yml:5:7: unknown key 'tabels' in components.bot.database; "
      "allowed: backup, ledger, migrations, on_backup_failure, owner, rows, sessions, tables, url");
  EXPECT_EQ(complaint("version: 1\ncomponent: {}\n"),
            ".rollback.yml:2:1: unknown key 'component'; "
            "allowed: components, health, preserve, retention, strategies, verification, version");
  EXPECT_EQ(complaint_in_component("    <<: { code: [] }\n"),
            ".rollback.yml:4:5: unknown key '<<' in components.bot; "
            "allowed: binaries, code, config, database");
}

TEST(Configuration, RefusesAKeyThatStandsTwice) {
  EXPECT_EQ(complaint("version: 1\nversion: 1\ncomponents: { bot: {} }\n"),
            ".rollback.yml:2:1: key 'version' stands here twice");
  EXPECT_EQ(complaint("version: 1\ncomponents:\n  bot: {}\n  bot: {}\n"),
            ".rollback.yml:4:3: key 'bot' in components stands here twice");
}

TEST(Configuration, SaysWhichKeyIsMissing) {
  EXPECT_EQ(complaint("components: { bot: {} }\n"), ".rollback.yml:1:1: missing key 'version'");
  EXPECT_EQ(complaint("version: 1\n"), ".rollback.yml:1:1: missing key 'components'");
  EXPECT_EQ(complaint_in_component("    database: { tables: [t] }\n"),
            ".rollback.yml:4:15: missing key 'url' in components.bot.database");
  EXPECT_EQ(complaint_in_component("    binaries: { releases: r }\n"),
            ".rollback.yml:4:15: missing key 'current' in components.bot.binaries");
}

TEST(Configuration, SaysWhatStandsWhereAnotherTypeIsExpected) {
  EXPECT_EQ(complaint_in_component("    config: etc/bot.conf\n"),
            ".rollback.yml:4:13: 'etc/bot.conf' in components.bot.config; "
            "allowed: a list of strings");
  EXPECT_EQ(complaint_in_component("    config: [{ a: b }]\n"),
            ".rollback.yml:4:14: a map in components.bot.config; allowed: a string");
  EXPECT_EQ(complaint("version: 1\ncomponents: [bot]\n"),
            ".rollback.yml:2:13: a list in components; allowed: a map");
  EXPECT_EQ(complaint("version: '1'\ncomponents: { bot: {} }\n"),
            ".rollback.yml:1:10: '1' in version; allowed: 1");
  EXPECT_EQ(complaint("version: 2\ncomponents: { bot: {} }\n"),
            ".rollback.yml:1:10: '2' in version; allowed: 1");
  EXPECT_EQ(complaint_in_component("    code: [12]\n"),
            ".rollback.yml:4:12: '12' in components.bot.code; "
            "allowed: a string; quote it, \"12\", if you mean one");
  EXPECT_EQ(complaint("- a\n"), ".rollback.yml:1:1: a list; allowed: a map");
  EXPECT_EQ(complaint_in_component("    code: [!!binary aGk=]\n"),
            ".rollback.yml:4:12: tag 'tag:yaml.org,2002:binary' in components.bot.code; "
            "no tags are allowed");
}

std::string complaint_in_retention(const std::string& line) {
  return complaint("version: 1\nretention:\n  " + line + "\ncomponents: { bot: {} }\n");
}

TEST(Configuration, ReadsRetentionWithItsUnits) {
  const Retention retention = parse_configuration(
                                  "version: 1\ncomponents: { bot: {} }\nretention: { points: 50, "
                                  "backups: 5, displaced: \"14 "
                                  "days\", max_bytes: \"50 GB\", min_free: \"10%\" }\n",
                                  ".rollback.yml")
                                  .retention;
  EXPECT_EQ(retention.points, 50);
  EXPECT_EQ(retention.backups, 5);
  EXPECT_EQ(retention.displaced->limit, std::chrono::hours(14 * 24));
  EXPECT_EQ(retention.max_bytes->bytes, 50'000'000'000);
  EXPECT_EQ(retention.min_free->percent, 10);
  const Retention other =
      parse_configuration(
          "version: 1\ncomponents: { bot: {} }\n"
          "retention: { displaced: 2weeks, max_bytes: 3 KiB, min_free: 5 GB }\n",
          ".rollback.yml")
          .retention;
  EXPECT_EQ(other.displaced->limit, std::chrono::hours(14 * 24));
  EXPECT_EQ(other.max_bytes->bytes, 3072);
  EXPECT_EQ(other.min_free->bytes, 5'000'000'000);
  EXPECT_FALSE(other.points || other.backups);
  EXPECT_FALSE(parse_configuration("version: 1\ncomponents: { bot: {} }\n", ".rollback.yml")
                   .retention.limits_anything());
}

TEST(Configuration, SaysWhatARetentionMayBe) {
  const std::string ages = "; allowed: a time such as 12 hours, 14 days or 2 weeks";
  for (const std::string word : {"14 dys", "days", "0 days", "-1 days", "1.5 days", "14  days",
                                 "14 days ago", "99999999 weeks", "99999999999999999999 s"}) {
    EXPECT_EQ(complaint_in_retention("displaced: \"" + word + "\""),
              ".rollback.yml:3:14: '" + word + "' in retention.displaced" + ages);
  }
  const std::string units = "a size in B, kB, MB, GB, TB, KiB, MiB, GiB or TiB, such as ";
  for (const std::string word : {"50", "50 gb", "0 GB", "many GB", "9223372036854775807 TB"}) {
    const std::string said = complaint_in_retention("max_bytes: \"" + word + "\"");
    EXPECT_TRUE(said.ends_with("; allowed: " + units + "50 GB")) << said;
  }
  for (const std::string word : {"100%", "0%", "%", "10 percent"}) {
    EXPECT_EQ(complaint_in_retention("min_free: \"" + word + "\""),
              ".rollback.yml:3:13: '" + word + "' in retention.min_free; allowed: 1% to 99%, or " +
                  units + "5 GB");
  }
  for (const std::string line :
       {"points: 0", "points: -3", "backups: many", "backups: 1.5", "points: [1]", "keep: 5"}) {
    EXPECT_TRUE(complaint_in_retention(line).starts_with(".rollback.yml:3:")) << line;
  }
}

TEST(Configuration, RefusesByNameWhatIsNotBuiltYet) {
  for (const std::string key : {"triggers", "canary"}) {
    EXPECT_EQ(complaint("version: 1\n" + key + ": {}\ncomponents: { bot: {} }\n"),
              ".rollback.yml:2:1: key '" + key + "' is not built yet");
  }
  for (const std::string key : {"migrations", "owner"}) {
    const std::string text = key == "owner" ? "x" : "[x]";
    EXPECT_EQ(complaint_in_database("      " + key + ": " + text + "\n"),
              ".rollback.yml:7:" + std::to_string(9 + key.size()) + ": '" + key +
                  "' of an SQLite database in components.bot.database." + key +
                  " is not built yet");
  }
  EXPECT_EQ(complaint_in_database("      rows: keep_new\n"),
            ".rollback.yml:7:13: 'keep_new' in components.bot.database.rows is not built yet");
  for (const std::string word : {"auto", "structure", "none"}) {
    EXPECT_EQ(
        complaint_in_database("      backup: " + word + "\n"),
        ".rollback.yml:7:15: '" + word + "' in components.bot.database.backup is not built yet");
  }
  EXPECT_EQ(complaint_in_database("      rows: { bot: keep_new }\n"),
            ".rollback.yml:7:20: 'keep_new' in components.bot.database.rows.bot is not built yet");
  EXPECT_EQ(complaint_in_database("      backup: { bot: auto }\n"),
            ".rollback.yml:7:22: 'auto' in components.bot.database.backup.bot is not built yet");
  EXPECT_EQ(complaint_in_binaries("      instances: [a]\n"),
            ".rollback.yml:7:7: key 'instances' in components.bot.binaries is not built yet");
  EXPECT_EQ(complaint("version: 1\nhealth: { probe: [a] }\ncomponents: { bot: {} }\n"),
            ".rollback.yml:2:11: key 'probe' in health is not built yet");
  EXPECT_EQ(complaint_in_component("    config: ['etc/*.conf']\n"),
            ".rollback.yml:4:14: 'etc/*.conf' in components.bot.config: "
            "patterns are not built yet; name each file");
}

TEST(Configuration, TakesOnlyWordsThatItKnows) {
  EXPECT_EQ(complaint_in_database("      rows: all\n"),
            ".rollback.yml:7:13: 'all' in components.bot.database.rows; "
            "allowed: auto, keep_all, restore");
  EXPECT_EQ(complaint_in_database("      on_backup_failure: { a: b }\n"),
            ".rollback.yml:7:26: a map in components.bot.database.on_backup_failure; "
            "allowed: stop, without");
  EXPECT_EQ(complaint("version: 1\nverification: { on_failure: no }\ncomponents: { bot: {} }\n"),
            ".rollback.yml:2:29: 'no' in verification.on_failure; allowed: hold, revert");
  EXPECT_EQ(complaint_in_component("    database: { url: 'characters.db', tables: [t] }\n"),
            ".rollback.yml:4:22: unknown database url 'characters.db:…' in "
            "components.bot.database.url; allowed: sqlite:PATH, mysql://HOST/DATABASE, "
            "mariadb://HOST/DATABASE");
  EXPECT_EQ(complaint_in_component("    database: { url: 'mysql:///w?tls=maybe', tables: [t] }\n"),
            ".rollback.yml:4:22: database url: tls 'maybe' in components.bot.database.url; "
            "allowed: on, verified");
  EXPECT_EQ(complaint_in_component("    database: { url: 'mysql://a:hunter2@h/c', tables: [t] }\n")
                .find("hunter2"),
            std::string::npos);
}

TEST(Configuration, HoldsNumbersAndTimesWithinTheirBounds) {
  EXPECT_EQ(complaint_in_binaries("      keep: 0\n"),
            ".rollback.yml:7:13: '0' in components.bot.binaries.keep; "
            "allowed: a whole number from 1");
  EXPECT_EQ(complaint("version: 1\nhealth: { min_score: 101 }\ncomponents: { bot: {} }\n"),
            ".rollback.yml:2:22: '101' in health.min_score; allowed: a whole number from 0 to 100");
  for (const std::string good : {"500ms", "30s", "2 minutes", "1 h", "1 minute"}) {
    EXPECT_EQ(complaint_in_binaries("      drain_timeout: " + good + "\n"), "");
  }
  for (const std::string bad : {"soon", "30", "0s", "-3s", "3 fortnights", "99999999999999999999s",
                                "25 hours", "1  s", "s"}) {
    EXPECT_NE(complaint_in_binaries("      drain_timeout: " + bad + "\n"), "") << bad;
  }
}

TEST(Configuration, WantsCommandsAsLists) {
  EXPECT_EQ(complaint_in_binaries("      restart: systemctl restart bot\n"),
            ".rollback.yml:7:16: components.bot.binaries.restart is no list; write a command as "
            "a list, such as [\"systemctl\", \"stop\", \"playerbot\"]");
  EXPECT_EQ(
      complaint("version: 1\nverification: { smoke_test: [] }\ncomponents: { bot: {} }\n"),
      ".rollback.yml:2:29: verification.smoke_test is empty; leave it out, or name a program");
}

TEST(Configuration, WantsEitherRestartOrStopAndStart) {
  EXPECT_EQ(complaint_in_binaries("      restart: [a]\n"), "");
  EXPECT_EQ(complaint_in_binaries("      restart: [a]\n      stop: [b]\n      start: [c]\n"),
            ".rollback.yml:7:16: restart in components.bot.binaries stands beside stop or start; "
            "either restart, or stop and start");
  EXPECT_EQ(complaint_in_binaries("      stop: [b]\n"),
            ".rollback.yml:7:13: stop in components.bot.binaries needs start");
  EXPECT_EQ(complaint_in_binaries("      start: [b]\n"),
            ".rollback.yml:7:14: start in components.bot.binaries needs stop");
}

TEST(Configuration, WantsConfigFilesThatStandStillAndOnlyOnce) {
  EXPECT_EQ(complaint_in_component("    config: [../bot.conf]\n"),
            ".rollback.yml:4:14: '..' in '../bot.conf' in components.bot.config is not allowed");
  EXPECT_EQ(complaint_in_component("    config: [etc/]\n"),
            ".rollback.yml:4:14: 'etc/' in components.bot.config names a folder; name each file");
  EXPECT_EQ(
      complaint_in_component("    config: []\n"),
      ".rollback.yml:4:13: an empty list in components.bot.config; leave it out, or name one");
  EXPECT_EQ(complaint_in_component("    config: [etc/a.conf]\n  web:\n    config: [etc//a.conf]\n"),
            ".rollback.yml:3:3: config file 'etc//a.conf' is named twice");
}

TEST(Configuration, WantsComponentsWithProperNamesAndAPart) {
  for (const std::string name : {"Bot", "_bot", "database", "db", "a b", "a/b", "''"}) {
    EXPECT_NE(complaint("version: 1\ncomponents: { " + name + ": {} }\n"), "") << name;
  }
  EXPECT_EQ(complaint("version: 1\ncomponents: {}\n"),
            ".rollback.yml:2:13: no component in components; name one");
  EXPECT_EQ(complaint_in_component("    code: []\n"),
            ".rollback.yml:3:3: component 'bot' has no part");
}

TEST(Configuration, RefusesControlCharactersAndNeverRepeatsThem) {
  EXPECT_EQ(complaint_in_component("    config: [\"a\\e[31m\"]\n"),
            ".rollback.yml:4:14: a control character stands in 'a?[31m' in components.bot.config; "
            "none is allowed");
  EXPECT_EQ(complaint_in_component("    \"co\\nde\": []\n"),
            ".rollback.yml:4:5: a control character stands in key 'co?de' in components.bot");
  EXPECT_NE(complaint_in_component("    code: [\"\\u0085\"]\n"), "");
}

TEST(Configuration, SaysWhereTheFileStopsBeingYaml) {
  EXPECT_EQ(complaint("version: 1\ncomponents: [\n").substr(0, 36),
            ".rollback.yml:3:1: this is no YAML: ");
  EXPECT_EQ(complaint(""), ".rollback.yml:1:1: the file is empty");
  EXPECT_EQ(complaint("version: 1\n---\nversion: 1\n"),
            ".rollback.yml:3:1: a second YAML document; only one is allowed");
  EXPECT_NE(complaint("# nothing\n"), "");
  EXPECT_NE(complaint(std::string(100000, '[')), "");
}

}  // namespace
}  // namespace rollback

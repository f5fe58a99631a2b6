// Nothing typed or stored wrongly gets past one clear sentence: what stands in
// files and refs. The world and the record stay as they were.
#include <sys/stat.h>
#include <unistd.h>

#include <boost/filesystem/operations.hpp>
#include <nlohmann/json.hpp>

#include "service_fixture.h"
#include "store/git.h"

namespace rollback::testing {
namespace {

class BadInput : public ServiceFixture {
 protected:
  // One sentence, with hints, and nothing that would stir a terminal.
  static void expect_one_error(const Finished& said) {
    int errors = 0;
    for (const auto line : split(said.err, '\n')) {
      if (line.starts_with("error: ") || line.starts_with("fatal: ")) ++errors;
    }
    EXPECT_EQ(errors, 1) << said.err;
    expect_harmless(said);
  }
  static void expect_harmless(const Finished& said) {
    for (const auto* text : {&said.out, &said.err}) {
      for (size_t i = 0; i < text->size(); ++i) {
        const auto byte = static_cast<unsigned char>((*text)[i]);
        const bool c1 = byte == 0xC2 && static_cast<unsigned char>((*text)[i + 1]) < 0xA0;
        if ((byte >= 0x20 && byte != 0x7F && !c1) || byte == '\n' || byte == '\t') continue;
        ADD_FAILURE() << "a raw byte " << static_cast<int>(byte) << " in: " << *text;
        break;
      }
    }
  }
  void expect_one_refusal(const std::vector<std::string>& arguments, const std::string& saying,
                          int status) {
    const std::string before = world(), refs = git({"for-each-ref"});
    const Finished said = rollback(arguments);
    EXPECT_STATUS(status, said) << arguments[0].substr(0, 100);
    EXPECT_TRUE(contains(said.err, saying)) << "not \"" << saying << "\" in: " << said.err;
    expect_one_error(said);
    EXPECT_EQ(world(), before);
    EXPECT_EQ(git({"for-each-ref"}), refs);
    EXPECT_EQ(leftovers(), "");
  }
};

// --- .rollback.yml ---------------------------------------------------------

TEST_F(BadInput, OfTheConfigurationIsNamedByFileLineAndColumn) {
  begin();
  const std::string start = "version: 1\ncomponents:\n  playerbot:\n";
  std::string deep, wide;
  for (int i = 0; i < 100000; ++i) deep += "[";
  for (int i = 0; i < 60000; ++i) wide += "# a comment that is long\n";
  for (const auto& [text, saying] : std::vector<std::pair<std::string, std::string>>{
           {start + "    databse: {}\n", ".rollback.yml:4:5: unknown key 'databse'"},
           {start + "    config: 5\n", ".rollback.yml:4:13: "},
           {start + "    config: [{a: 1}]\n", ".rollback.yml:4:14: "},
           {start + "    code: true\n", ".rollback.yml:4:11: 'true'"},
           {start + "\tcode: [a]\n", ".rollback.yml:4:"},
           {start + "    code: [a]\n    code: [b]\n", ".rollback.yml:5:5: key 'code'"},
           {start + "    <<: {code: [a]}\n", ".rollback.yml:4:5: unknown key '<<'"},
           {start + "    code: *nowhere\n", ".rollback.yml:4:"},
           {start + "    code: &a [*a]\n", ".rollback.yml:4:"},
           {start + "    code: !!binary aGk=\n", ".rollback.yml:4:"},
           {start + "    code: [\"caf\xe9\"]\n", ".rollback.yml:4:16: the byte 0xe9"},
           {start + std::string("    code: [\"a\0b\"]\n", 18), ".rollback.yml:4:"},
           {start + "    code: [\"a\\x1b[31m\"]\n", ".rollback.yml:4:12: a control character"},
           {"version: 2\ncomponents: {a: {code: [b]}}\n", ".rollback.yml:1:10: '2'"},
           {"version: 1\n", ".rollback.yml:1:1: missing key 'components'"},
           {"", ".rollback.yml:1:1: the file is empty"},
           {"# nothing\n", ".rollback.yml:1:1: "},
           {"--- {}\n--- {}\n", ".rollback.yml:2:"},
           {"[1, 2]\n", ".rollback.yml:1:1: a list"},
           {"\xff\xfev\0e\0r\0", ".rollback.yml:1:1: the byte 0xff"},
           {deep, ".rollback.yml:1:"},
           {wide, ".rollback.yml: the file has 1500000 bytes"}}) {
    write(".rollback.yml", text);
    for (const std::vector<std::string>& verb : std::vector<std::vector<std::string>>{
             {"record"}, {"trust", "--yes"}, {"hook", "pre-deploy"}}) {
      expect_one_refusal(verb, saying, 129);
    }
    const Finished listed = rollback({"list"});
    EXPECT_STATUS(0, listed) << saying;
    expect_harmless(listed);
  }
}

TEST_F(BadInput, OfTheConfigurationIsNamedWhereThatOfACommitIsUsed) {
  a_bad_deploy();
  write(".rollback.yml", read(".rollback.yml") + "oops: 1\n");
  const std::string lent = git({"rev-parse", "--short=10", "HEAD"});
  const Finished said = rollback({"-n"});
  EXPECT_STATUS(0, said);
  EXPECT_TRUE(contains(said.err, "warning: .rollback.yml:12:1: unknown key 'oops'")) << said.err;
  EXPECT_TRUE(contains(said.err, "; the one of commit " + lent + " is used")) << said.err;
  fs::remove(top() / ".rollback.yml");
  EXPECT_TRUE(contains(rollback({"-n"}).err, "there is no .rollback.yml here; the one of commit"));
}

TEST_F(BadInput, OfTheConfigurationChangesNothingAndSaysSo) {
  begin();
  write(".rollback.yml", "version: 1\n");
  git({"commit", "-q", "-am", "chore: break it"});
  EXPECT_TRUE(contains(rollback({"record"}).err,
                       "hint: nothing was changed; correct it, then run the command again"));
}

TEST_F(BadInput, AnchorsThatAreOnlyAnotherSpellingAreTaken) {
  begin();
  configure(
      "version: 1\ncomponents:\n  a: { code: &paths [src], config: [etc/playerbot.conf] }\n"
      "  b: { code: *paths }\n");
  EXPECT_STATUS(0, rollback({"record"}));
}

TEST_F(BadInput, AConfigurationThatIsNoFileIsSaidToBeNone) {
  begin();
  const std::string text = read(".rollback.yml");
  for (const char* make : {"mkdir .rollback.yml", "mkfifo .rollback.yml",
                           "ln -s .rollback.yml .rollback.yml", "ln -s /dev/zero .rollback.yml"}) {
    ASSERT_STATUS(0, shell(std::string("rm -rf .rollback.yml && ") + make));
    expect_one_refusal({"record"}, ".rollback.yml'", 128);
    EXPECT_STATUS(0, rollback({"list"}));
  }
  ASSERT_STATUS(0, shell("rm -rf .rollback.yml && ln -s ../elsewhere.yml .rollback.yml"));
  expect_one_refusal({"record"}, ".rollback.yml", 128);
}

TEST_F(BadInput, AConfigFileBehindALinkThatLeadsOutIsNotFollowed) {
  a_bad_deploy();
  ASSERT_STATUS(0, shell("mkdir ../outside && cp -a etc/. ../outside/ && git rm -q -r etc &&"
                         " rm -rf etc && ln -s ../outside etc"));
  const std::string outside = shell("cat ../outside/*; ls -la ../outside | tail -n 1").out;
  for (const std::vector<std::string>& verb : std::vector<std::vector<std::string>>{
           {"--component", "config", "--target", "previous", "--yes"}, {"record"}}) {
    const Finished said = rollback(verb);
    EXPECT_NE(said.status, 0);
    EXPECT_TRUE(contains(said.err, "leads out of the work tree")) << said.err;
    expect_one_error(said);
  }
  EXPECT_EQ(shell("cat ../outside/*; ls -la ../outside | tail -n 1").out, outside);
  script("tools/smoke", "true");
  ASSERT_STATUS(0,
                shell("rm etc && mkdir inside && cp -a ../outside/. inside/ && ln -s inside etc"));
  EXPECT_STATUS(0, rollback({"--component", "config", "--target", "previous", "--yes"}));
  EXPECT_EQ(read("inside/playerbot.conf"), "greeting = hello\nrate = 1\n");
}

TEST_F(BadInput, FilesThatCannotBeReadAreNamed) {
  if (geteuid() != 0) GTEST_SKIP() << "needs root to be somebody else";
  begin();
  ASSERT_STATUS(0,
                shell("chmod 755 .. && chown -R 65534 .. && chown 0:0 etc/playerbot.conf"
                      " releases/1.0/server && chmod 600 etc/playerbot.conf releases/1.0/server"));
  const std::string as = "setpriv --reuid 65534 --clear-groups git-rollback record --component ";
  for (const std::string part : {"config", "binaries"}) {
    const Finished said = shell(as + part);
    EXPECT_STATUS(128, said);
    EXPECT_TRUE(contains(said.err, part == "config" ? "etc/playerbot.conf'" : "1.0/server'"))
        << said.err;
    expect_one_error(said);
  }
  ASSERT_STATUS(0, shell("chown 0 .rollback.yml && chmod 600 .rollback.yml"));
  const Finished said = shell(as + "code");
  EXPECT_STATUS(128, said);
  EXPECT_TRUE(contains(said.err, ".rollback.yml'")) << said.err;
}

// --- the state of this machine ---------------------------------------------

TEST_F(BadInput, ADamagedIndexIsBuiltAnew) {
  a_bad_deploy();
  const std::string list = rollback({"list", "--json"}).out;
  for (const char* damage :
       {"echo garbage > index.db", "truncate -s 100 index.db",
        "dd if=/dev/urandom of=index.db bs=4096 seek=1 count=3 conv=notrunc 2>/dev/null",
        "rm -f index.db; mkdir index.db", "rm -rf index.db; mkdir index.db; touch index.db/x",
        "rm -rf index.db; ln -s /nowhere/x index.db", ": > index.db", "rm -rf index.db*",
        "rm -rf index.db; sqlite3 index.db 'CREATE TABLE points(x); PRAGMA user_version=99'",
        "rm -rf index.db; sqlite3 index.db 'CREATE VIEW points AS SELECT 1'",
        "sqlite3 index.db 'DELETE FROM source' || :"}) {
    ASSERT_STATUS(0, shell(std::string("cd .git/rollback && ") + damage));
    const Finished said = rollback({"list", "--json"});
    EXPECT_STATUS(0, said) << damage;
    EXPECT_EQ(said.out, list) << damage;
    shell("cd .git/rollback && rm -rf index.db*");
  }
}

TEST_F(BadInput, ADamagedJournalIsNamedAndNothingIsTouched) {
  a_bad_deploy();
  const std::string good = read(".git/rollback/journal.db");
  for (const auto& [damage, saying] : std::vector<std::pair<std::string, std::string>>{
           {"echo 'garbage that is longer than a header' > journal.db", "cannot be used"},
           {"dd if=/dev/zero of=journal.db bs=512 seek=1 conv=notrunc count=100 2>/dev/null",
            "journal"},
           {"sqlite3 journal.db 'PRAGMA user_version=99'", "newer git-rollback"},
           {"rm -f journal.db; mkdir journal.db", "journal.db' cannot be used"}}) {
    ASSERT_STATUS(0, shell("cd .git/rollback && rm -rf journal.db*"));
    write(".git/rollback/journal.db", good);
    ASSERT_STATUS(0, shell("cd .git/rollback && " + damage));
    const std::string stands = shell("sha256sum .git/rollback/journal.db").out;
    for (const std::vector<std::string>& verb : std::vector<std::vector<std::string>>{
             {"--component", "playerbot", "--yes"}, {"record"}, {"--continue"}}) {
      expect_one_refusal(verb, saying, 128);
    }
    EXPECT_EQ(shell("sha256sum .git/rollback/journal.db").out, stands) << damage;
  }
}

// --- the record ------------------------------------------------------------

TEST_F(BadInput, APointOfANewerFormatOrADamagedOneSaysSoWhenItIsNamed) {
  begin();
  deploy_good();
  const std::string id = point(), ref = "refs/rollback/production/points/" + id;
  const std::string tag = git({"rev-parse", ref});
  deploy_bad();
  const std::string another = point() == id ? point(1) : point();
  const auto replace = [&](const std::string& make) {
    ASSERT_STATUS(0, shell("git update-ref " + ref + " $(" + make + ")"));
  };
  for (const auto& [make, saying] : std::vector<std::pair<std::string, std::string>>{
           {"git cat-file tag " + tag +
                " | sed 's/Rollback-Format: 1/Rollback-Format: 2/' |"
                " git mktag",
            "has format 2"},
           {"git cat-file tag " + tag + " | sed 's/^Rollback-.*//' | git mktag", "rollback point"},
           {"git cat-file tag " + tag +
                " | sed 's/Rollback-Environment: .*/Rollback-Environment:"
                " ..%1b/' | git mktag",
            "no valid point and environment"},
           {"git rev-parse HEAD", "no annotated tag"},
           {"git hash-object -w .rollback.yml", "no annotated tag"},
           {"git rev-parse refs/rollback/production/points/" + another, "moved or renamed"}}) {
    replace(make);
    expect_one_refusal({"--target", id, "--component", "playerbot", "--yes"}, saying, 128);
    const Finished shown = rollback({"show", id});
    if (shown.status != 0) expect_one_error(shown);
    for (const char* verb : {"list", "status"}) {
      const Finished said = rollback({verb});
      EXPECT_STATUS(0, said) << make;
      expect_harmless(said);
    }
    EXPECT_STATUS(0, rollback({"--dry-run", "--target", "previous"}));
  }
  // The object itself is gone, or no object any more.
  replace("echo " + tag);
  const std::string loose = ".git/objects/" + tag.substr(0, 2) + "/" + tag.substr(2);
  ASSERT_STATUS(0, shell("cp -p " + loose + " ../loose && rm -f " + loose));
  for (const char* verb : {"list", "status"}) EXPECT_STATUS(0, rollback({verb}));
  const std::string before = world();
  expect_one_error(rollback({"--target", id, "--component", "playerbot", "--yes"}));
  EXPECT_EQ(world(), before);
  ASSERT_STATUS(0, shell("echo garbage > " + loose));
  const Finished listed = rollback({"list"});
  EXPECT_TRUE(listed.status == 0 || listed.status == 128);
  ASSERT_STATUS(0, shell("mv -f ../loose " + loose));
  EXPECT_STATUS(0, rollback({"--target", id, "--component", "playerbot", "--yes"}));
}

TEST_F(BadInput, NotesWithAnythingInThemAreReadAsFarAsTheyAreEvents) {
  a_bad_deploy();
  const std::string list = rollback({"list", "--json"}).out;
  const std::string common =
      R"("at":"2026-01-01T00:00:00.000Z","environment":"production","deploy":7,)";
  const std::string lines =
      "garbage\n\n{\n[]\n\"x\"\nnull\n{\"at\":5}\n{\"at\":\"never\",\"id\":\"a\"}\n\xff\xfe\x1b["
      "31m\n"
      "{" +
      common + R"("id":"1","event":"rollback","operation":7,"outcome":{},"complete":"yes"})" +
      "\n{" + common + R"("id":"2","event":["rollback"]})" + "\n{" + common +
      R"("id":"3","event":"health","score":"high"})" + "\n{" + common +
      R"("id":"4","event":"health","score":1e99})" + "\n{" + common +
      R"("id":"5","event":"verdict","point":5,"verdict":null})" + "\n{" + common +
      R"("id":"6","event":"undo","undoes":[],"outcome":"done","left":3})" + "\n" +
      std::string(200000, '[') + "\n";
  write("../note", lines);
  ASSERT_STATUS(
      0, shell("git notes --ref=rollback append -C $(git hash-object -w ../note) HEAD &&"
               " git notes --ref=rollback append -C $(git hash-object -w ../note) HEAD~2 &&"
               " git notes --ref=rollback append -C $(git hash-object -w ../note) HEAD:src"));
  EXPECT_EQ(rollback({"list", "--json"}).out, list);
  for (const char* verb : {"list", "status"}) expect_harmless(rollback({verb}));
  ASSERT_STATUS(0, rollback({"--component", "playerbot", "--yes"}));
  EXPECT_EQ(back(), "code database config binaries ");
  ASSERT_STATUS(0, rollback({"undo", "--yes"}));
  EXPECT_TRUE(contains(git({"notes", "--ref=rollback", "show", "HEAD~2"}), "garbage"));
}

TEST_F(BadInput, ALiveChainThatSomebodyMeddledWithIsNoCrash) {
  a_bad_deploy();
  const std::string ref = "refs/rollback/production/live", good = git({"rev-parse", ref});
  for (const char* make :
       {"git rev-parse HEAD", "git rev-parse HEAD:src/playerbot.cpp", "git rev-parse HEAD^{tree}",
        "git commit-tree -p HEAD -m 'x\n\nRollback-Commit: %1b[31m\n"
        "Rollback-Parent: %1b[2J\nRollback-Deploy: -' HEAD^{tree}"}) {
    ASSERT_STATUS(0, shell("git update-ref " + ref + " $(" + make + ")"));
    for (const std::vector<std::string>& verb :
         std::vector<std::vector<std::string>>{{"list"},
                                               {"status"},
                                               {"status", "--json"},
                                               {"--dry-run"},
                                               {"undo", "--dry-run"},
                                               {"record", "--component", "code"}}) {
      const Finished said = rollback(verb);
      EXPECT_LT(said.status, 130) << make << "\n" << said.err;
      expect_harmless(said);
    }
    git({"update-ref", ref, good});
  }
  EXPECT_STATUS(0, rollback({"--component", "playerbot", "--yes"}));
}

// --- text that would stir a terminal ---------------------------------------

TEST_F(BadInput, NothingStoredReachesATerminalRaw) {
  begin();
  const std::string evil =
      "\x1b]0;owned\x07\x1b[31m\xc2\x9b"
      "31m\x7f\r\b";
  write("src/\x1b[31mred", "x\n");
  git({"add", "."});
  git({"commit", "-q", "-m", "feat(" + evil + "): " + evil});
  git({"tag", "-a",
       "v\xc2\x9b"
       "1",
       "-m", evil});
  deploy_good();
  ASSERT_STATUS(0, rollback({"record", "--version", evil, "--reason", evil}));
  ASSERT_STATUS(0, rollback({"mark", point(), "stable", "--reason", evil}));
  write("src/\x1b[32mgreen", "x\n");
  git({"add", "."});
  git({"commit", "-q", "-m", "fix(" + evil + "): " + evil});
  ASSERT_STATUS(0, shell("mkdir -p \"releases/$(printf 'x\\033[31m')\" && echo build >"
                         " \"releases/$(printf 'x\\033[31m')/server\""));
  rollback({"deploy", "--", "sh", "-c",
            "ln -sfn \"releases/$(printf 'x\\033[31m')\" current; printf '\\033[31m' >&2; exit 3"});
  script("tools/smoke", "printf '\\033[31mred\\n'; exit 1");
  const std::string id = point();
  // A tag of somebody else's making, with escapes in every field.
  ASSERT_STATUS(0,
                shell("t=$(git cat-file tag refs/rollback/production/points/" + id +
                      " | sed -e 's/^State of/\x1b[31m&/' -e 's/^\\(Rollback-\\(Host\\|Parent\\|"
                      "Deploy\\|Version\\|Release\\)\\): /&%1b%5b31m/' | git mktag --no-strict) &&"
                      " git update-ref refs/rollback/production/points/" +
                      id + " $t"));
  for (const std::vector<std::string>& verb : std::vector<std::vector<std::string>>{
           {"list"},
           {"list", "--json"},
           {"show", id},
           {"show", id, "--json"},
           {"show", point(1)},
           {"status"},
           {"status", "--json"},
           {"--dry-run", "--target", "previous"},
           {"--dry-run", "--json", "--target", "previous"},
           {"--dry-run", "--target", evil},
           {evil},
           {"--" + evil},
           {"show", evil},
           {"mark", evil, "stable"},
           {"list", "-n", evil},
           {"--component", evil},
           {"--rows", evil},
           {"record", "--component", evil},
           {"hook", evil},
           {"trust"},
           {"deploy", "--", evil},
           {"--target", "previous", "--component", "code,config,binaries", "--yes", "--again"},
           {"status"},
           {"undo", "--dry-run"}}) {
    const Finished said = rollback(verb);
    if (verb[0] == "deploy") continue;  // what the user's own command says is the user's
    expect_harmless(said);
  }
}

}  // namespace
}  // namespace rollback::testing

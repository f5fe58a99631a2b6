// What git does between an object and a file: sparse checkouts, submodules,
// filters, encodings, line ends. git itself moves the work tree, so a rollback
// must leave each of them as git's own commands would.
#include <boost/filesystem/operations.hpp>

#include "git_ways_fixture.h"

namespace rollback::testing {
namespace {

class SparseCheckout : public GitWays {
 protected:
  // The bits of each entry, and what is there of two folders.
  std::string more() override {
    return git({"ls-files", "-t"}) + shell("ls -A docs media 2>&1").out;
  }
  void begin_with_media() {
    begin();
    write("media/a.txt", "a 1\n");
    write("docs/a.txt", "a 1\n");
    commit("media/b.txt", "b 1\n");
    commit("docs/b.txt", "b 1\n");
    git({"add", "."});
    git({"commit", "-qm", "feat(docs): more"});
  }
  // The same as git itself would bring about, on files in and out of it.
  void change_media() {
    ASSERT_STATUS(0, shell("git rm -q --sparse --cached media/b.txt && echo 'a 2' > ../blob &&"
                           " id=$(git hash-object -w ../blob) &&"
                           " git update-index --cacheinfo 100644,$id,media/a.txt &&"
                           " git update-index --skip-worktree media/a.txt &&"
                           " git update-index --add --cacheinfo 100644,$id,media/new.txt &&"
                           " git update-index --skip-worktree media/new.txt &&"
                           " echo 'a 2' > docs/a.txt && echo new > docs/new.txt &&"
                           " git add docs && git rm -q docs/b.txt &&"
                           " git commit -qm 'feat(media): change'"));
  }
};

TEST_F(SparseCheckout, InConesKeepsWhatIsLeftOut) {
  begin_with_media();
  git({"sparse-checkout", "set", "--cone", "src", "etc", "tools", "docs"});
  ASSERT_FALSE(fs::exists(top() / "media"));
  deploy_good();
  change_media();
  const std::string kept = more();
  const std::string good = git({"rev-parse", "HEAD~1^{tree}"});
  deploy_bad();
  const std::string bad = service();
  ASSERT_STATUS(0, rollback({"--component", "playerbot", "--yes"}));
  EXPECT_EQ(back(), "code database config binaries ");
  EXPECT_EQ(git({"rev-parse", "HEAD^{tree}"}), good);
  EXPECT_EQ(git({"status", "--porcelain"}), "");
  EXPECT_FALSE(fs::exists(top() / "media"));
  EXPECT_TRUE(contains(git({"ls-files", "-t"}), "S media/b.txt")) << git({"ls-files", "-t"});
  ASSERT_STATUS(0, rollback({"undo", "--yes"}));
  EXPECT_EQ(service(), bad);
  EXPECT_EQ(git({"ls-files", "-t", "media", "docs"}), git({"ls-files", "-t", "media", "docs"}));
  EXPECT_FALSE(fs::exists(top() / "media"));
}

TEST_F(SparseCheckout, ByPatternsKeepsWhatIsLeftOut) {
  begin_with_media();
  git({"sparse-checkout", "set", "--no-cone", "/*", "!/media/*", "!/docs/b.txt", "!/docs/new*"});
  ASSERT_FALSE(fs::exists(top() / "media"));
  ASSERT_FALSE(fs::exists(top() / "docs/b.txt"));
  deploy_good();
  deploy_bad();
  roll_back_and_undo();
  EXPECT_FALSE(fs::exists(top() / "media"));
  EXPECT_FALSE(fs::exists(top() / "docs/b.txt"));
}

TEST_F(SparseCheckout, WithASparseIndexIsTheSame) {
  begin_with_media();
  git({"sparse-checkout", "set", "--cone", "--sparse-index", "src", "etc", "tools"});
  go_round();
  EXPECT_FALSE(fs::exists(top() / "media"));
}

// --- submodules ------------------------------------------------------------

class Submodule : public GitWays {
 protected:
  std::string more() override { return git({"submodule", "status"}); }
  void begin_with_submodule() {
    ASSERT_STATUS(0, shell("git init -q -b main ../library && cd ../library &&"
                           " git config user.name T && git config user.email t@example.org &&"
                           " echo 1 > version && git add . && git commit -qm one &&"
                           " echo 2 > version && git commit -qam two"));
    git({"init", "-q", "-b", "main"});
    begin();
    ASSERT_STATUS(0, shell("git -c protocol.file.allow=always submodule --quiet add ../library lib"
                           " && git -C lib checkout -q HEAD~1 && git add lib &&"
                           " git commit -qm 'feat(lib): a library'"));
  }
  std::string pointer() { return git({"rev-parse", ":lib"}); }
};

TEST_F(Submodule, ItsPointerGoesBackAndItsFilesAreLeftToGitSubmodule) {
  begin_with_submodule();
  deploy_good();
  const std::string one = pointer();
  ASSERT_STATUS(0, shell("git -C lib checkout -q main && git add lib && echo mine > lib/mine"));
  deploy_bad();
  const std::string two = pointer();
  ASSERT_NE(one, two);
  const std::string bad = service(), checked_out = more();
  ASSERT_STATUS(0, rollback({"--component", "playerbot", "--yes"}));
  EXPECT_EQ(back(), "code database config binaries ");
  EXPECT_EQ(pointer(), one);
  EXPECT_EQ(git({"rev-parse", "HEAD:lib"}), one);
  EXPECT_EQ(git({"-C", "lib", "rev-parse", "HEAD"}), two);
  EXPECT_EQ(read("lib/mine"), "mine\n");
  ASSERT_STATUS(0, shell("git submodule --quiet update"));
  EXPECT_EQ(read("lib/version"), "1\n");
  ASSERT_STATUS(0, shell("git -C lib checkout -q main"));
  ASSERT_STATUS(0, rollback({"undo", "--yes"}));
  EXPECT_EQ(pointer(), two);
  EXPECT_EQ(service(), bad);
  EXPECT_EQ(more(), checked_out);
}

TEST_F(Submodule, ThatGitIsToldToIgnoreGoesBackAllTheSame) {
  begin_with_submodule();
  git({"config", "submodule.lib.ignore", "all"});
  git({"config", "diff.ignoreSubmodules", "all"});
  deploy_good();
  const std::string one = pointer();
  ASSERT_STATUS(0, shell("git -C lib checkout -q main && git add -f lib"));
  deploy_bad();
  ASSERT_NE(pointer(), one);
  ASSERT_STATUS(0, rollback({"--component", "playerbot", "--yes"}));
  EXPECT_EQ(pointer(), one);
  EXPECT_EQ(git({"rev-parse", "HEAD:lib"}), one);
}

TEST_F(Submodule, ThatCameWithTheBadDeployGoesAndItsFilesStay) {
  begin();
  ASSERT_STATUS(0, shell("git init -q -b main ../library && cd ../library &&"
                         " git config user.name T && git config user.email t@example.org &&"
                         " echo 1 > version && git add . && git commit -qm one"));
  deploy_good();
  ASSERT_STATUS(0, shell("git -c protocol.file.allow=always submodule --quiet add ../library lib"));
  deploy_bad();
  const std::string bad = service();
  ASSERT_STATUS(0, rollback({"--component", "playerbot", "--yes"}));
  EXPECT_EQ(back(), "code database config binaries ");
  EXPECT_EQ(git({"ls-files", "lib", ".gitmodules"}), "");
  EXPECT_EQ(read("lib/version"), "1\n");
  ASSERT_STATUS(0, rollback({"undo", "--yes"}));
  EXPECT_EQ(service(), bad);
}

// --- filters ---------------------------------------------------------------

class Filters : public GitWays {
 protected:
  std::string more() override { return shell("sha256sum shaped*").out; }
};

TEST_F(Filters, CleanAndSmudgeRunBothWays) {
  begin();
  git({"config", "filter.upper.clean", "tr A-Z a-z"});
  git({"config", "filter.upper.smudge", "tr a-z A-Z"});
  git({"config", "filter.upper.required", "true"});
  write(".gitattributes", "shaped* filter=upper\n");
  commit("shaped.txt", "HELLO\n");
  git({"add", "."});
  git({"commit", "-qm", "feat(shape): it"});
  deploy_good();
  write("shaped.txt", "RAIDERS\n");
  write("shaped new.txt", "MORE\n");
  deploy_bad();
  EXPECT_EQ(git({"cat-file", "blob", "HEAD:shaped.txt"}), "raiders");
  roll_back_and_undo();
  ASSERT_STATUS(0, rollback({"--component", "playerbot", "--yes"}));
  EXPECT_EQ(read("shaped.txt"), "HELLO\n");
  EXPECT_FALSE(fs::exists(top() / "shaped new.txt"));
}

TEST_F(Filters, ARequiredOneThatFailsKeepsTheOperationUntilItWorksAgain) {
  begin();
  write(".gitattributes", "shaped* filter=broken\n");
  commit("shaped.txt", "one\n");
  git({"add", "."});
  git({"commit", "-qm", "feat(shape): it"});
  deploy_good();
  write("shaped.txt", "two\n");
  deploy_bad();
  const std::string before = service();
  for (const char* parts : {"code", "code,config,database,binaries"}) {
    git({"config", "filter.broken.clean", "cat"});
    git({"config", "filter.broken.smudge", "false"});
    git({"config", "filter.broken.required", "true"});
    const Finished said = rollback({"--component", parts, "--yes"});
    EXPECT_STATUS(1, said);
    EXPECT_TRUE(contains(said.err, "shaped.txt")) << said.err;
    EXPECT_TRUE(contains(said.err, "git rollback --abort")) << said.err;
    git({"config", "--remove-section", "filter.broken"});
    EXPECT_STATUS(0, rollback({"--abort"}));
    EXPECT_EQ(service(), before);
    EXPECT_EQ(leftovers(), "");
  }
}

// git's long-running filter protocol, as LFS speaks it: the blob is a pointer,
// the bytes stand in a store beside the repository.
constexpr const char* process_filter = R"(#!/usr/bin/perl
use strict; use Digest::SHA qw(sha256_hex);
my $store = shift; mkdir $store; binmode STDIN; binmode STDOUT; $| = 1;
sub take { my $h; return undef unless read(STDIN, $h, 4); my $n = hex $h;
  return "" unless $n; my $d; read(STDIN, $d, $n - 4); return $d; }
sub give { my $d = shift; while (length $d) { my $p = substr($d, 0, 65000, ""); printf "%04x%s", length($p) + 4, $p } }
sub flush { print "0000" }
take(); take(); take(); give("git-filter-server\n"); give("version=2\n"); flush();
while (take() ne "") {} give("capability=clean\n"); give("capability=smudge\n"); flush();
while (1) {
  my ($command, $line) = ("");
  while (1) { $line = take(); exit 0 unless defined $line; last if $line eq "";
    $command = $1 if $line =~ /^command=(.*)/; }
  my $data = ""; while (($line = take()) ne "") { $data .= $line }
  if ($command eq "clean") {
    my $id = sha256_hex($data); open my $f, ">", "$store/$id"; print $f $data; close $f;
    $data = "pointer $id\n";
  } elsif ($data =~ /^pointer (\w+)/) {
    open my $f, "<", "$store/$1" or do { give("status=error\n"); flush(); next };
    local $/; $data = <$f>;
  }
  give("status=success\n"); flush(); give($data); flush(); flush();
}
)";

TEST_F(Filters, ALongRunningOneBringsLargeFilesFromItsStore) {
  begin();
  const fs::path filter = scratch() / "filter";
  ASSERT_STATUS(0, shell("cat > '" + filter.string() + "' <<'END'\n" + process_filter +
                         "END\nchmod +x '" + filter.string() + "'"));
  git({"config", "filter.store.process", filter.string() + " " + (scratch() / "lfs").string()});
  git({"config", "filter.store.required", "true"});
  write(".gitattributes", "shaped* filter=store -text\n");
  commit("shaped.bin", std::string(200000, 'x') + "\n");
  git({"add", "."});
  git({"commit", "-qm", "feat(shape): it"});
  ASSERT_TRUE(contains(git({"cat-file", "blob", "HEAD:shaped.bin"}), "pointer "));
  deploy_good();
  write("shaped.bin", std::string(300000, 'y') + "\n");
  write("shaped2.bin", std::string("\0\r\n", 3));
  deploy_bad();
  roll_back_and_undo();
  ASSERT_STATUS(0, rollback({"--component", "playerbot", "--yes"}));
  EXPECT_EQ(read("shaped.bin"), std::string(200000, 'x') + "\n");
}

TEST_F(Filters, WorkingTreeEncodingsAndLineEndsStay) {
  begin();
  write(".gitattributes",
        "shaped.utf16 text working-tree-encoding=UTF-16LE-BOM eol=crlf\n"
        "shaped.crlf text eol=crlf\n");
  const std::string one("\xff\xfeo\0n\0e\0\r\0\n\0", 12), two("\xff\xfet\0w\0o\0\r\0\n\0", 12);
  write("shaped.utf16", one);
  write("shaped.crlf", "one\r\ntwo\r\n");
  git({"add", "."});
  git({"commit", "-qm", "feat(shape): it"});
  deploy_good();
  write("shaped.utf16", two);
  write("shaped.crlf", "one\r\nthree\r\n");
  deploy_bad();
  EXPECT_EQ(git({"cat-file", "blob", "HEAD:shaped.utf16"}), "two");
  roll_back_and_undo();
  ASSERT_STATUS(0, rollback({"--component", "playerbot", "--yes"}));
  EXPECT_EQ(read("shaped.utf16"), one);
  EXPECT_EQ(read("shaped.crlf"), "one\r\ntwo\r\n");
}

TEST_F(Filters, AutocrlfWithSafecrlfIsNoHindrance) {
  begin();
  git({"config", "core.autocrlf", "true"});
  git({"config", "core.safecrlf", "true"});
  ASSERT_STATUS(0, shell("rm src/playerbot.cpp && git checkout -q -- src"));
  commit("shaped.txt", "one\r\n");
  ASSERT_STATUS(0, rollback({"deploy", "--", "tools/deploy", "1.1", "build 1.1"}));
  commit("shaped.txt", "two\r\n");
  rollback({"deploy", "--", "tools/deploy", "2.0", "build 2.0"});
  const std::string bad = service();
  ASSERT_STATUS(0, rollback({"--target", "previous", "--yes"}));
  EXPECT_EQ(read("shaped.txt"), "one\r\n");
  EXPECT_EQ(git({"status", "--porcelain"}), "");
  ASSERT_STATUS(0, rollback({"undo", "--yes"}));
  EXPECT_EQ(service(), bad);
}

TEST_F(GitWays, WhereFilesCannotBeLinksTheyGoBackAsFiles) {
  begin();
  ASSERT_STATUS(0, shell("ln -s one link && git add link && git commit -qm link"));
  git({"config", "core.symlinks", "false"});
  ASSERT_STATUS(0, shell("rm link && git checkout -q -- link && test -f link && test ! -L link"));
  deploy_good();
  write("link", "two");
  deploy_bad();
  roll_back_and_undo();
  EXPECT_EQ(read("link"), "two");
}

TEST_F(GitWays, WhereModesDoNotCountTheyDoNotHinder) {
  begin();
  git({"config", "core.fileMode", "false"});
  deploy_good();
  deploy_bad();
  ASSERT_STATUS(0, shell("chmod +x src/playerbot.cpp"));
  ASSERT_STATUS(0, rollback({"--component", "playerbot", "--yes"}));
  EXPECT_EQ(back(), "code database config binaries ");
  ASSERT_STATUS(0, shell("chmod +x src/playerbot.cpp"));
  ASSERT_STATUS(0, rollback({"undo", "--yes"}));
  EXPECT_EQ(git({"status", "--porcelain"}), "");
}

TEST_F(GitWays, AFolderThatBecameAFileAndAFileThatBecameAFolderGoBack) {
  begin();
  write("shape/inner.txt", "inner\n");
  write("thing", "thing\n");
  ASSERT_STATUS(0, shell("ln -s thing link && git add . && git commit -qm 'feat(shape): it'"));
  deploy_good();
  ASSERT_STATUS(0, shell("rm -r shape thing link && echo file > shape && mkdir thing link &&"
                         " echo t > thing/x && echo l > link/x && git add -A"));
  deploy_bad();
  roll_back_and_undo();
  ASSERT_STATUS(0, rollback({"--component", "playerbot", "--yes"}));
  EXPECT_EQ(read("shape/inner.txt"), "inner\n");
  EXPECT_EQ(read("link"), "thing\n");
}

constexpr const char* odd_names = R"sh(
for name in 'new
line' '"quoted"' '-dash' ' space ' ':(top)magic' '*' 'back\slash' \
    "$(printf 'caf\351')" "$(printf 'esc\033[31m')"
do printf '%s' "$TEXT" > "./$name"; done
git add -A)sh";

TEST_F(GitWays, NamesOfAnyBytesGoBack) {
  begin();
  ASSERT_STATUS(0, shell(odd_names, {{"TEXT", "one"}}));
  git({"commit", "-qm", "feat(names): odd"});
  deploy_good();
  ASSERT_STATUS(0, shell(odd_names, {{"TEXT", "two"}}));
  ASSERT_STATUS(0, shell("rm caf*; printf 3 > 'another\none'"));
  deploy_bad();
  roll_back_and_undo();
  ASSERT_STATUS(0, rollback({"--component", "playerbot", "--yes"}));
  EXPECT_EQ(shell("cat caf* ./new* './-dash' ' space ' './*' ':(top)magic' '\"quoted\"'").out,
            "oneoneoneoneoneoneone");
}

}  // namespace
}  // namespace rollback::testing

#include "code_fixture.h"

namespace rollback::testing {

void CodeFixture::begin_with_code() {
  git({"init", "-q", "-b", "main"});
  write(".git/info/exclude", "/var/\n");
  write("var/.here", "");
  sql("CREATE TABLE playerbot(id INTEGER PRIMARY KEY)");  // what world() looks at
  git({"config", "user.name", "Tester"});
  git({"config", "user.email", "tester@example.org"});
  write("src/a", "1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n");
  write("docs/a", "words\n");
  write(".rollback.yml", "version: 1\ncomponents:\n  app:\n    code: [src]\n");
  commit_all("base");
  ASSERT_STATUS(0, rollback({"init"}));
  ASSERT_STATUS(0, rollback({"trust", "--yes"}));
}

std::string CodeFixture::commit_all(const std::string& message) {
  git({"add", "-A"});
  git({"commit", "-q", "--allow-empty", "-m", message});
  return git({"rev-parse", "HEAD"});
}

std::string CodeFixture::line(int number, const std::string& text, const std::string& message) {
  EXPECT_STATUS(0, shell("sed -i '" + std::to_string(number) + "s/.*/" + text + "/' src/a"));
  return commit_all(message);
}

void CodeFixture::deploy() { ASSERT_STATUS(0, rollback({"deploy", "--", "true"})); }

std::string CodeFixture::lines() { return shell("paste -sd ' ' src/a").out; }

std::string CodeFixture::newest_branch() {
  return git({"for-each-ref", "--sort=-refname", "--count=1", "--format=%(refname:short)",
              "refs/heads/rollback/"});
}

}  // namespace rollback::testing

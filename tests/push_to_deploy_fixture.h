// A server and a developer: the bare repository app.git that deploys into app,
// and the clone in which the developer works (top()). Pushes go over file paths.
#pragma once

#include <functional>

#include "service_fixture.h"

namespace rollback::testing {

class PushToDeployFixture : public ServiceFixture {
 protected:
  // The server, initialised with a build command, and a developer with a first
  // commit that is not pushed. `format`: as `git init --object-format` takes it.
  void prepare(const std::string& format = "sha1");
  // The same, the first commit pushed and its commands trusted on the server.
  void begin_deployed(const std::string& format = "sha1");

  fs::path server() const { return scratch() / "app.git"; }
  fs::path deployed() const { return scratch() / "app"; }  // the server's work tree

  // The developer.
  void change(const std::string& version);  // commits it as src/app
  Finished push(const Variables& set = {});
  Finished push_in_own_group(const Variables& set);  // a fail point kills its group
  std::string head() { return git({"rev-parse", "HEAD"}); }

  // The server.
  Finished on_server(const std::string& words, const Variables& set = {});  // git rollback <words>
  nlohmann::json server_status();
  std::string server_git(const std::string& words);
  std::string at(const std::string& path);  // a file in deployed()
  void write_at(const std::string& path, const std::string& text);
  std::string branch();     // the commit that the server's branch is at
  std::string differing();  // git status of deployed(), "" : as the branch says
  size_t points_there();

  // Waits, ten seconds at most, until it holds.
  ::testing::AssertionResult soon(const std::function<bool()>& holds);
};

}  // namespace rollback::testing

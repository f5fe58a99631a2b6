#include "part/config/config_part.h"

#include <unistd.h>

#include <algorithm>
#include <boost/filesystem/operations.hpp>
#include <nlohmann/json.hpp>

#include "os/error.h"
#include "os/sha256.h"
#include "part/config/config_check.h"
#include "part/config/config_step.h"
#include "part/config/file_state.h"
#include "part/config/snapshot.h"
#include "store/names.h"

namespace rollback {
namespace fs = boost::filesystem;
namespace {

using nlohmann::json;

std::string describe(const FileState& now, const FileState& then) {
  if (then.absent) return now.path + ": was absent at the point, is set aside";
  if (now.absent) return now.path + ": comes back";
  if (now.sha256 != then.sha256) return now.path + ": contents go back";
  return now.path + ": mode and owner go back";
}

class ConfigPart : public Part {
 public:
  ConfigPart(std::string component, std::vector<std::string> files, fs::path base, Git git)
      : Part(std::move(component)),
        files_(std::move(files)),
        base_(std::move(base)),
        git_(std::move(git)) {}

  Kind kind() const override { return Kind::config; }

  bool present() override {
    return std::any_of(files_.begin(), files_.end(),
                       [&](const auto& file) { return !look_at(file, target(file)).absent; });
  }

  void capture(PointDraft& draft) override {
    std::vector<FileState> states;
    for (const auto& file : files_) {
      FileState state = store_file(git_, file, target(file));
      take_live_version(draft.point.commit, state);
      states.push_back(std::move(state));
    }
    add_snapshot(git_, draft, component(), states);
  }

  void forget(const std::string&) override {}  // git collects what no ref names

  Assessment assess(const Request& request) override {
    Assessment assessment;
    const auto snapshot = read_snapshot(git_, request.target, component());
    int changed = 0;
    for (const auto& file : files_) {
      const FileState now = look_at(file, target(file));
      const auto then = file_in(snapshot, file);
      if (!then) {
        assessment.details.push_back(file + ": not part of the point, stays as it is");
      } else if (!now.same(*then)) {
        ++changed;
        assessment.details.push_back(describe(now, *then));
      }
    }
    for (const auto& then : snapshot) {
      if (std::find(files_.begin(), files_.end(), then.path) == files_.end()) {
        assessment.details.push_back(then.path +
                                     ": no longer named in .rollback.yml, stays as it is");
      }
    }
    assessment.already = changed == 0;
    assessment.from = std::to_string(files_.size()) + (files_.size() == 1 ? " file" : " files");
    assessment.to = std::to_string(changed) + " changed";
    return assessment;
  }

  std::vector<Check> diagnose(Depth) override {
    std::vector<std::pair<std::string, fs::path>> files;
    for (const auto& file : files_) files.emplace_back(file, target(file));
    return check_config(files);
  }

  std::vector<Finding> verify(const Point& point) override {
    std::vector<Finding> findings;
    std::vector<FileState> snapshot;
    try {
      snapshot = read_snapshot(git_, point, component());
    } catch (const Error& error) {
      return {{error.what()}};
    }
    for (const auto& file : snapshot) {
      if (file.absent) continue;
      const Finished blob = git_.ask({"cat-file", "blob", file.blob});
      if (blob.status != 0) {
        findings.push_back({"'" + file.path + "' cannot be read from its snapshot: " +
                            blob.err.substr(0, blob.err.find('\n'))});
      } else if (const std::string found = sha256(blob.out); found != file.sha256) {
        findings.push_back({"'" + file.path + "' is not what its snapshot recorded: its hash is " +
                            found + ", not " + file.sha256});
      }
    }
    return findings;
  }

  std::string prepare(const Request& request) override {
    const auto snapshot = read_snapshot(git_, request.target, component());
    json files = json::array();
    for (const auto& file : files_) {
      const FileState before = store_file(git_, file, target(file));
      const FileState after = file_in(snapshot, file).value_or(before);
      files.push_back({{"before", before}, {"after", after}});
      if (before.same(after) || after.absent) continue;
      fs::create_directories(target(file).parent_path());
      ConfigStep(git_, target(file), request.operation, before, after).stage(after);
    }
    return json{{"operation", request.operation}, {"files", files}}.dump();
  }

  Steps steps(const std::string& prepared) override {
    const json data = json::parse(prepared);
    Steps steps;
    for (const auto& file : data.at("files")) {
      const auto before = file.at("before").get<FileState>();
      const auto after = file.at("after").get<FileState>();
      if (before.same(after)) continue;
      steps.swap.push_back(std::make_unique<ConfigStep>(
          git_, target(before.path), data.at("operation").get<std::string>(), before, after));
    }
    return steps;
  }

  void leave(const std::string& prepared, PointDraft& left) override {
    const json data = json::parse(prepared);
    std::vector<FileState> states;
    for (const auto& file : data.at("files")) states.push_back(file.at("before"));
    add_snapshot(git_, left, component(), states);
  }

  void settle(const std::string& prepared) override {
    discard(json::parse(prepared).at("operation"));  // what it displaced is in the snapshot
  }

  void discard(const std::string& operation) override {
    for (const auto& file : files_) {
      const fs::path beside = names::incoming_file(target(file), operation);
      if (fs::exists(fs::symlink_status(beside))) remove_file(beside);
    }
  }

 private:
  fs::path target(const std::string& file) const { return fs::absolute(file, base_); }

  // `git pull` often ran before pre-deploy. A file that stands (or is missing)
  // exactly as HEAD has it came by git, so what is live is the live commit's.
  void take_live_version(const std::string& live, FileState& state) const {
    if (state.path.starts_with('/')) return;
    const std::string at_head = blob_in("HEAD", state.path);
    const std::string at_live = blob_in(live, state.path);
    if (at_head == at_live || at_head != state.blob) return;
    if (at_live.empty()) {
      FileState none;
      none.path = state.path;
      state = none;
      return;
    }
    if (state.absent) state.mode = {.mode = 0644, .uid = geteuid(), .gid = getegid()};
    state.absent = false;
    state.blob = at_live;
    state.sha256 = sha256(git_.run({"cat-file", "blob", at_live}));
  }

  std::string blob_in(const std::string& commit, const std::string& path) const {
    const Finished found =
        git_.ask({"rev-parse", "--verify", "--quiet", "--end-of-options", commit + ":" + path});
    return found.status == 0 ? found.out.substr(0, found.out.find('\n')) : "";
  }

  std::vector<std::string> files_;
  fs::path base_;
  Git git_;
};

}  // namespace

std::unique_ptr<Part> make_config_part(std::string component, std::vector<std::string> files,
                                       const fs::path& base, Git git) {
  return std::make_unique<ConfigPart>(std::move(component), std::move(files), base, std::move(git));
}

}  // namespace rollback

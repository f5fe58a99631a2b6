#include "part/binaries/binaries_part.h"

#include <fcntl.h>
#include <linux/fs.h>
#include <stdio.h>
#include <unistd.h>

#include <boost/filesystem/operations.hpp>
#include <cerrno>
#include <cstring>
#include <map>
#include <nlohmann/json.hpp>

#include "os/error.h"
#include "os/file.h"
#include "os/sha256.h"
#include "part/binaries/binaries_check.h"
#include "part/binaries/manifest.h"
#include "store/names.h"
#include "store/trailers.h"

namespace rollback {
namespace fs = boost::filesystem;
namespace {

using nlohmann::json;

constexpr const char* trailer_key = "Rollback-Release";
constexpr size_t longest_revision = 256;  // a REVISION is a file of somebody else's

std::optional<std::string> text_of_link(const fs::path& link) {
  boost::system::error_code error;
  const fs::path text = fs::read_symlink(link, error);
  return error ? std::nullopt : std::optional(text.string());
}

std::string decoded(const std::string& text) { return percent_decode(text).value_or(text); }

bool is_release_name(const std::string& name) {
  return !name.empty() && name.front() != '.' && name.find('/') == std::string::npos;
}

struct Places {
  fs::path releases, current;

  Places(const BinariesSettings& settings, const fs::path& base)
      : releases(fs::absolute(settings.releases, base).lexically_normal()),
        current(fs::absolute(settings.current, base).lexically_normal()) {}

  fs::path release(const std::string& name) const { return releases / name; }

  std::optional<std::string> current_release() const {
    if (!text_of_link(current)) return std::nullopt;
    boost::system::error_code error;
    const fs::path resolved = fs::canonical(current, error);
    const fs::path root = error ? fs::path() : fs::canonical(releases, error);
    if (error || resolved.parent_path() != root) return std::nullopt;
    return resolved.filename().string();
  }
};

// Its hash, with the manifest put beside the releases.
std::string record_manifest(const Places& places, const std::string& release) {
  const std::string manifest = manifest_of(places.release(release));
  const fs::path file = names::manifest_file(places.releases, release);
  fs::create_directories(file.parent_path());
  if (read_file_if_there(file) != manifest) replace_file(file, manifest);
  return "sha256:" + sha256(manifest);
}

class LinkStep : public Step {
 public:
  LinkStep(fs::path link, std::string before, std::string after, const std::string& operation)
      : link_(std::move(link)),
        incoming_(names::incoming_file(link_, operation)),
        before_(std::move(before)),
        after_(std::move(after)) {}

  std::string name() const override { return "binaries link " + link_.string(); }

  Seen observe() override {
    const auto now = text_of_link(link_);
    if (now == after_) return {Observation::after};
    if (now == before_) return {Observation::before};
    return {Observation::foreign,
            "'" + link_.string() + "' now " + (now ? "leads to '" + *now + "'" : "is no link"),
            "ln -sfn '" + before_ + "' '" + link_.string() + "'"};
  }

  void apply() override { point_to(before_, after_); }
  void revert() override { point_to(after_, before_); }

 private:
  // What was displaced waits beside it until the operation is over. Somebody
  // else's link, made since observe() looked, goes back to its place.
  void point_to(const std::string& from, const std::string& to) {
    unlink(incoming_.c_str());
    if (symlink(to.c_str(), incoming_.c_str()) != 0) fail();
    if (!exchange_with_incoming()) return;
    if (text_of_link(incoming_) != from) {
      exchange_with_incoming();
      throw Refused("'" + link_.string() + "' was changed by somebody else just now");
    }
    sync_directory(link_.parent_path());
  }

  // False where the file system knows no exchange, so that it was replaced.
  bool exchange_with_incoming() {
    if (renameat2(AT_FDCWD, incoming_.c_str(), AT_FDCWD, link_.c_str(), RENAME_EXCHANGE) == 0) {
      return true;
    }
    if (errno != EINVAL && errno != ENOSYS) fail();
    if (rename(incoming_.c_str(), link_.c_str()) != 0) fail();
    sync_directory(link_.parent_path());
    return false;
  }

  [[noreturn]] void fail() const {
    throw Fatal("cannot replace the link '" + link_.string() + "': " + strerror(errno));
  }

  fs::path link_, incoming_;
  std::string before_, after_;
};

class BinariesPart : public Part {
 public:
  BinariesPart(std::string component, const BinariesSettings& settings, const fs::path& base)
      : Part(std::move(component)), places_(settings, base) {}

  Kind kind() const override { return Kind::binaries; }
  bool present() override { return places_.current_release().has_value(); }

  void capture(PointDraft& draft) override {
    const std::string name = required_current();
    draft.point.trailers.push_back({trailer_key, {component(), name, record_hash(name)}});
  }

  void forget(const std::string&) override {}  // a manifest beside its release is no waste

  Assessment assess(const Request& request) override {
    Assessment assessment;
    const Wanted wanted = wanted_by(request.target);
    const auto current = places_.current_release();
    assessment.from = current.value_or("nothing");
    assessment.to = wanted.release;
    if (!is_release_name(wanted.release)) {
      assessment.obstacle = Obstacle{"the point names no valid release", {}};
    } else if (!current) {
      assessment.obstacle = Obstacle{
          "'" + places_.current.string() + "' is no link into '" + places_.releases.string() + "'",
          {"ln -s '" + places_.release(wanted.release).string() + "' '" + places_.current.string() +
           "'"}};
    } else if (!fs::is_directory(fs::symlink_status(places_.release(wanted.release)))) {
      assessment.obstacle = Obstacle{
          "release '" + wanted.release + "' is no longer in '" + places_.releases.string() + "'",
          {"git rollback list"}};
    } else {
      assessment.obstacle = meddled_with(wanted);
      assessment.already = !assessment.obstacle && *current == wanted.release;
    }
    return assessment;
  }

  std::vector<Check> diagnose(Depth depth) override {
    return check_releases(places_.releases, places_.current, places_.current_release(), depth);
  }

  std::vector<Finding> verify(const Point& point) override {
    const Wanted wanted = wanted_by(point);
    if (!is_release_name(wanted.release)) return {{"the point names no valid release"}};
    const std::string release = "release '" + wanted.release + "'";
    if (!fs::is_directory(fs::symlink_status(places_.release(wanted.release)))) {
      return {{release + " is no longer in '" + places_.releases.string() + "'"}};
    }
    const std::string& now = manifest_once(wanted.release);
    std::vector<Finding> findings;
    if (wanted.hash != "sha256:" + sha256(now)) findings = what_changed(wanted, now);
    return findings;
  }

  std::string prepare(const Request& request) override {
    const Wanted wanted = wanted_by(request.target);
    if (const auto obstacle = meddled_with(wanted))
      throw Refused(obstacle->reason, obstacle->hints);
    const std::string current = required_current();
    const std::string before = *text_of_link(places_.current);
    return json{{"operation", request.operation},
                {"before", percent_encode(before)},  // JSON is UTF-8, a name need not be
                {"after", percent_encode(link_text(before, wanted.release))},
                {"release", percent_encode(current)},
                {"hash", record_hash(current)}}
        .dump();
  }

  Steps steps(const std::string& prepared) override {
    const json data = json::parse(prepared);
    Steps steps;
    steps.swap.push_back(std::make_unique<LinkStep>(places_.current, decoded(data.at("before")),
                                                    decoded(data.at("after")),
                                                    data.at("operation")));
    return steps;
  }

  void leave(const std::string& prepared, PointDraft& left) override {
    const json data = json::parse(prepared);
    left.point.trailers.push_back(
        {trailer_key, {component(), decoded(data.at("release")), data.at("hash")}});
  }

  void settle(const std::string& prepared) override {
    discard(json::parse(prepared).at("operation"));
  }

  void discard(const std::string& operation) override {
    remove_file(names::incoming_file(places_.current, operation));
  }

 private:
  struct Wanted {
    std::string release, hash;
  };

  Wanted wanted_by(const Point& point) const {
    for (const auto& trailer : point.trailers) {
      if (trailer.key == trailer_key && trailer.fields.size() == 3 &&
          trailer.fields[0] == component()) {
        return {trailer.fields[1], trailer.fields[2]};
      }
    }
    return {};
  }

  // Several points can name one release.
  const std::string& manifest_once(const std::string& release) {
    const auto found = manifests_.find(release);
    if (found != manifests_.end()) return found->second;
    return manifests_[release] = manifest_of(places_.release(release));
  }

  std::vector<Finding> what_changed(const Wanted& wanted, const std::string& now) const {
    const std::string release = "release '" + wanted.release + "'";
    const auto kept = read_file_if_there(names::manifest_file(places_.releases, wanted.release));
    if (!kept || "sha256:" + sha256(*kept) != wanted.hash) {
      return {{release + " is not what the point recorded: its hash is sha256:" + sha256(now) +
               ", not " + wanted.hash +
               (kept ? ", and its manifest is another, too" : ", and its manifest is gone")}};
    }
    std::vector<Finding> findings;
    for (const auto& difference : manifest_differences(*kept, now)) {
      findings.push_back({release + ": " + difference});
    }
    return findings;
  }

  std::optional<Obstacle> meddled_with(const Wanted& wanted) const {
    const std::string found = "sha256:" + sha256(manifest_of(places_.release(wanted.release)));
    if (found == wanted.hash) return std::nullopt;
    return Obstacle{"release '" + wanted.release +
                        "' is not what the point recorded: its hash is " + found + ", not " +
                        wanted.hash,
                    {"see what changed: compare it with '" +
                     names::manifest_file(places_.releases, wanted.release).string() + "'"}};
  }

  // As the link was written, with another release at its end, where that leads
  // to it; else the whole path.
  std::string link_text(std::string before, const std::string& release) const {
    while (before.ends_with('/')) before.pop_back();
    const fs::path folder = fs::path(before).parent_path();
    boost::system::error_code error;
    const fs::path from = fs::canonical(places_.current.parent_path() / folder, error);
    if (!error && from == fs::canonical(places_.releases, error)) {
      return (folder / release).string();
    }
    return places_.release(release).string();
  }

  std::string required_current() const {
    if (auto name = places_.current_release()) return *std::move(name);
    throw Fatal("'" + places_.current.string() + "' is no link to a release in '" +
                places_.releases.string() + "'");
  }

  std::string record_hash(const std::string& release) const {
    return record_manifest(places_, release);
  }

  Places places_;
  std::map<std::string, std::string> manifests_;  // for verify(), by release
};

}  // namespace

std::unique_ptr<Part> make_binaries_part(std::string component, const BinariesSettings& settings,
                                         const fs::path& base) {
  return std::make_unique<BinariesPart>(std::move(component), settings, base);
}

void require_release(const BinariesSettings& settings, const fs::path& base,
                     const std::string& release) {
  const Places places(settings, base);
  boost::system::error_code ignored;
  if (!is_release_name(release) ||
      !fs::is_directory(fs::symlink_status(places.release(release), ignored))) {
    throw Fatal("there is no release '" + release + "' in '" + places.releases.string() + "'",
                {"ls '" + places.releases.string() + "'"});
  }
}

void capture_release(PointDraft& draft, const std::string& component,
                     const BinariesSettings& settings, const fs::path& base,
                     const std::string& release) {
  require_release(settings, base, release);
  const Places places(settings, base);
  const fs::path file = names::manifest_file(places.releases, release);
  const auto recorded = read_file_if_there(file);
  if (recorded && *recorded != manifest_of(places.release(release))) {
    throw Refused("release '" + release + "' is not what it was when it was recorded",
                  {"see what changed: compare it with '" + file.string() + "'"});
  }
  draft.point.trailers.push_back(
      {trailer_key, {component, release, record_manifest(places, release)}});
}

std::optional<std::string> current_release(const BinariesSettings& settings, const fs::path& base) {
  return Places(settings, base).current_release();
}

std::optional<std::string> revision_of_release(const BinariesSettings& settings,
                                               const fs::path& base) {
  const Places places(settings, base);
  const auto release = places.current_release();
  if (!release) return std::nullopt;
  return revision_of_release(settings, base, *release);
}

std::optional<std::string> revision_of_release(const BinariesSettings& settings,
                                               const fs::path& base, const std::string& release) {
  const fs::path file = Places(settings, base).release(release) / "REVISION";
  boost::system::error_code ignored;
  if (!fs::is_regular_file(file, ignored)) return std::nullopt;
  const std::string text = read_file(file);
  std::string line = text.substr(0, std::min(text.find('\n'), longest_revision));
  while (!line.empty() && (line.back() == '\r' || line.back() == ' ')) line.pop_back();
  return line;
}

}  // namespace rollback

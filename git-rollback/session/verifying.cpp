#include "session/verifying.h"

#include <algorithm>
#include <boost/filesystem/operations.hpp>

#include "os/error.h"
#include "os/lock.h"
#include "session/needed_points.h"
#include "session/parts.h"
#include "session/standing.h"
#include "session/target.h"
#include "store/names.h"

namespace rollback {
namespace fs = boost::filesystem;
namespace {

std::string id_at(const Git& git, const std::string& ref) {
  const Finished answer = git.ask({"rev-parse", "--verify", "--quiet", "--end-of-options", ref});
  return answer.status == 0 ? answer.out.substr(0, answer.out.find('\n')) : "";
}

class Verifier {
 public:
  Verifier(const Session& session, const Standing& standing)
      : session_(session), pruned_(pruned_in(standing)) {
    if (session.configuration) {
      parts_ = make_parts(session, *session.configuration, everything(*session.configuration));
    }
  }

  Verification verify(const std::string& id) {
    found_ = {.point = id, .findings = {}};
    if (const auto point = read(id)) {
      compare_tag(*point);
      for (const auto& [component, kinds] : point->parts) verify_parts(*point, component, kinds);
    }
    return std::move(found_);
  }

 private:
  void add(const std::string& what, bool wrong = true) { found_.findings.push_back({what, wrong}); }

  const Git& git() const { return session_.repository.git; }
  const std::string& environment() const { return session_.repository.environment; }

  // The tag object: there, whole, and a point of this name.
  std::optional<Point> read(const std::string& id) {
    const std::string tag = id_at(git(), names::point_ref(environment(), id));
    const Finished body = git().ask({"cat-file", "tag", tag});
    if (body.status != 0) {
      add("the tag object " + tag + " cannot be read: " + body.err.substr(0, body.err.find('\n')));
      return std::nullopt;
    }
    const std::string again =
        git().line({"hash-object", "-t", "tag", "--literally", "--stdin"}, {.input = body.out});
    if (again != tag) {
      add("the tag object " + tag + " is damaged: its hash is " + again);
      return std::nullopt;
    }
    try {
      return read_point(session_.repository, environment(), id);
    } catch (const Error& error) {
      add(error.what());
      return std::nullopt;
    }
  }

  void compare_tag(const Point& point) {
    if (!session_.repository.settings.flag("rollback.tags", true)) return;
    const std::string shown = id_at(git(), names::tag_ref(environment(), point.id));
    const std::string name = "the tag 'rollback/" + environment() + "/" + point.id + "'";
    if (shown.empty()) {
      add(name + " is not there; the point itself does not need it", false);
    } else if (shown != point.tag_id) {
      add(name + " is at " + shown + ", not at the point's own object " + point.tag_id);
    }
  }

  void verify_parts(const Point& point, const std::string& component, const std::set<Kind>& kinds) {
    if (!session_.configuration) {
      add(component + ": not looked at, since there is no good .rollback.yml", false);
      return;
    }
    const auto* configured = session_.configuration->find(component);
    for (const Kind kind : kinds) {
      const std::string name = part_name(component, kind) + ": ";
      if (configured == nullptr || kinds_of(*configured).count(kind) == 0) {
        add(name + "not looked at, since .rollback.yml has it no more", false);
      } else if (kind != Kind::code && point.host != host_name()) {
        add(name + "not looked at, since its store is on host '" + point.host + "'", false);
      } else if (kind == Kind::database && pruned_.backups.count(point.id) != 0) {
        add(name + "its backups were pruned on " + to_rfc3339_seconds(pruned_.backups.at(point.id)),
            false);
      } else if (const auto when = release_pruned(point, *configured, kind)) {
        add(name + "its release was pruned on " + to_rfc3339_seconds(*when), false);
      } else {
        verify_part(point, name, component, kind);
      }
    }
  }

  // When the release that the point names was pruned, and is gone.
  std::optional<Time> release_pruned(const Point& point, const ComponentConfiguration& component,
                                     Kind kind) const {
    if (kind != Kind::binaries) return std::nullopt;
    for (const auto& trailer : point.trailers) {
      if (trailer.key != "Rollback-Release" || trailer.fields.size() < 2 ||
          trailer.fields[0] != component.name) {
        continue;
      }
      const auto when = pruned_.releases.find({component.name, trailer.fields[1]});
      const fs::path folder = fs::absolute(component.binaries->releases, session_.base());
      if (when == pruned_.releases.end() || fs::exists(folder / trailer.fields[1])) continue;
      return when->second;
    }
    return std::nullopt;
  }

  void verify_part(const Point& point, const std::string& name, const std::string& component,
                   Kind kind) {
    for (const auto& part : parts_) {
      const auto components = split(part->component(), ',');
      if (part->kind() != kind ||
          std::find(components.begin(), components.end(), component) == components.end()) {
        continue;
      }
      try {
        for (Finding finding : part->verify(point)) {
          finding.what = name + finding.what;
          found_.findings.push_back(std::move(finding));
        }
      } catch (const Error& error) {
        add(name + error.what());
      }
    }
  }

  const Session& session_;
  Pruned pruned_;
  std::vector<std::unique_ptr<Part>> parts_;
  Verification found_;
};

// Newest first by name: an index leaves out those whose tag cannot be read.
std::vector<std::string> all_points(const Session& session) {
  std::vector<std::string> points;
  const std::string prefix = names::point_ref(session.repository.environment, "");
  const std::string list = session.repository.git.run(
      {"for-each-ref", "--sort=-refname", "--format=%(refname)", prefix});
  for (const auto ref : split(list, '\n')) {
    const auto parsed = names::parse_point_ref(ref);
    if (parsed && parsed->environment == session.repository.environment) {
      points.push_back(parsed->id);
    }
  }
  return points;
}

// An id is taken by its ref, so that a damaged point can be named.
std::string named_point(const Session& session, const Standing& standing, const std::string& word) {
  const auto points = all_points(session);
  if (std::find(points.begin(), points.end(), word) != points.end()) return word;
  const auto point = find_point(session, standing, word);
  if (!point) throw Usage("'" + word + "' names no point", {"git rollback list"});
  return point->id;
}

std::vector<std::string> chosen_points(const Session& session, const Standing& standing,
                                       const WhatToVerify& what) {
  if (what.all) return all_points(session);
  std::vector<std::string> chosen;
  const auto choose = [&](const std::string& id) {
    const bool there = std::find(chosen.begin(), chosen.end(), id) != chosen.end();
    if (!id.empty() && !there) chosen.push_back(id);
  };
  for (const auto& word : what.words) choose(named_point(session, standing, word));
  if (what.words.empty()) {
    const int min_score = session.configuration ? session.configuration->min_score : 80;
    const NeededPoints needed = needed_points(standing, min_score);
    choose(needed.parent);
    choose(needed.last_stable);
  }
  return chosen;
}

}  // namespace

bool Verification::good() const { return !damaged() && !out_of_reach(); }

bool Verification::damaged() const {
  return std::any_of(findings.begin(), findings.end(),
                     [](const Finding& finding) { return finding.wrong; });
}

bool Verification::out_of_reach() const {
  return std::any_of(findings.begin(), findings.end(),
                     [](const Finding& finding) { return finding.out_of_reach; });
}

std::vector<Verification> verify_points(const Session& session, const WhatToVerify& what) {
  const Standing standing = look_around(session);
  Verifier verifier(session, standing);
  std::vector<Verification> verified;
  for (const auto& id : chosen_points(session, standing, what)) {
    verified.push_back(verifier.verify(id));
  }
  return verified;
}

size_t rebuild_index(const Session& session) {
  const fs::path file = names::index_file(session.repository.common_dir);
  for (const char* suffix : {"", "-journal", "-wal", "-shm"}) {
    boost::system::error_code error;
    fs::remove_all(file.string() + suffix, error);
    if (error) throw Fatal("cannot remove '" + file.string() + suffix + "': " + error.message());
  }
  return Index(session.repository).points(session.repository.environment).size();
}

}  // namespace rollback

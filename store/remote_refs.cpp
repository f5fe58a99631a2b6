#include "store/remote_refs.h"

#include <boost/filesystem/operations.hpp>
#include <chrono>
#include <set>
#include <thread>

#include "os/error.h"
#include "store/names.h"
#include "store/publication.h"

namespace rollback {
namespace fs = boost::filesystem;
namespace {

constexpr int fetch_attempts = 6;

bool is_of_the_record(std::string_view ref) {
  return ref == names::events_ref || names::parse_point_ref(ref) || names::parse_live_ref(ref) ||
         (ref.starts_with(names::tag_refs) && names::parse_tag_ref(ref));
}

// "<id><separator><ref>" a line
RefIds parse_list(std::string_view text, char separator) {
  RefIds ids;
  for (const auto line : split(text, '\n')) {
    const size_t at = line.find(separator);
    if (at == std::string_view::npos) continue;
    const std::string_view ref = line.substr(at + 1);
    if (is_of_the_record(ref)) ids.emplace(ref, line.substr(0, at));
  }
  return ids;
}

std::set<std::string> environments_of(const RefIds& refs) {
  std::set<std::string> environments;
  for (const auto& [ref, id] : refs) {
    if (const auto point = names::parse_point_ref(ref)) environments.insert(point->environment);
  }
  return environments;
}

bool was_locked_out(const std::string& err) {
  return err.find("cannot lock ref") != std::string::npos ||
         err.find("unable to update local ref") != std::string::npos ||
         err.find(".lock': File exists") != std::string::npos;
}

// The remote has none of them any more.
void forget_events(const Git& git, const Remote& remote) {
  const std::string ref = names::tracked_events_ref(remote.key);
  const Finished tracked = git.ask({"rev-parse", "--verify", "--quiet", ref});
  if (tracked.status != 0) return;
  const std::string id = tracked.out.substr(0, tracked.out.find('\n'));
  try {
    move_refs(git, {{ref, id, ""}}, "rollback: sync");
  } catch (const Error&) {
    // A plain fetch was first: it knows better what the remote has.
  }
}

}  // namespace

RefIds list_local(const Git& git) {
  return parse_list(
      git.run({"for-each-ref", "--format=%(objectname) %(refname)", std::string(names::record_refs),
               std::string(names::tag_refs), std::string(names::events_ref)}),
      ' ');
}

RefIds list_remote(const Git& git, const Remote& remote) {
  const Finished listed =
      git.ask({"ls-remote", "--quiet", "--refs", "--", remote.address,
               std::string(names::record_refs) + "*", std::string(names::tag_refs) + "*",
               std::string(names::events_ref)},
              talking());
  if (listed.status != 0) {
    throw Fatal("cannot read from '" + remote.shown + "': " + transport_problem(listed.err),
                {"git ls-remote " + remote.shown});
  }
  return parse_list(listed.out, '\t');
}

RefIds list_tracked(const Git& git, const Remote& remote) {
  const std::string list =
      git.run({"for-each-ref", "--format=%(objectname) %(refname)", names::tracked_refs(remote.key),
               names::tracked_events_ref(remote.key)});
  RefIds ids;
  for (const auto line : split(list, '\n')) {
    const size_t space = line.find(' ');
    if (auto ref = names::parse_tracked_ref(remote.key, line.substr(space + 1))) {
      ids.emplace(*std::move(ref), line.substr(0, space));
    }
  }
  return ids;
}

void fetch_record(const Git& git, const Remote& remote, const RefIds& listed) {
  // No maintenance: it goes on in the background, where a user has not asked for it.
  std::vector<std::string> arguments{"fetch",
                                     "--quiet",
                                     "--prune",
                                     "--no-tags",
                                     "--no-write-fetch-head",
                                     "--no-recurse-submodules",
                                     "--no-auto-maintenance",
                                     "--refmap=",
                                     "--",
                                     remote.address,
                                     names::fetch_live_refspec(remote.key)};
  std::set<std::string> environments = environments_of(listed);
  environments.merge(environments_of(list_tracked(git, remote)));  // those that are gone
  for (const auto& environment : environments) {
    arguments.push_back(names::fetch_points_refspec(remote.key, environment));
  }
  if (listed.contains(std::string(names::events_ref))) {  // no other notes: they are not ours
    arguments.push_back("+" + std::string(names::events_ref) + ":" +
                        names::tracked_events_ref(remote.key));
  } else {
    forget_events(git, remote);
  }
  GitExtra extra = talking();
  extra.config = {"core.fsync=committed,-reference"};  // tracking refs can be fetched again
  for (int attempt = 1;; ++attempt) {
    const Finished fetched = git.ask(arguments, extra);
    if (fetched.status == 0) return;
    if (attempt == fetch_attempts || !was_locked_out(fetched.err)) {
      throw Fatal("cannot fetch from '" + remote.shown + "': " + transport_problem(fetched.err));
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(40 * attempt));  // a plain git fetch?
  }
}

void follow(const Git& git, const Remote& remote, const RefIds& taken) {
  const RefIds tracked = list_tracked(git, remote);
  std::vector<RefChange> changes;
  for (const auto& [ref, id] : taken) {
    if (ref.starts_with(names::tag_refs)) continue;
    const auto old = tracked.find(ref);
    const std::string old_id = old == tracked.end() ? "" : old->second;
    if (old_id != id) changes.push_back({names::tracking_ref(remote.key, ref), old_id, id});
  }
  try {
    if (!changes.empty()) move_refs(git, changes, "rollback: sync");
  } catch (const Error&) {
    // A plain fetch was first, and they are only a cache.
  }
}

void clear_locks_of_tracking(const Git& git) {
  std::vector<fs::path> locks{
      git.line({"rev-parse", "--path-format=absolute", "--git-path", "packed-refs.lock"})};
  for (const auto top : {names::all_tracked_refs, names::all_tracked_notes}) {
    const fs::path folder =
        git.line({"rev-parse", "--path-format=absolute", "--git-path", std::string(top)});
    boost::system::error_code none;
    for (fs::recursive_directory_iterator entry(folder, none), end; entry != end;
         entry.increment(none)) {
      if (entry->path().extension() == ".lock") locks.push_back(entry->path());
    }
  }
  remove_stale_locks(locks);
}

}  // namespace rollback

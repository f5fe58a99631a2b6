#include "part/database/mysql/server/claim.h"

#include <algorithm>
#include <map>

#include "os/error.h"
#include "os/lock.h"
#include "os/notice.h"
#include "os/sha256.h"
#include "part/database/mysql/catalogue/definition.h"
#include "part/database/mysql/catalogue/registry.h"
#include "part/database/mysql/server/primary.h"
#include "part/database/mysql/swap/in_place_step.h"
#include "part/database/mysql/swap/settle.h"
#include "part/database/mysql/swap/standing.h"
#include "part/database/mysql/swap/swap.h"

namespace rollback::mysql {
namespace {

constexpr size_t longest_lock_name = 64;
constexpr int seconds_for_one_that_ends = 2;  // as after a kill

struct Unsettled {
  std::string operation, component, state, host;
};

// A process that was killed can have renamed the tables, and not said so.
bool is_live(Session& session, const Unsettled& one) {
  if (one.state != "prepared") return one.state == "swapped";
  const auto operation = Registry(session, one.component).operation(one.operation);
  if (!operation) return false;
  const Plan plan = plan_from(operation->plan);
  return plan.swaps() && is_renamed(session, plan);
}

std::vector<Unsettled> unsettled(Session& session) {
  std::vector<Unsettled> found;
  if (!table_exists(session, "git_rollback_operations")) return found;
  const auto rows = session.rows(
      "SELECT operation, component, state, host FROM git_rollback_operations"
      " WHERE state <> 'settled' ORDER BY operation, component");
  for (const Row& row : rows) {
    found.push_back(
        {row[0].value_or(""), row[1].value_or(""), row[2].value_or(""), row[3].value_or("")});
  }
  return found;
}

// What the server lets us see of it.
std::string described(Session& session, std::int64_t holder) {
  const std::string number = "session " + std::to_string(holder);
  const auto rows = session.rows(
      "SELECT user, host FROM information_schema.processlist WHERE id = " + std::to_string(holder));
  if (rows.empty()) return number;
  return number + " of '" + rows[0][0].value_or("") + "' on '" + rows[0][1].value_or("") + "'";
}

bool is_named(const std::string& take_over, const std::string& operation) {
  const auto named = split(take_over, ',');
  return std::find(named.begin(), named.end(), operation) != named.end();
}

// Its host's journal may know it, and go on with it.
void require_take_over(const Place& place, const Unsettled& one, bool live,
                       const std::string& take_over) {
  if (is_named(take_over, one.operation)) return;
  const std::string there = " on host '" + one.host + "'";
  throw Refused(
      "operation '" + one.operation + "' of host '" + one.host + "' is " +
          (live ? "live" : "prepared") + " in database '" + place.schema + "' and is not ended",
      {live ? "git rollback --continue" + there : "git rollback --continue or --abort" + there,
       "or, where that host is gone: git -c rollback.takeOver=" + one.operation + " rollback …"});
}

void discard_of_another(const Place& place, const Unsettled& one) {
  Place theirs = place;
  theirs.component = one.component;
  discard(theirs, one.operation);
  if (one.host == place.here) {
    return give_notice({"discarded what operation '" + one.operation +
                            "', which was given up here, had prepared in database '" +
                            place.schema + "'",
                        {}});
  }
  give_notice({"discarded what operation '" + one.operation + "' of host '" + one.host +
                   "' had prepared in database '" + place.schema + "' and did not swap",
               {"git rollback --abort on host '" + one.host + "', where it is not ended yet"}});
}

// Where it was stopped before the last table was altered: nothing is lost by going back,
// and once its logs are gone, nobody may go on.
bool took_back(const Place& theirs, const Plan& plan) {
  const auto alterations = make_alterations(theirs, plan);
  const auto stands_before = [](const auto& step) {
    return step->observe().what == Observation::before;
  };
  if (std::none_of(alterations.begin(), alterations.end(), stands_before)) return false;
  for (size_t i = alterations.size(); i-- > 0;) alterations[i]->revert();
  make_swap(theirs, plan)->revert();
  return true;
}

void end_of_another(const Place& place, const Unsettled& one) {
  Place theirs = place;
  theirs.component = one.component;
  Session session = open(theirs);
  const auto operation = Registry(session, theirs.component).operation(one.operation);
  if (!operation) return;
  const Plan plan = plan_from(operation->plan);
  if (took_back(theirs, plan)) {
    discard(theirs, one.operation);
    if (one.host == place.here) {
      return give_notice({"took operation '" + one.operation +
                              "', which was given up, back in database '" + place.schema +
                              "': it had not altered all of its tables",
                          {}});
    }
    return give_notice(
        {"took operation '" + one.operation + "' of host '" + one.host + "' back in database '" +
             place.schema + "': it had not altered all of its tables",
         {"git rollback --abort on host '" + one.host + "', where it is not ended yet"}});
  }
  if (operation->state == State::prepared) make_swap(theirs, plan)->apply();  // to its end
  // So that what it displaced is known; no point of a repository describes it.
  if (operation->left_point.empty()) leave(theirs, plan, one.operation);
  settle(theirs, one.operation);
  const bool ours = one.host == place.here;
  give_notice({(ours ? "ended operation '" + one.operation + "', which was given up,"
                     : "took over operation '" + one.operation + "' of host '" + one.host + "'") +
                   " in database '" + place.schema + "': what it made live stays",
               {}});
}

// One of this host that was given up holds nobody up.
void end_if_possible(const Place& place, const Unsettled& one, bool live) {
  try {
    if (live) return end_of_another(place, one);
    discard_of_another(place, one);
  } catch (const std::exception& error) {
    if (one.host != place.here) throw;
    Place theirs = place;
    theirs.component = one.component;
    abandon(theirs, one.operation);
    give_notice({"operation '" + one.operation +
                     "', which was given up, cannot come to its end in database '" + place.schema +
                     "', whose tables stay as they are: " + error.what(),
                 {"git rollback salvage"}});
  }
}

}  // namespace

std::string claim_name(const std::string& schema) {
  const std::string name = "git_rollback/" + schema;
  if (name.size() <= longest_lock_name) return name;
  return "git_rollback/" + sha256(schema).substr(0, 40);
}

Claim::Claim(const Place& place)
    : place_(place), session_(open(place)), lock_(claim_name(place.schema)) {
  require_primary(session_);
  take();
}

void Claim::take() {
  const std::string query =
      "SELECT get_lock(" + literal(lock_) + ", " + std::to_string(seconds_for_one_that_ends) + ")";
  if (session_.number(query) == 1) {
    ++times_taken_;
    return;
  }
  refuse(session_.number("SELECT is_used_lock(" + literal(lock_) + ")"));
}

bool Claim::is_ours() {
  try {
    return session_.number("SELECT is_used_lock(" + literal(lock_) + ") = connection_id()") == 1;
  } catch (const ServerError&) {  // whatever is wrong with it
    return false;
  }
}

void Claim::require() {
  if (is_ours()) return;
  const std::int64_t lost = session_.id();
  session_ = open(place_);
  require_primary(session_);
  // The server may not know yet that the other end is gone.
  if (session_.number("SELECT is_used_lock(" + literal(lock_) + ")") == lost) {
    try {
      session_.run("KILL " + std::to_string(lost));
    } catch (const ServerError&) {  // it has ended by itself
    }
  }
  take();
}

void Claim::refuse(std::int64_t holder) {
  std::string what = "somebody else is at work on database '" + place_.schema +
                     "': " + described(session_, holder);
  for (const Unsettled& one : unsettled(session_)) {
    what += ", operation '" + one.operation + "' of host '" + one.host + "'";
  }
  throw Refused(what, {"wait until that has ended, then run this command again",
                       "where that host is gone, end it by KILL " + std::to_string(holder)});
}

std::shared_ptr<Claim> claim(const Place& place) {
  static std::map<std::string, std::weak_ptr<Claim>> held;
  Session session = open(place);
  const std::string key =
      session.text("SELECT concat(@@hostname, '\n', @@datadir, '\n')") + claim_name(place.schema);
  if (auto ours = held[key].lock()) {
    ours->require();
    return ours;
  }
  auto fresh = std::make_shared<Claim>(place);
  held[key] = fresh;
  return fresh;
}

void require_claim(std::shared_ptr<Claim>& ours, const Place& place) {
  if (ours) return ours->require();
  ours = claim(place);
}

void clear_way(const Place& place, const std::string& take_over) {
  Session session = open(place);
  for (const Unsettled& one : unsettled(session)) {
    // Its own journal knows it, and names those that were given up.
    if (one.host == place.here && !is_named(take_over, one.operation)) continue;
    const bool live = is_live(session, one);
    // One that was stopped while it prepared can only be discarded.
    if (one.state != "preparing") require_take_over(place, one, live, take_over);
    end_if_possible(place, one, live);
  }
}

std::string why_not_owner(const Place& place) {
  const std::string& owner = place.settings.owner;
  if (owner.empty() || owner == host_name()) return {};
  return "database '" + place.schema + "' is left to host '" + owner +
         "', its owner, and this is '" + host_name() + "'";
}

}  // namespace rollback::mysql

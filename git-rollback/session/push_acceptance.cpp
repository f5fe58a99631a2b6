#include "session/push_acceptance.h"

#include <unistd.h>

#include <algorithm>

#include "os/error.h"
#include "os/fail_point.h"
#include "os/process_identity.h"
#include "session/deployed_tree.h"
#include "session/deploying.h"
#include "session/push_to_deploy.h"
#include "session/standing.h"
#include "store/names.h"

namespace rollback {
namespace {

constexpr size_t names_shown = 10;

std::string shortened(const std::string& id) { return id.substr(0, 10); }

std::string listed(const std::vector<std::string>& paths) {
  std::string text;
  for (size_t i = 0; i < paths.size() && i < names_shown; ++i) {
    text += (text.empty() ? "'" : ", '") + paths[i] + "'";
  }
  if (paths.size() > names_shown) {
    text += " and " + std::to_string(paths.size() - names_shown) + " more";
  }
  return text;
}

// A `push --mirror` from a clone that has no record would take it away.
void guard_the_record(const Git& git, const RefUpdate& update) {
  if (!names::is_of_record(update.ref) || is_no_id(update.old_id)) return;
  const bool may_grow = !names::parse_point_ref(update.ref) && !names::parse_tag_ref(update.ref);
  if (may_grow && !is_no_id(update.new_id) &&
      git.ask({"merge-base", "--is-ancestor", update.old_id, update.new_id}).status == 0) {
    return;
  }
  throw Refused("'" + update.ref + "' belongs to the record, of which a push takes nothing away");
}

// A configuration that cannot be read is found before anything is deployed.
void require_good_configuration(const Session& session, const RefUpdate& update, const Tell& tell) {
  const std::string name(names::configuration_file);
  const Git& git = session.repository.git;
  const Finished blob = git.ask({"cat-file", "blob", update.new_id + ":" + name});
  if (blob.status != 0) {
    if (!session.configuration) return;
    throw Refused("commit " + shortened(update.new_id) + " has no " + name +
                  ", without which nothing could be rolled back any more");
  }
  const Configuration coming =
      parse_configuration(blob.out, name + " of " + shortened(update.new_id));
  const bool same = session.configuration && session.configuration->text == coming.text;
  if (!same && !coming.commands().empty()) {
    tell("this push " + std::string(session.configuration ? "changes " : "brings ") + name +
         ": its commands will run once they are trusted on the server");
  }
}

// Of pushes before this one. Refused where one is being deployed right now.
Checkout checkout_for(Journal& journal, const RefUpdate& update, const Tell& tell) {
  Checkout checkout{.commit = update.new_id,
                    .known = {is_no_id(update.old_id) ? "" : update.old_id},
                    .cut_short = {}};
  for (const auto& push : journal.pushes()) {
    if (is_running(push.process)) {
      throw Refused(
          "another push, of commit " + shortened(push.new_commit) + ", is being deployed right now",
          {"push again when it has ended"});
    }
    checkout.known.push_back(push.old_commit);
    checkout.cut_short.push_back(push.new_commit);
    tell("the deploy of " + shortened(push.new_commit) +
         " before this one was cut short; this push goes on from what it left");
  }
  return checkout;
}

// git itself refuses that where receive.denyNonFastForwards says so.
void tell_what_is_left_out(const Git& git, const RefUpdate& update, const Tell& tell) {
  if (is_no_id(update.old_id)) return;
  const std::string count =
      git.line({"rev-list", "--count", update.new_id + ".." + update.old_id, "--"});
  if (count != "0") {
    tell("this push leaves out " + count + (count == "1" ? " commit" : " commits") +
         " that the branch has here, the newest being " + shortened(update.old_id));
  }
}

void look_for_local_changes(const Repository& repository, const Checkout& checkout,
                            const Tell& tell) {
  const CheckoutOutlook outlook = look_at_checkout(repository.git, checkout);
  if (!outlook.in_the_way.empty()) {
    throw Refused("these files on the server would be overwritten: " + listed(outlook.in_the_way),
                  {"they were changed or made in " + repository.work_tree.string() +
                       "; commit them to the branch, or move them away there",
                   "see them: git --git-dir=" + repository.git_dir.string() +
                       " --work-tree=" + repository.work_tree.string() + " status"});
  }
  if (!outlook.kept.empty()) {
    tell("kept as they were changed on the server: " + listed(outlook.kept));
  }
}

void accept_for_deploy(Session session, const RefUpdate& update, const Tell& tell) {
  const std::string branch = branch_name(update.ref);
  if (is_no_id(update.new_id)) {
    throw Refused("'" + branch + "' is what is deployed here, and no push deletes it");
  }
  require_head_on(session.repository, update.ref);
  require_good_configuration(session, update, tell);
  if (const auto borrowed = borrow_configuration(session); !borrowed.empty()) tell(borrowed);

  ChangingSession changing(std::move(session), "push to " + branch, short_wait);
  tell_what_is_left_out(changing.git(), update, tell);
  const Checkout checkout = checkout_for(changing.journal(), update, tell);
  look_for_local_changes(changing.repository(), checkout, tell);
  std::string deploy;
  if (look_around(changing.session()).has_live()) {
    const DeployReport report = pre_deploy(changing, update.new_id);
    for (const auto& notice : report.notices) tell(notice);
    tell("recorded point " + report.point);
    deploy = report.point;
  } else {
    tell("nothing is recorded as live yet: the record begins with this deploy");
  }
  fail_point("push recorded");
  changing.journal().begin_push({.deploy = deploy,
                                 .process = process_of_push(),
                                 .old_commit = checkout.known.front(),
                                 .new_commit = update.new_id});
  fail_point("push accepted");
}

}  // namespace

bool is_no_id(const std::string& id) { return id.find_first_not_of('0') == std::string::npos; }

std::string process_of_push() {
  const pid_t receiver = find_ancestor("git", "receive-pack");
  return process_identity(receiver != 0 ? receiver : getppid());
}

void accept_push(const RefUpdate& update, const Tell& tell) {
  // A sync brings points by the thousand, and git asks about each.
  const bool is_branch = update.ref.starts_with("refs/heads/");
  if (!is_branch && is_no_id(update.old_id)) return;
  Session session = open_session();
  if (!session.repository.push_to_deploy) return;
  guard_the_record(session.repository.git, update);
  if (update.ref != push_to_deploy_of(session.repository).branch) return;
  accept_for_deploy(std::move(session), update, tell);
}

}  // namespace rollback

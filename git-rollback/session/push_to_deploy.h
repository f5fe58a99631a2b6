// Push to deploy: a bare repository whose deploy branch, when pushed to, is
// checked out into a folder, built there and recorded. Its settings stand in
// that repository's own git config, which nobody can push.
#pragma once

#include <boost/filesystem/path.hpp>
#include <optional>
#include <string>
#include <vector>

#include "part/service.h"
#include "session/init.h"
#include "store/repository.h"

namespace rollback {

struct PushToDeploy {
  std::string branch;   // a full ref: refs/heads/main
  CommandLine command;  // runs in the work tree after each checkout; empty: none
};

// Of a repository with `push_to_deploy`. Usage where the settings are broken.
PushToDeploy push_to_deploy_of(const Repository& repository);

struct PushToDeploySetUp {
  std::optional<std::string> work_tree;  // nothing: as it is set already
  std::optional<std::string> branch;     // nothing: as it is set, else HEAD's
  CommandLine command;                   // empty: as it is set
};

// Checks the request, makes the folder where only it is missing, writes the
// settings; initialise() does the rest. Files that are in the folder already
// are taken for a checkout of HEAD. Run again, it changes what is given. Throws
// with what to do instead, and nothing changed, where it does not fit; Refused
// where HEAD is not on the deploy branch, since HEAD's is what a rollback moves.
InitReport set_up_push_to_deploy(const PushToDeploySetUp& request);

// Takes the settings away again; the folder stays.
void remove_push_to_deploy_settings(const Repository& repository);

// "main" of refs/heads/main.
std::string branch_name(const std::string& ref);

// Refused, with what to type, where HEAD is not on this branch (a full ref).
void require_head_on(const Repository& repository, const std::string& branch);

// What to type on the server: "git --git-dir=/srv/app.git rollback <rest>".
std::string command_on_server(const Repository& repository, const std::string& rest = "");

}  // namespace rollback

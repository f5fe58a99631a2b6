// A repository must not run a command by being cloned or pulled (DESIGN §8).
// What may run is recorded outside of it: a digest of .rollback.yml and of
// every argument of its commands that is a file inside the repository.
#pragma once

#include <boost/filesystem/path.hpp>
#include <map>
#include <string>
#include <vector>

#include "session/session.h"

namespace rollback {

struct TrustedFile {
  std::string path;  // as the command names it
  std::string sha256;
};

struct TrustSubject {
  std::vector<Configuration::NamedCommand> commands;
  std::vector<TrustedFile> files;
  std::string digest;
};

TrustSubject trust_subject(const Session& session);

// By this user ($XDG_DATA_HOME/git-rollback/trust/) or by root for all
// (/etc/git-rollback/trust/). A configuration without commands needs no trust.
bool is_trusted(const Session& session);

// Refused, with what to type, unless is_trusted.
void require_trust(const Session& session);

enum class TrustFor { this_user, everybody };
// Records it; the file that now says so.
boost::filesystem::path trust(const Session& session, TrustFor whom);

// Copies the scripts of a configuration aside, into the operation's folder.
// Only after require_trust.
void copy_scripts(const Session& session, const Configuration& configuration,
                  const std::string& operation);

// The copies that there are, each with the argument that it stands for.
std::map<std::string, std::string> copied_scripts(const Session& session,
                                                  const Configuration& configuration,
                                                  const std::string& operation);

// The configuration that runs the copies in place of the originals.
Configuration with_copied_scripts(const Session& session, const Configuration& configuration,
                                  const std::string& operation);

}  // namespace rollback

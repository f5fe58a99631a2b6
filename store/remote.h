// Another repository that the record is exchanged with, as git knows it.
#pragma once

#include <optional>
#include <string>

#include "store/repository.h"

namespace rollback {

struct Remote {
  std::string address;  // what git is given: the name of a configured remote, or a url
  std::string key;      // its segment in the names of tracking refs
  std::string shown;    // for people: without a password
};

// The remote that `word` names, a url or a path too. Without a word, the one
// that git would choose: that of the current branch, else the only one, else
// origin. Usage for a word that names none, Fatal where there is none.
Remote find_remote(const Repository& repository, const std::optional<std::string>& word);
// The same without a word; nothing where there is none.
std::optional<Remote> default_remote(const Repository& repository);

// For a call of git that talks to a remote: it may ask for a password.
GitExtra talking();

// What went wrong, in one line, from what git said about a remote.
std::string transport_problem(const std::string& err);

}  // namespace rollback

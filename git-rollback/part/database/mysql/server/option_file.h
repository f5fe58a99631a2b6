// An option file, as the clients of MySQL and MariaDB have them: the login in it.
#pragma once

#include <boost/filesystem/path.hpp>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace rollback::mysql {

// By name, with '-' for '_'. Nothing: it stands there without a '='.
using Options = std::map<std::string, std::optional<std::string>, std::less<>>;

// Of the groups [client], [client-server], [client-mariadb] and [git-rollback];
// the last one in the file wins, as for the clients, and quotes, escapes and
// comments are as theirs. Fatal with file and line where they would fail, too.
// Another file that it includes is not read, which a notice says.
Options parse_options(std::string_view text, const std::string& file);

// Nothing when there is no such file. Refused with the command that mends it
// when it is another user's, or when others than its owner may read it.
std::optional<Options> read_options(const boost::filesystem::path& file);

}  // namespace rollback::mysql

// The data directory that every server of the tests begins with: made once for
// a server program, then copied.
#pragma once

#include <boost/filesystem/path.hpp>
#include <optional>
#include <string>
#include <vector>

namespace rollback::testing {

// The program under test, and where it sees the world from.
struct MysqlProgram {
  boost::filesystem::path root;    // empty: the machine itself; else it runs by chroot
  boost::filesystem::path server;  // mariadbd or mysqld, as seen from the root
  bool is_mariadb = true;

  // How it is called; and a path of ours as it sees it.
  std::vector<std::string> command() const;
  std::string inside(const boost::filesystem::path& path) const;
};

// Nothing where none is installed.
const std::optional<MysqlProgram>& mysql_program();

// A program of this machine, also where the path of a plain user has no sbin.
std::optional<std::string> program_named(const std::string& name);

// What the server is always started with: a small one, which starts in 0.1 s.
std::vector<std::string> mysql_arguments(const MysqlProgram& program);

// Fills a folder that must not exist. Several processes may do so at once.
void copy_mysql_template(const MysqlProgram& program, const boost::filesystem::path& data);

}  // namespace rollback::testing

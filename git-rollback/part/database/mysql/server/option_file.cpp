#include "part/database/mysql/server/option_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "os/descriptor.h"
#include "os/error.h"
#include "os/notice.h"
#include "store/git.h"

namespace rollback::mysql {
namespace {

using namespace std::string_view_literals;

constexpr std::array groups{"client"sv, "client-server"sv, "client-mariadb"sv, "git-rollback"sv};
constexpr size_t largest = 1 << 20;

std::string_view trimmed(std::string_view text) {
  constexpr auto blank = " \t\r\f\v"sv;
  const size_t begin = text.find_first_not_of(blank);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(blank) + 1 - begin);
}

// Up to a '#' that stands in no quotes.
std::string_view without_comment(std::string_view line) {
  char quote = 0;
  bool escaped = false;
  for (size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    if ((c == '\'' || c == '"') && !escaped) {
      if (quote == 0) {
        quote = c;
      } else if (quote == c) {
        quote = 0;
      }
    }
    if (quote == 0 && c == '#') return line.substr(0, i);
    escaped = quote != 0 && c == '\\' && !escaped;
  }
  return line;
}

std::string unquoted(std::string_view text) {
  if (text.size() > 1 && (text[0] == '"' || text[0] == '\'') && text.back() == text[0]) {
    text = text.substr(1, text.size() - 2);
  }
  constexpr auto letters = "ntrbs\"'\\"sv;
  constexpr auto meant = "\n\t\r\b \"'\\"sv;
  std::string value;
  for (size_t i = 0; i < text.size(); ++i) {
    const bool escape = text[i] == '\\' && i + 1 < text.size();
    const size_t which = escape ? letters.find(text[i + 1]) : std::string_view::npos;
    if (which == std::string_view::npos) {
      value += text[i];
    } else {
      value += meant[which];
      ++i;
    }
  }
  return value;
}

std::string name_of(std::string_view text) {
  std::string name(trimmed(text));
  std::replace(name.begin(), name.end(), '_', '-');
  if (name.starts_with("loose-")) name.erase(0, 6);
  return name == "pass" ? "password" : name;
}

void tell_of_include(const std::string& file) {
  give_notice({"what '" + file + "' includes is not read",
               {"git config rollback.mysqlOptionFile FILE names the file to read"}});
}

// The file's bytes, once it is known that they are for us alone.
std::string read_secret(const Descriptor& open, const std::string& file) {
  struct stat status {};
  if (fstat(open.get(), &status) != 0) throw Fatal("'" + file + "': " + strerror(errno));
  if (!S_ISREG(status.st_mode)) throw Fatal("'" + file + "' is not a file");
  if (status.st_uid != geteuid() && status.st_uid != 0) {
    throw Refused("'" + file + "' belongs to another user, who could say whom to log in as",
                  {"git config rollback.mysqlOptionFile FILE names one of yours"});
  }
  if ((status.st_mode & 077U) != 0) {
    throw Refused("'" + file + "' holds a login, and others than its owner may read or write it",
                  {"chmod 600 " + file});
  }
  std::string text(largest + 1, '\0');
  size_t size = 0;
  while (size < text.size()) {
    const ssize_t n = read(open.get(), text.data() + size, text.size() - size);
    if (n < 0) throw Fatal("'" + file + "': " + strerror(errno));
    if (n == 0) break;
    size += static_cast<size_t>(n);
  }
  if (size > largest) throw Fatal("'" + file + "' is too large for an option file");
  text.resize(size);
  return text;
}

}  // namespace

Options parse_options(std::string_view text, const std::string& file) {
  Options options;
  bool any_group = false, ours = false, told = false;
  size_t number = 0;
  for (std::string_view line : split(text, '\n')) {
    ++number;
    const auto fail = [&](const std::string& what) {
      throw Fatal("'" + file + "', line " + std::to_string(number) + ": " + what);
    };
    line = trimmed(line);
    if (line.empty() || line[0] == '#' || line[0] == ';') continue;
    if (line[0] == '!') {
      if (!told) tell_of_include(file);
      told = true;
    } else if (line[0] == '[') {
      const size_t end = line.find(']');
      if (end == std::string_view::npos) fail("'[' without ']'");
      any_group = true;
      const auto group = trimmed(line.substr(1, end - 1));
      ours = std::find(groups.begin(), groups.end(), group) != groups.end();
    } else if (!any_group) {
      fail("an option above the first [group]");
    } else if (ours) {
      line = without_comment(line);
      const size_t equals = line.find('=');
      auto& value = options[name_of(line.substr(0, equals))];
      value.reset();
      if (equals != std::string_view::npos) value = unquoted(trimmed(line.substr(equals + 1)));
    }
  }
  return options;
}

std::optional<Options> read_options(const boost::filesystem::path& file) {
  const Descriptor open(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!open && (errno == ENOENT || errno == ENOTDIR)) return std::nullopt;
  if (!open) throw Fatal("'" + file.string() + "': " + strerror(errno));
  return parse_options(read_secret(open, file.string()), file.string());
}

}  // namespace rollback::mysql

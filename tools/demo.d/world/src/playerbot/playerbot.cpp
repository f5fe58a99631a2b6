// The server of the demo: players of a game, in SQLite, behind a Unix socket.
//
//   playerbot serve      answers until it is killed
//   playerbot ask WORD…  puts a question to the server that runs
#include <sqlite3.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <fstream>
#include <iostream>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

constexpr int build = 1;

std::string setting(const std::string& key) {
  std::ifstream file("etc/playerbot.conf");
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with(key + " = ")) return line.substr(key.size() + 3);
  }
  return "";
}

class Players {
 public:
  Players() {
    if (sqlite3_open("var/characters.db", &database_) != SQLITE_OK) throw error();
    sqlite3_busy_timeout(database_, 2000);
    first_row("PRAGMA journal_mode = WAL");
  }
  ~Players() { sqlite3_close(database_); }
  Players(const Players&) = delete;
  Players& operator=(const Players&) = delete;

  std::vector<std::string> first_row(const std::string& sql,
                                     const std::vector<std::string>& values = {}) {
    sqlite3_stmt* statement = nullptr;
    if (sqlite3_prepare_v2(database_, sql.c_str(), -1, &statement, nullptr) != SQLITE_OK) {
      throw error();
    }
    int position = 0;
    for (const auto& value : values) {
      sqlite3_bind_text(statement, ++position, value.c_str(), -1, SQLITE_TRANSIENT);
    }
    std::vector<std::string> row;
    if (sqlite3_step(statement) == SQLITE_ROW) {
      for (int i = 0; i < sqlite3_column_count(statement); ++i) {
        const auto* text = sqlite3_column_text(statement, i);
        row.emplace_back(text != nullptr ? reinterpret_cast<const char*>(text) : "");
      }
    }
    if (sqlite3_finalize(statement) != SQLITE_OK) throw error();
    return row;
  }

 private:
  std::runtime_error error() { return std::runtime_error(sqlite3_errmsg(database_)); }
  sqlite3* database_ = nullptr;
};

std::string answer(Players& players, const std::string& question) {
  std::istringstream words(question);
  std::string verb, name, level;
  words >> verb >> name >> level;
  if (verb == "save") {
    players.first_row("INSERT INTO playerbot (name, level) VALUES (?, ?)", {name, level});
    return "saved " + name;
  }
  if (verb == "best") {
    const auto row =
        players.first_row("SELECT name, level FROM playerbot ORDER BY level DESC LIMIT 1");
    return row.at(0) + " has level " + row.at(1);
  }
  return "build " + std::to_string(build) + ", columns: " +
         players.first_row("SELECT group_concat(name) FROM pragma_table_info('playerbot')").at(0) +
         ", players: " + players.first_row("SELECT count(*) FROM playerbot").at(0) +
         ", greeting: " + setting("greeting");
}

const sockaddr_un address{AF_UNIX, "var/playerbot.sock"};
const auto* const address_of_any = reinterpret_cast<const sockaddr*>(&address);

std::string read_all(int from) {
  std::string text;
  char buffer[512];
  for (ssize_t n = 0; (n = read(from, buffer, sizeof buffer)) > 0;) {
    text.append(buffer, static_cast<size_t>(n));
  }
  return text;
}

void send_all(int to, const std::string& text) {
  send(to, text.data(), text.size(), MSG_NOSIGNAL);
  shutdown(to, SHUT_WR);
}

int serve() {
  close_range(3, ~0U, 0);  // nothing of whoever started us
  Players players;
  unlink(address.sun_path);
  const int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (bind(listener, address_of_any, sizeof address) != 0 || listen(listener, 16) != 0) return 1;
  std::ofstream("var/playerbot.pid") << getpid() << '\n';
  while (true) {
    const int client = accept(listener, nullptr, nullptr);
    try {
      send_all(client, answer(players, read_all(client)) + "\n");
    } catch (const std::exception& error) {
      send_all(client, std::string("error: ") + error.what() + "\n");
    }
    close(client);
  }
}

int ask(const std::string& question) {
  const int server = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (connect(server, address_of_any, sizeof address) != 0) return 1;
  send_all(server, question);
  const std::string reply = read_all(server);
  std::cout << reply;
  return reply.empty() || reply.starts_with("error: ") ? 1 : 0;
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  if (arguments.size() == 1 && arguments[0] == "serve") return serve();
  std::string question;
  for (size_t i = 1; i < arguments.size(); ++i) question += arguments[i] + " ";
  return ask(question);
}

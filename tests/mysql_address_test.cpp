#include "part/database/mysql/server/address.h"

#include <gtest/gtest.h>

#include <string>

#include "os/error.h"

namespace rollback::mysql {
namespace {

using Tls = Address::Tls;

// What it says when it refuses; "" when it does not.
std::string refusal(const std::string& url) {
  try {
    parse_address(url);
    return "";
  } catch (const Usage& error) {
    EXPECT_FALSE(error.hints().empty());
    std::string text = error.what();
    for (const auto& hint : error.hints()) text += "\n" + hint;
    return text;
  }
}

void expect_refused(const std::string& url, const std::string& saying) {
  EXPECT_NE(refusal(url).find(saying), std::string::npos) << url << "\n" << refusal(url);
}

TEST(MysqlAddress, TakesTheWaysToWriteIt) {
  EXPECT_EQ(parse_address("mysql://localhost/characters"), (Address{.database = "characters"}));
  EXPECT_EQ(parse_address("mariadb:///characters"), (Address{.database = "characters"}));
  EXPECT_EQ(parse_address("mysql://bot@/characters"),
            (Address{.database = "characters", .user = "bot"}));
  EXPECT_EQ(parse_address("mysql:///w?socket=/run/a%20b.sock"),
            (Address{.socket = "/run/a b.sock", .database = "w"}));
  EXPECT_EQ(parse_address("mysql://localhost/w?socket=/run/a.sock&tls=on"),
            (Address{.socket = "/run/a.sock", .database = "w", .tls = Tls::on}));
  EXPECT_EQ(parse_address("mysql://bot@db-1.example/w"),
            (Address{.host = "db-1.example", .port = 3306, .database = "w", .user = "bot"}));
  EXPECT_EQ(parse_address("mysql://[::1]:3307/w"),
            (Address{.host = "::1", .port = 3307, .database = "w"}));
  EXPECT_EQ(parse_address("mysql://db/w?tls=verified&ca=/etc/ca.pem&cert=/c&key=/k"),
            (Address{.host = "db",
                     .port = 3306,
                     .database = "w",
                     .tls = Tls::verified,
                     .ca = "/etc/ca.pem",
                     .certificate = "/c",
                     .key = "/k"}));
}

TEST(MysqlAddress, IsTheSocketForLocalhostUnlessAPortIsSaid) {
  EXPECT_TRUE(parse_address("mysql://localhost/w").on_socket());
  EXPECT_FALSE(parse_address("mysql://localhost:3306/w").on_socket());
  EXPECT_FALSE(parse_address("mysql://127.0.0.1/w").on_socket());
}

TEST(MysqlAddress, TakesHostileNamesWhenTheyAreEncoded) {
  const Address address = parse_address("mysql://a%40b%3A%25@h/%60w%22%27%2F%3F%23%C3%A9");
  EXPECT_EQ(address.user, "a@b:%");
  EXPECT_EQ(address.database, "`w\"'/?#\xC3\xA9");
  EXPECT_EQ(parse_address("mysql:///-").database, "-");
  std::string name;
  for (int i = 0; i < 64; ++i) name += "\xC3\xA9";
  EXPECT_EQ(parse_address("mysql:///" + name).database, name);
  expect_refused("mysql:///" + name + "a", "more than 64 characters");
}

TEST(MysqlAddress, RefusesAPasswordAndDoesNotRepeatIt) {
  for (const std::string url :
       {"mysql://bot:hush@db/w", "mysql://bot:hu/sh@db/w", "mysql://bot:hu?sh@db/w",
        "mysql://bot:hu@sh@db/w", "mysql:bot:hush@db/w", "mysql://bot:hu#sh@db/w",
        "mysql://bot:hu\nsh@db/w", "mysql://db/w?password=hush", "mysql://bot@db/w?pwd=hush",
        "mysql://bot:@db/w"}) {
    const std::string text = refusal(url);
    EXPECT_NE(text.find("secrets never stand in .rollback.yml"), std::string::npos) << url;
    EXPECT_EQ(text.find("hu"), std::string::npos) << text;
  }
  EXPECT_EQ(refusal("mysql://bot:hush/w").find("hush"), std::string::npos);
}

TEST(MysqlAddress, SaysWhatIsAllowedInPlaceOfWhatIsWrong) {
  expect_refused("mysql://db", "no database");
  expect_refused("mysql://db/", "no database");
  expect_refused("mysql:db/w", "no '//'");
  expect_refused("postgres://db/w", "neither mysql: nor mariadb:");
  expect_refused("mysql://db/w/x", "written %2F");
  expect_refused("mysql://db/w#x", "written %23");
  expect_refused("mysql://db/w%0Ax", "a control character in the database");
  expect_refused("mysql://db/w\x7F", "a control character");
  expect_refused("mysql://db/w%zz", "two hex digits");
  expect_refused("mysql://@db/w", "without a user");
  expect_refused("mysql://d b/w", "'d b' is no name of a host");
  expect_refused("mysql://d%3Bb/w", "'d;b' is no name of a host");
  expect_refused("mysql://[::1/w", "without ']'");
  expect_refused("mysql://:3306/w", "a port without a host");
  for (const std::string port : {"", "0", "65536", "-1", "3306x", "99999999999"}) {
    expect_refused("mysql://db:" + port + "/w", "no number from 1 to 65535");
  }
}

TEST(MysqlAddress, SaysWhichQueryKeysThereAre) {
  expect_refused("mysql://db/w?sslmode=on", "'sslmode'; allowed: socket, tls, ca, cert, key");
  expect_refused("mysql://db/w?tls=maybe", "'maybe'; allowed: on, verified");
  expect_refused("mysql://db/w?tls=on&tls=on", "'tls' twice");
  expect_refused("mysql:///w?socket=run.sock", "'run.sock' is not an absolute path");
  expect_refused("mysql:///w?socket=/" + std::string(107, 'a'), "more than 107 bytes");
  expect_refused("mysql://db/w?socket=/a", "a socket beside the host 'db'");
  expect_refused("mysql:///w?tls=verified", "no host to verify");
  expect_refused("mysql://db/w?tls=on&ca=/ca", "'ca' without 'tls=verified'");
  expect_refused("mysql://db/w?tls=on&cert=/c", "only one of 'cert' and 'key'");
  expect_refused("mysql://db/w?cert=/c&key=/k", "'key' without 'tls'");
}

TEST(MysqlAddress, NamesTheServerAsGitsCredentialsDo) {
  EXPECT_EQ(server_name(parse_address("mysql:///w?socket=/a")), "localhost");
  EXPECT_EQ(server_name(parse_address("mysql://db/w")), "db");
  EXPECT_EQ(server_name(parse_address("mysql://db:3307/w")), "db:3307");
  EXPECT_EQ(server_name(parse_address("mysql://[::1]:3307/w")), "[::1]:3307");
}

}  // namespace
}  // namespace rollback::mysql

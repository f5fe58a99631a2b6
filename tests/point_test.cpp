#include "store/point.h"

#include <gtest/gtest.h>

#include "os/error.h"

namespace rollback {
namespace {

Point whole_point() {
  Point point;
  point.id = "20261123T100000Z-4f2a91c";
  point.environment = "production";
  point.host = "world1";
  point.parent = "20261122T181500Z-77ab210";
  point.deploy = "20261122T181500Z-77ab210";
  point.version = "1.2.3";
  point.sentence = "State of production before deploying 9be1c03.";
  point.parts["playerbot"] = {Kind::code, Kind::database, Kind::config, Kind::binaries};
  point.parts["web"] = {Kind::code};
  point.trailers = {{"Rollback-Release", {"playerbot", "release 1 %", "sha256:00"}},
                    {"Rollback-Backup", {"playerbot", "var/c.db.t", "", "rows=0", "sha256:00"}}};
  return point;
}

TEST(Point, AMessageIsReadBackAsItWasWritten) {
  const Point point = whole_point();
  const Point read = parse_point_message(format_point_message(point));
  EXPECT_EQ(read.id, point.id);
  EXPECT_EQ(read.environment, point.environment);
  EXPECT_EQ(read.host, point.host);
  EXPECT_EQ(read.parent, point.parent);
  EXPECT_EQ(read.deploy, point.deploy);
  EXPECT_EQ(read.version, point.version);
  EXPECT_EQ(read.sentence, point.sentence);
  EXPECT_EQ(read.parts, point.parts);
  EXPECT_EQ(read.trailers, point.trailers);
}

TEST(Point, TrailersOfALaterVersionAreKept) {
  const Point read =
      parse_point_message(format_point_message(whole_point()) + "Rollback-Something: new thing\n");
  EXPECT_EQ(read.trailers.back(), (Trailer{"Rollback-Something", {"new", "thing"}}));
}

TEST(Point, ANewerFormatIsRefused) {
  std::string message = format_point_message(whole_point());
  message.replace(message.find("Format: 1"), 9, "Format: 2");
  EXPECT_THROW(parse_point_message(message), Fatal);
}

TEST(Point, AnyOtherTagIsNoPoint) {
  EXPECT_THROW(parse_point_message("Release 1.0\n\nNotes.\n"), Fatal);
  EXPECT_THROW(parse_point_message(""), Fatal);
}

TEST(Point, AVersionCannotForgeATrailer) {
  Point point = whole_point();
  point.version = "1\nRollback-Environment: staging";
  EXPECT_EQ(parse_point_message(format_point_message(point)).environment, "production");
}

TEST(Trailers, EveryByteSurvivesAField) {
  std::string bytes;
  for (int i = 0; i < 256; ++i) bytes += static_cast<char>(i);
  for (const std::string& field : {bytes, std::string(), std::string("-"), std::string("%41")}) {
    const std::string encoded = percent_encode(field);
    EXPECT_EQ(encoded.find_first_of(" \n"), std::string::npos);
    EXPECT_EQ(percent_decode(encoded), field);
  }
}

TEST(Trailers, ADamagedFieldIsNotGuessed) {
  EXPECT_FALSE(percent_decode("%4"));
  EXPECT_FALSE(percent_decode("%zz"));
}

TEST(Trailers, OnlyAWholeLastParagraphCounts) {
  EXPECT_TRUE(parse_trailers("Subject\n\nKey: a\nand a sentence\n").empty());
  EXPECT_EQ(parse_trailers("Subject\n\nText: b\n\nKey: a\n").size(), 1U);
}

}  // namespace
}  // namespace rollback

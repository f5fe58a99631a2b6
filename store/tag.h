// Annotated tag objects, read many at a time and written one at a time.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "os/clock.h"
#include "store/git.h"
#include "store/point.h"

namespace rollback {

struct Tag {
  std::string commit;   // what it tags, always a commit here
  Time at{};            // the tagger's date
  std::string message;  // the payload, without a signature
};

// In the order asked for; nothing where an id is no tag of a commit.
std::vector<std::optional<Tag>> read_tags(const Git& git, const std::vector<std::string>& ids);

// Writes the tag object of a point, dated point.at; moves no ref. Its id.
std::string write_point_tag(const Git& git, const Point& point);

}  // namespace rollback

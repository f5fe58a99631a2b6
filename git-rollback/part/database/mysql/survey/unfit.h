// Rows of today that the point's columns would not take as they are, known by their
// values alone: too long, out of range, NULL, of another character set. What a unique
// key or a CHECK refuses, and dates and times, are found only when rows are copied.
#pragma once

#include <string>

#include "part/database/mysql/catalogue/definition.h"

namespace rollback::mysql {

// A condition on rows of `alias`, which stands there as it is; empty: all fit.
std::string unfit(const Definition& now, const Definition& then, const std::string& alias);

}  // namespace rollback::mysql

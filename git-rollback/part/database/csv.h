// CSV as RFC 4180 has it: commas, lines that end with CR LF. NULL is a field with
// nothing in it, and an empty text is "".
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace rollback {

std::string csv_line(const std::vector<std::optional<std::string>>& fields);

}  // namespace rollback

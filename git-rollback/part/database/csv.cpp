#include "part/database/csv.h"

namespace rollback {
namespace {

// Spaces at the ends are part of a field, but not every reader knows that.
bool needs_quotes(const std::string& field) {
  return field.empty() || field.find_first_of(",\"\r\n") != std::string::npos ||
         field.front() == ' ' || field.back() == ' ';
}

}  // namespace

std::string csv_line(const std::vector<std::optional<std::string>>& fields) {
  std::string line;
  for (size_t i = 0; i < fields.size(); ++i) {
    if (i > 0) line += ',';
    if (!fields[i]) continue;
    if (!needs_quotes(*fields[i])) {
      line += *fields[i];
      continue;
    }
    line += '"';
    for (const char c : *fields[i]) line += c == '"' ? std::string("\"\"") : std::string(1, c);
    line += '"';
  }
  return line + "\r\n";
}

}  // namespace rollback

// Trailers of a tag's or commit's message: "Key: field field …", with each
// field percent-encoded, readable by `git interpret-trailers --parse`.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace rollback {

struct Trailer {
  std::string key;                  // "Rollback-Backup"
  std::vector<std::string> fields;  // decoded

  friend bool operator==(const Trailer&, const Trailer&) = default;
};

std::string percent_encode(std::string_view text);  // "-" for empty, "%2D" for "-"
std::optional<std::string> percent_decode(std::string_view text);

std::string format_trailers(const std::vector<Trailer>& trailers);  // one line each

// The last paragraph of a message, where every line of it is a trailer.
std::vector<Trailer> parse_trailers(std::string_view message);

// The first field of the first trailer with that key; "" when there is none.
std::string first_field(const std::vector<Trailer>& trailers, std::string_view key);

}  // namespace rollback

#include "store/trailers.h"

#include <algorithm>

namespace rollback {
namespace {

constexpr char hex_digits[] = "0123456789ABCDEF";

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

std::optional<Trailer> parse_line(std::string_view line) {
  const size_t colon = line.find(": ");
  if (colon == std::string_view::npos || colon == 0 ||
      line.substr(0, colon).find(' ') != std::string_view::npos) {
    return std::nullopt;
  }
  Trailer trailer{std::string(line.substr(0, colon)), {}};
  std::string_view rest = line.substr(colon + 2);
  while (!rest.empty()) {
    const size_t space = rest.find(' ');
    auto field = percent_decode(rest.substr(0, space));
    if (!field) return std::nullopt;
    trailer.fields.push_back(*std::move(field));
    if (space == std::string_view::npos) break;
    rest.remove_prefix(space + 1);
  }
  return trailer;
}

std::string_view last_paragraph(std::string_view message) {
  while (message.ends_with('\n')) message.remove_suffix(1);
  const size_t blank = message.rfind("\n\n");
  return blank == std::string_view::npos ? message : message.substr(blank + 2);
}

}  // namespace

std::string percent_encode(std::string_view text) {
  if (text.empty()) return "-";
  if (text == "-") return "%2D";
  std::string encoded;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte > 0x20 && byte < 0x7F && c != '%') {
      encoded += c;
    } else {
      encoded += {'%', hex_digits[byte >> 4], hex_digits[byte & 15]};
    }
  }
  return encoded;
}

std::optional<std::string> percent_decode(std::string_view text) {
  if (text == "-") return std::string();
  std::string decoded;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      decoded += text[i];
      continue;
    }
    if (i + 2 >= text.size()) return std::nullopt;
    const int high = hex_value(text[i + 1]);
    const int low = hex_value(text[i + 2]);
    if (high < 0 || low < 0) return std::nullopt;
    decoded += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return decoded;
}

std::string format_trailers(const std::vector<Trailer>& trailers) {
  std::string text;
  for (const auto& trailer : trailers) {
    text += trailer.key + ":";
    for (const auto& field : trailer.fields) text += " " + percent_encode(field);
    text += "\n";
  }
  return text;
}

std::vector<Trailer> parse_trailers(std::string_view message) {
  std::vector<Trailer> trailers;
  std::string_view rest = last_paragraph(message);
  while (!rest.empty()) {
    const size_t newline = rest.find('\n');
    auto trailer = parse_line(rest.substr(0, newline));
    if (!trailer) return {};
    trailers.push_back(*std::move(trailer));
    if (newline == std::string_view::npos) break;
    rest.remove_prefix(newline + 1);
  }
  return trailers;
}

std::string first_field(const std::vector<Trailer>& trailers, std::string_view key) {
  const auto found = std::find_if(trailers.begin(), trailers.end(),
                                  [&](const Trailer& t) { return t.key == key; });
  return found == trailers.end() || found->fields.empty() ? "" : found->fields[0];
}

}  // namespace rollback

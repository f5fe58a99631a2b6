#include "part/database/mysql/rows/values.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <string_view>
#include <utility>

#include "part/database/mysql/catalogue/sql_text.h"

namespace rollback::mysql {
namespace {

constexpr std::array<std::pair<std::string_view, Kind>, 32> kinds{{
    {"tinyint", Kind::integer},  {"smallint", Kind::integer}, {"mediumint", Kind::integer},
    {"int", Kind::integer},      {"bigint", Kind::integer},   {"year", Kind::integer},
    {"decimal", Kind::decimal},  {"float", Kind::real},       {"double", Kind::real},
    {"bit", Kind::bit},          {"time", Kind::time},        {"date", Kind::moment},
    {"datetime", Kind::moment},  {"timestamp", Kind::moment}, {"char", Kind::text},
    {"varchar", Kind::text},     {"tinytext", Kind::text},    {"text", Kind::text},
    {"mediumtext", Kind::text},  {"longtext", Kind::text},    {"enum", Kind::text},
    {"set", Kind::text},         {"binary", Kind::bytes},     {"varbinary", Kind::bytes},
    {"tinyblob", Kind::bytes},   {"blob", Kind::bytes},       {"mediumblob", Kind::bytes},
    {"longblob", Kind::bytes},   {"geometry", Kind::bytes},   {"point", Kind::bytes},
    {"linestring", Kind::bytes}, {"polygon", Kind::bytes},
}};

constexpr std::array<std::string_view, 6> more_bytes{"multipoint",     "multilinestring",
                                                     "multipolygon",   "geometrycollection",
                                                     "geomcollection", "vector"};

bool is_numeric(Kind kind) {
  return kind == Kind::integer || kind == Kind::decimal || kind == Kind::real || kind == Kind::bit;
}

bool is_unsigned(const Column& column) {
  return column.full_type.find("unsigned") != std::string::npos;
}

// "(10,2)" of "decimal(10,2) unsigned", "(6)" of "datetime(6)"; else "".
std::string parameters(const Column& column) {
  const size_t open = column.full_type.find('(');
  const size_t close = column.full_type.find(')');
  if (open == std::string::npos || close == std::string::npos) return {};
  return column.full_type.substr(open, close + 1 - open);
}

int last_parameter(const Column& column) {
  const std::string text = parameters(column);
  const size_t at = text.find_last_of("(,");
  int number = 0;
  if (at != std::string::npos) std::from_chars(&text[at + 1], text.data() + text.size(), number);
  return number;
}

std::string cast(const std::string& x, const std::string& type) {
  return "CAST(" + x + " AS " + type + ")";
}

std::string bytes(const Column& column, const std::string& x, const Column& other) {
  const bool is_text = kind_of(column) == Kind::text;
  const bool convert = is_text ? column.charset != other.charset
                               : kind_of(column) != Kind::bytes && kind_of(other) == Kind::text;
  return cast(convert || (!is_text && kind_of(column) != Kind::bytes)
                  ? "CONVERT(" + x + " USING utf8mb4)"
                  : x,
              "BINARY");
}

std::string date_type(const Column& column) {
  if (column.type == "date") return "DATE";
  return (column.type == "time" ? "TIME" : "DATETIME") + parameters(column);
}

// What names a column or a sequence has no value by itself, and is not evaluated.
bool has_default(const Column& column) {
  if (!column.fallback) return false;
  const std::string& sql = *column.fallback;
  for (size_t at = 0; at < sql.size();) {
    if (sql[at] == '`') return false;
    at = sql[at] == '\'' || sql[at] == '"' ? end_of_quoted(sql, at) : at + 1;
  }
  return true;
}

}  // namespace

Kind kind_of(const Column& column) {
  const auto* const found = std::find_if(kinds.begin(), kinds.end(),
                                         [&](const auto& one) { return one.first == column.type; });
  if (found != kinds.end()) return found->second;
  const bool is_bytes =
      std::find(more_bytes.begin(), more_bytes.end(), column.type) != more_bytes.end();
  return is_bytes ? Kind::bytes : Kind::other;
}

std::string typed(const Column& column, const std::string& expression) {
  switch (kind_of(column)) {
    case Kind::integer:
      return cast(expression, is_unsigned(column) || column.type == "year" ? "UNSIGNED" : "SIGNED");
    case Kind::decimal:
      return cast(expression, "DECIMAL" + parameters(column));
    case Kind::real:
      return cast(expression, column.type);
    case Kind::bit:
      return "(" + expression + " + 0)";
    case Kind::time:
    case Kind::moment:
      return cast(expression, date_type(column));
    case Kind::text:
      return "CONVERT(" + expression + " USING " + column.charset + ")";
    case Kind::bytes:
    case Kind::other:
      break;
  }
  return "(" + expression + ")";
}

std::string default_of(const Column& column) {
  if (!has_default(column) || column.fallback == "NULL") return "NULL";
  return typed(column, *column.fallback);
}

std::string is_default(const Column& column, const std::string& x) {
  return same_value(column, x, column, default_of(column));
}

bool needs_value(const Column& column) {
  return !column.nullable && !column.generated && !column.auto_increment && !has_default(column);
}

std::string same_value(const Column& of_x, const std::string& x, const Column& of_y,
                       const std::string& y) {
  const Kind a = kind_of(of_x);
  const Kind b = kind_of(of_y);
  const bool by_value = (is_numeric(a) && is_numeric(b)) ||
                        (a == b && (a == Kind::time || a == Kind::moment)) ||
                        (a == Kind::other && of_x.type == of_y.type);
  if (by_value) return "(" + x + " <=> " + y + ")";
  return "(" + bytes(of_x, x, of_y) + " <=> " + bytes(of_y, y, of_x) + ")";
}

std::string text_of(const Column& column, const std::string& x, const Column& other) {
  const Kind kind = kind_of(column);
  const bool same_type = column.full_type == other.full_type;
  if (kind == Kind::real || (is_numeric(kind) && kind_of(other) == Kind::real)) {
    return "(" + x + " * 1e0)";  // a FLOAT's own text is rounded
  }
  if (kind == Kind::bit) return "(" + x + " + 0)";
  if (!same_type && is_numeric(kind)) {
    const int scale = std::max(kind == Kind::decimal ? last_parameter(column) : 0,
                               kind_of(other) == Kind::decimal ? last_parameter(other) : 0);
    return cast(x, "DECIMAL(65," + std::to_string(scale) + ")");
  }
  if (!same_type && kind == kind_of(other)) {
    if (kind == Kind::moment) return cast(x, "DATETIME(6)");
    if (kind == Kind::time) return cast(x, "TIME(6)");
  }
  if (kind == Kind::text || kind == Kind::bytes) return bytes(column, x, other);
  return x;
}

bool orders_as(const Column& column, const Column& other) {
  if (column.full_type == other.full_type) return column.collation == other.collation;
  const Kind kind = kind_of(column);
  if (kind != kind_of(other)) return false;
  if (kind == Kind::integer) return true;
  // With fewer digits, one would stand for several of the other.
  if (kind == Kind::decimal) return last_parameter(column) == last_parameter(other);
  const bool sized = column.type == "char" || column.type == "varchar";
  const bool other_sized = other.type == "char" || other.type == "varchar";
  return kind == Kind::text && sized && other_sized && column.collation == other.collation;
}

bool has_boundaries(const Column& column) {
  switch (kind_of(column)) {
    case Kind::text:  // an index on an enum has the order of its numbers
      return column.type == "char" || column.type == "varchar";
    case Kind::bytes:
      return column.type == "binary" || column.type == "varbinary";
    case Kind::other:
      return column.type == "uuid" || column.type == "inet6" || column.type == "inet4";
    case Kind::real:
      return false;
    default:
      return true;
  }
}

std::string boundary_of(const Column& column, const std::string& x) {
  const Kind kind = kind_of(column);
  if (kind == Kind::text || kind == Kind::bytes) return "HEX(" + x + ")";
  if (kind == Kind::bit) return "(" + x + " + 0)";
  return x;
}

std::string boundary_literal(const Column& column, const std::string& read) {
  switch (kind_of(column)) {
    case Kind::integer:
    case Kind::decimal:
    case Kind::bit:
      return read;
    case Kind::text:
      return "_" + column.charset + " X'" + read + "' COLLATE " + column.collation;
    case Kind::bytes:
      return "X'" + read + "'";
    default:
      return literal(read);
  }
}

}  // namespace rollback::mysql

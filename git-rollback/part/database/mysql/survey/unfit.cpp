#include "part/database/mysql/survey/unfit.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "part/database/mysql/rows/projection.h"
#include "part/database/mysql/rows/values.h"

namespace rollback::mysql {
namespace {

struct Range {
  std::string_view type, least, most, unsigned_most;
};
constexpr std::array<Range, 5> ranges{{
    {"tinyint", "-128", "127", "255"},
    {"smallint", "-32768", "32767", "65535"},
    {"mediumint", "-8388608", "8388607", "16777215"},
    {"int", "-2147483648", "2147483647", "4294967295"},
    {"bigint", "-9223372036854775808", "9223372036854775807", "18446744073709551615"},
}};

bool is_unsigned(const Column& column) {
  return column.full_type.find("unsigned") != std::string::npos;
}

// 9 and 2 of "decimal(9,2)".
std::array<int, 2> parameters(const Column& column) {
  std::array<int, 2> numbers{};
  const std::string& text = column.full_type;
  size_t at = text.find('(');
  for (size_t i = 0; i < numbers.size() && at != std::string::npos; ++i) {
    std::from_chars(&text[at + 1], text.data() + text.size(), numbers[i]);
    at = text.find(',', at + 1);
  }
  return numbers;
}

// A value as a number; of a text, when it is none is a term of its own.
struct Number {
  std::string value;  // "": nobody knows
  std::string is_none = {};
};

Number number_in(const Column& now, const std::string& x) {
  const Kind kind = kind_of(now);
  const bool is_number =
      (kind == Kind::integer && now.type != "year") || kind == Kind::decimal || kind == Kind::real;
  if (is_number) return {x};
  if (kind != Kind::text || now.type == "enum" || now.type == "set") return {};
  const std::string text = "CONVERT(" + x + " USING utf8mb4)";
  return {"(" + text + " + 0)",
          text +
              " NOT REGEXP '^[[:space:]]*[-+]?([0-9]+[.]?[0-9]*|[.][0-9]+)(e[-+]?[0-9]+)?"
              "[[:space:]]*$' OR "};
}

std::string unfit_integer(const Column& now, const Column& then, const std::string& column) {
  const auto* const range = std::find_if(ranges.begin(), ranges.end(),
                                         [&](const Range& one) { return one.type == then.type; });
  const auto [x, is_none] = number_in(now, column);
  if (range == ranges.end() || x.empty()) return "";
  const bool positive = is_unsigned(then);
  std::string terms = is_none + x + " NOT BETWEEN " + std::string(positive ? "0" : range->least) +
                      " AND " + std::string(positive ? range->unsigned_most : range->most);
  if (kind_of(now) != Kind::integer) terms += " OR " + x + " <> ROUND(" + x + ")";
  return terms;
}

std::string unfit_decimal(const Column& now, const Column& then, const std::string& column) {
  const auto [x, is_none] = number_in(now, column);
  if (x.empty()) return "";
  const auto [digits, scale] = parameters(then);
  std::string terms =
      is_none + "ABS(" + x + ") >= 1" + std::string(static_cast<size_t>(digits - scale), '0');
  if (is_unsigned(then)) terms += " OR " + x + " < 0";
  return terms + " OR " + x + " <> ROUND(" + x + ", " + std::to_string(scale) + ")";
}

// Spaces at the end go without an error.
std::string unfit_text(const Column& now, const Column& then, const std::string& x) {
  if (kind_of(now) != Kind::text) return "";
  if (then.type == "enum") return x + " NOT IN " + then.full_type.substr(4);
  std::string terms;
  if (then.type == "char" || then.type == "varchar") {
    terms = "CHAR_LENGTH(RTRIM(" + x + ")) > " + std::to_string(parameters(then)[0]);
  }
  if (then.charset != now.charset && then.charset != "utf8mb4") {
    const auto bytes = [](const std::string& text) {
      return "CAST(CONVERT(" + text + " USING utf8mb4) AS BINARY)";
    };
    terms += (terms.empty() ? "" : " OR ") +
             bytes("CONVERT(" + x + " USING " + then.charset + ")") + " <> " + bytes(x);
  }
  return terms;
}

std::string unfit_value(const Column& now, const Column& then, const std::string& x) {
  if (now.full_type == then.full_type && now.charset == then.charset) return "";
  switch (kind_of(then)) {
    case Kind::integer:
      return unfit_integer(now, then, x);
    case Kind::decimal:
      return unfit_decimal(now, then, x);
    case Kind::text:
      return unfit_text(now, then, x);
    case Kind::bytes:
      if (kind_of(now) != Kind::bytes || !then.type.ends_with("binary")) return "";
      return "LENGTH(" + x + ") > " + std::to_string(parameters(then)[0]);
    default:
      return "";
  }
}

}  // namespace

std::string unfit(const Definition& now, const Definition& then, const std::string& alias) {
  std::string condition;
  const auto add = [&](const std::string& terms) {
    if (!terms.empty()) condition += (condition.empty() ? "(" : ") OR (") + terms;
  };
  for (const auto& name : columns_in_common(then, now)) {
    const Column& today = *now.column(name);
    const Column& column = *then.column(name);
    const std::string x = alias + "." + identifier(today.name);
    if (today.nullable && !column.nullable && !column.auto_increment) add(x + " IS NULL");
    add(unfit_value(today, column, x));
  }
  return condition.empty() ? "" : condition + ")";
}

}  // namespace rollback::mysql

// How the values of a column are written in SQL so that they are exact: to be
// compared, hashed, or to stand for rows that have none.
#pragma once

#include <string>

#include "part/database/mysql/catalogue/definition.h"

namespace rollback::mysql {

// What can be compared with what without a loss.
enum class Kind { integer, decimal, real, bit, time, moment, text, bytes, other };

Kind kind_of(const Column& column);

// An expression with the value that the column would hold after it was assigned.
std::string typed(const Column& column, const std::string& expression);

// The default that a new row gets, as an SQL expression of the column's type;
// NULL where there is none that is the same for every row.
std::string default_of(const Column& column);

// "x is the default". Never NULL.
std::string is_default(const Column& column, const std::string& x);

// A row needs a value of its own there: NULL will not do, and there is no default.
bool needs_value(const Column& column);

// "x <=> y" by value: texts by their characters' bytes, so that 'a', 'A' and 'a '
// are three, whatever the collations say. Never NULL.
std::string same_value(const Column& of_x, const std::string& x, const Column& of_y,
                       const std::string& y);

// The value of `x` as text that is equal where same_value() of it and one of the
// column `other` is true; NULL for NULL.
std::string text_of(const Column& column, const std::string& x, const Column& other);

// The server compares values of both as it orders them in either one's index.
bool orders_as(const Column& column, const Column& other);

// A literal, read by `boundary_of(x)`, stands in an order that an index has.
bool has_boundaries(const Column& column);
std::string boundary_of(const Column& column, const std::string& x);
std::string boundary_literal(const Column& column, const std::string& read);

}  // namespace rollback::mysql

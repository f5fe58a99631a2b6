#include "part/database/mysql/rows/rows.h"

#include <algorithm>
#include <array>
#include <cstdio>

#include "os/error.h"
#include "os/progress.h"

namespace rollback::mysql {
namespace {

template <size_t N>
bool is_one_of(const std::string& type, const std::array<const char*, N>& types) {
  return std::any_of(types.begin(), types.end(), [&](const char* one) { return type == one; });
}

constexpr int short_bytes = 1024;

// How a column's values are written.
enum class Form {
  number,      // as the server writes it
  by_index,    // ENUM, SET and BIT: a number that stands for the value
  floating,    // as a double: FLOAT alone would be rounded
  quoted,      // ASCII
  hex,         // the bytes, twice as long, and the fastest to read again
  long_bytes,  // in hex where they are few, else in base 64, which leaves more to a packet
  json,        // of MySQL, which takes no binary text for it
};

Form form_of(const Column& column) {
  const std::string& type = column.type;
  if (is_one_of(type, std::array{"tinyint", "smallint", "mediumint", "int", "bigint", "decimal"})) {
    return Form::number;
  }
  // As text, '00' is 2000 and '0' is no year.
  if (type == "year") return column.full_type == "year(2)" ? Form::quoted : Form::number;
  if (is_one_of(type, std::array{"enum", "set", "bit"})) return Form::by_index;
  if (is_one_of(type, std::array{"float", "double"})) return Form::floating;
  if (is_one_of(type,
                std::array{"date", "time", "datetime", "timestamp", "uuid", "inet4", "inet6"})) {
    return Form::quoted;
  }
  if (is_one_of(type, std::array{"char", "varchar", "tinytext", "text", "binary", "varbinary",
                                 "tinyblob", "blob"})) {
    return Form::hex;
  }
  return type == "json" ? Form::json : Form::long_bytes;
}

// The server makes NULL of what is longer than max_allowed_packet (and of JSON an
// empty text), so that must not pass for a NULL of the row.
std::string unless_null(const std::string& name, const std::string& text) {
  return "IF(" + name + " IS NULL,'NULL'," + text + ")";
}

std::string in_hex(const std::string& value) { return "CONCAT('x''',HEX(" + value + "),'''')"; }

std::string in_base64(const std::string& value) {
  return "CONCAT('FROM_BASE64(''',TO_BASE64(CAST(" + value + " AS BINARY)),''')')";
}

std::string json_in_hex(const std::string& name) {
  return "CONCAT('CONVERT(x''',NULLIF(HEX(CAST(" + name + " AS CHAR)),''),''' USING utf8mb4)')";
}

// Arguments of CONCAT.
std::string value_of(const Column& column, const std::string& alias) {
  const std::string name = alias + "." + identifier(column.name);
  const auto or_null = [&](const std::string& value) {
    return column.nullable ? "IFNULL(" + value + ",'NULL')" : value;
  };
  switch (form_of(column)) {
    case Form::number:
      return or_null(name);
    case Form::by_index:
      return or_null("CAST(" + name + " AS UNSIGNED)");
    case Form::floating:  // times one: with all digits, whatever its type shows
      return "QUOTE(" + name + "*1e0)";
    case Form::quoted:
      return "QUOTE(" + name + ")";
    case Form::hex:
      if (!column.nullable) return "'x''',HEX(" + name + "),''''";
      return unless_null(name, in_hex(name));
    case Form::long_bytes:
      return unless_null(name, "IF(LENGTH(" + name + ")<" + std::to_string(short_bytes) + "," +
                                   in_hex(name) + "," + in_base64(name) + ")");
    case Form::json:
      return unless_null(name, json_in_hex(name));
  }
  return name;
}

// The columns that say from when to when a row of a versioned table is current.
std::array<std::string, 2> period_of(const Definition& definition) {
  std::array<std::string, 2> names{"row_start", "row_end"};
  for (const Element& element : definition.create.elements) {
    if (element.kind != Element::Kind::column) continue;
    if (element.sql.find("AS ROW START") != std::string::npos) names[0] = element.name;
    if (element.sql.find("AS ROW END") != std::string::npos) names[1] = element.name;
  }
  return names;
}

// Rows in the order of the clustered key are the fastest to read and to insert.
std::string order_of(const Definition& definition) {
  if (definition.engine != "InnoDB" || definition.partitioned || definition.versioned) return "";
  std::string order;
  for (const auto& name : definition.key()) {
    order += (order.empty() ? " ORDER BY " : ", ") + identifier(name);
  }
  return order;
}

std::string written_columns(const Definition& definition) {
  std::string names;
  const auto add = [&](const std::string& name) {
    names += (names.empty() ? "" : ",") + identifier(name);
  };
  for (const auto& name : definition.stored()) add(name);
  if (keeps_history(definition)) {
    for (const auto& name : period_of(definition)) add(name);
  }
  return names;
}

}  // namespace

void RowHash::add(std::string_view row_text) {
  hash_.update(row_text);
  const auto bytes = hash_.bytes();
  bool carry = false;
  for (size_t word = sum_.size(); word-- > 0;) {
    std::uint64_t value = 0;
    for (size_t i = 0; i < 8; ++i) value = value << 8 | bytes[8 * word + i];
    const std::uint64_t sum = sum_[word] + value;
    const bool over = sum < value;
    sum_[word] = sum + (carry ? 1 : 0);
    carry = over || (carry && sum_[word] == 0);
  }
  ++hashed_.rows;
  hashed_.bytes += static_cast<std::int64_t>(row_text.size());
}

Hashed RowHash::finish() const {
  Hashed hashed = hashed_;
  for (const std::uint64_t word : sum_) {
    std::array<char, 17> digits{};
    (void)std::snprintf(digits.data(), digits.size(), "%016llx",
                        static_cast<unsigned long long>(word));
    hashed.sha256 += digits.data();
  }
  return hashed;
}

std::string hash_of_no_rows() { return RowHash().finish().sha256; }

std::string row_text(const Definition& definition, const std::string& alias) {
  std::string values;
  for (const Column& column : definition.columns) {
    if (column.generated) continue;
    values += (values.empty() ? "" : ",',',") + value_of(column, alias);
  }
  if (keeps_history(definition)) {
    for (const auto& name : period_of(definition)) {
      values += (values.empty() ? "" : ",',',") + ("QUOTE(" + alias + "." + identifier(name) + ")");
    }
  }
  return "CONCAT('('," + values + ",')')";
}

std::string select_texts(const Definition& definition, const std::string& table) {
  return "SELECT " + row_text(definition, identifier(table)) + " FROM " + identifier(table) +
         (keeps_history(definition) ? " FOR SYSTEM_TIME ALL" : "") + order_of(definition);
}

std::string insert_into(const Definition& definition, const std::string& table) {
  return "INSERT INTO " + identifier(table) + " (" + written_columns(definition) + ") VALUES ";
}

void copy_with_history(Session& session, const Definition& definition, const std::string& from,
                       const std::string& to) {
  const std::string columns = written_columns(definition);
  session.run("INSERT INTO " + identifier(to) + " (" + columns + ") SELECT " + columns + " FROM " +
              identifier(from) + " FOR SYSTEM_TIME ALL");
}

bool keeps_history(const Definition& definition) {
  if (!definition.versioned) return false;
  const Column* start = definition.column(period_of(definition)[0]);
  return start == nullptr || start->type != "bigint";
}

void refuse_long_row(const std::string& table) {
  throw Refused("table '" + table + "' has a row that is longer than max_allowed_packet",
                {"give max_allowed_packet a larger value in the server's configuration"});
}

Hashed hash_rows(Session& session, const Definition& definition, const std::string& table) {
  RowHash hash;
  session.stream(select_texts(definition, table), [&](const Row& row) {
    if (!row[0]) refuse_long_row(definition.name);
    hash.add(*row[0]);
    passed(Unit::rows);
  });
  return hash.finish();
}

std::uint64_t rows_for_progress(const Definition& definition) {
  return progress_is_heard() ? definition.rows_estimate : 0;
}

}  // namespace rollback::mysql

// The text of SHOW CREATE TABLE, taken apart at its commas so that a table can
// be made anew under another name and without some of its keys.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace rollback::mysql {

struct Element {
  enum class Kind {
    column,
    primary_key,
    unique_key,
    key,  // plain, FULLTEXT, SPATIAL, VECTOR
    foreign_key,
    check,
    other,  // PERIOD
  };
  Kind kind = Kind::other;
  std::string name;                       // of column, key or constraint; the primary key has none
  std::string sql;                        // word for word
  std::vector<std::string> columns = {};  // of a key, in its order; expressions are not named
  bool has_expressions = false;           // some part of the key is no column

  friend bool operator==(const Element&, const Element&) = default;
};

struct CreateTable {
  std::string name;
  std::vector<Element> elements;
  std::string options;  // from ENGINE= on, without AUTO_INCREMENT=

  const Element* find(Element::Kind kind, std::string_view name) const;
  friend bool operator==(const CreateTable&, const CreateTable&) = default;
};

// In whatever order plain keys stand: a foreign key that comes back makes its index
// anew, behind the others.
bool same_elements(std::vector<Element> a, std::vector<Element> b);

// Throws std::invalid_argument for what is no such text, as for a view.
CreateTable parse_create_table(std::string_view sql);

// Under that name, without the elements of some kinds.
std::string to_sql(const CreateTable& table, const std::string& name,
                   const std::vector<Element::Kind>& left_out = {});

}  // namespace rollback::mysql

// A foreign key as SHOW CREATE TABLE spells it, read for what it refers to.
#pragma once

#include <string>
#include <vector>

#include "part/database/mysql/catalogue/create_table.h"

namespace rollback::mysql {

struct ForeignKey {
  std::string name;
  std::vector<std::string> columns;
  std::string parent;         // a table
  std::string parent_schema;  // "": of the same schema
  std::vector<std::string> parent_columns;
  std::string sql;        // the whole element: "CONSTRAINT `x` FOREIGN KEY …"
  bool cascades = false;  // a change of the parent's changes rows here, and fires no trigger

  friend bool operator==(const ForeignKey&, const ForeignKey&) = default;
};

// Of an element that is one.
ForeignKey parse_foreign_key(const Element& element);

// The same key under another name, to another table of its own schema.
std::string to_sql(const ForeignKey& key, const std::string& name, const std::string& parent);

}  // namespace rollback::mysql

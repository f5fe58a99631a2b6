// Rewrites the CREATE statements that SQLite keeps in its schema, word for
// word but for what has to change.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace rollback::sqlite {

struct Token {
  enum class Kind { word, quoted, string, number, sign, comment, space };
  Kind kind;
  size_t begin, end;
};

// Covers every byte. Quoted is "x", [x] and `x`; a string 'x' or a blob x'00'.
std::vector<Token> tokenize(std::string_view sql);

// "x""y" -> x"y; a bare word is itself.
std::string unquoted(std::string_view token);

// CREATE TABLE old… -> CREATE TABLE "name"…, and old.column -> "name".column.
std::string rename_table(std::string_view sql, std::string_view name);

// CREATE [UNIQUE] INDEX old ON table… -> the same under other names.
std::string rename_index(std::string_view sql, std::string_view name, std::string_view table);

// Takes out REFERENCES and FOREIGN KEY clauses.
std::string without_foreign_keys(std::string_view sql);

}  // namespace rollback::sqlite

#include "part/database/sqlite/sql.h"

#include <cctype>
#include <initializer_list>

#include "os/error.h"
#include "part/database/sqlite/connection.h"
#include "part/database/table_pattern.h"

namespace rollback::sqlite {
namespace {

using Kind = Token::Kind;

bool is_word_byte(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte >= 0x80 || std::isalnum(byte) != 0 || c == '_' || c == '$';
}

// From an opening quote to behind its closing one; a doubled one stands for itself.
size_t end_of_quotes(std::string_view sql, size_t begin, char close) {
  for (size_t i = begin + 1; i < sql.size(); ++i) {
    if (sql[i] != close) continue;
    if (close == ']' || i + 1 == sql.size() || sql[i + 1] != close) return i + 1;
    ++i;
  }
  return sql.size();
}

size_t end_of(std::string_view sql, size_t begin, std::string_view close) {
  const size_t found = sql.find(close, begin + 2);
  return found == std::string_view::npos ? sql.size() : found + close.size();
}

template <class Predicate>
size_t end_while(std::string_view sql, size_t at, Predicate holds) {
  while (at < sql.size() && holds(sql[at])) ++at;
  return at;
}

Token next_token(std::string_view sql, size_t at) {
  const char c = sql[at];
  const char next = at + 1 < sql.size() ? sql[at + 1] : '\0';
  const auto is_space = [](char x) { return x == ' ' || (x >= '\t' && x <= '\r'); };
  if (is_space(c)) return {Kind::space, at, end_while(sql, at, is_space)};
  if (c == '-' && next == '-') return {Kind::comment, at, end_of(sql, at, "\n")};
  if (c == '/' && next == '*') return {Kind::comment, at, end_of(sql, at, "*/")};
  if (c == '\'') return {Kind::string, at, end_of_quotes(sql, at, c)};
  if (c == '"' || c == '`') return {Kind::quoted, at, end_of_quotes(sql, at, c)};
  if (c == '[') return {Kind::quoted, at, end_of_quotes(sql, at, ']')};
  if ((c == 'x' || c == 'X') && next == '\'') {
    return {Kind::string, at, end_of_quotes(sql, at + 1, '\'')};
  }
  if (std::isdigit(static_cast<unsigned char>(c)) != 0) {
    return {Kind::number, at,
            end_while(sql, at, [](char x) { return is_word_byte(x) || x == '.'; })};
  }
  if (is_word_byte(c)) return {Kind::word, at, end_while(sql, at, is_word_byte)};
  return {Kind::sign, at, at + 1};
}

// The tokens that matter, and edits by their number.
class Text {
 public:
  explicit Text(std::string_view sql) : sql_(sql) {
    for (const Token& token : tokenize(sql)) {
      if (token.kind != Kind::space && token.kind != Kind::comment) tokens_.push_back(token);
    }
  }

  size_t size() const { return tokens_.size(); }
  std::string_view at(size_t i) const {
    if (i >= tokens_.size()) return {};
    return sql_.substr(tokens_[i].begin, tokens_[i].end - tokens_[i].begin);
  }
  bool is(size_t i, std::string_view word) const {
    return i < tokens_.size() && (tokens_[i].kind == Kind::word || tokens_[i].kind == Kind::sign) &&
           same_name(at(i), word);
  }
  bool is_name(size_t i) const {
    // A 'string' where a name must stand is taken as one by SQLite.
    return i < tokens_.size() && tokens_[i].kind != Kind::sign && tokens_[i].kind != Kind::number;
  }

  // Tokens first to last, both included, become `text`.
  void replace(size_t first, size_t last, std::string text) {
    edits_.push_back({tokens_[first].begin, tokens_[last].end, std::move(text)});
  }

  std::string result() const {
    std::string text;
    size_t copied = 0;
    for (const Edit& edit : edits_) {
      text += sql_.substr(copied, edit.begin - copied);
      text += edit.text;
      copied = edit.end;
    }
    return text + std::string(sql_.substr(copied));
  }

 private:
  struct Edit {
    size_t begin, end;
    std::string text;
  };
  std::string_view sql_;
  std::vector<Token> tokens_;
  std::vector<Edit> edits_;
};

[[noreturn]] void not_understood(std::string_view sql) {
  throw Refused("cannot read the definition '" + std::string(sql.substr(0, 80)) + "'");
}

void rename_qualifiers(Text& text, size_t from, std::string_view old, std::string_view name) {
  for (size_t i = from; i + 1 < text.size(); ++i) {
    if (text.is_name(i) && text.is(i + 1, ".") && same_name(unquoted(text.at(i)), old)) {
      text.replace(i, i, identifier(name));
    }
  }
}

size_t after_parentheses(const Text& text, size_t open) {
  int depth = 0;
  for (size_t i = open; i < text.size(); ++i) {
    if (text.is(i, "(")) ++depth;
    if (text.is(i, ")") && --depth == 0) return i + 1;
  }
  return text.size();
}

bool any_of(const Text& text, size_t i, std::initializer_list<std::string_view> words) {
  for (const auto word : words) {
    if (text.is(i, word)) return true;
  }
  return false;
}

// From behind REFERENCES to behind the clause's last word.
size_t after_reference(const Text& text, size_t i) {
  ++i;  // the parent's name
  if (text.is(i, "(")) i = after_parentheses(text, i);
  while (true) {
    if (text.is(i, "on") && any_of(text, i + 1, {"delete", "update", "insert"})) {
      i += any_of(text, i + 2, {"set", "no"}) ? 4 : 3;
    } else if (text.is(i, "match")) {
      i += 2;
    } else if (text.is(i, "not") && text.is(i + 1, "deferrable")) {
      ++i;
    } else if (text.is(i, "deferrable")) {
      ++i;
    } else if (text.is(i, "initially")) {
      i += 2;
    } else {
      return i;
    }
  }
}

// At FOREIGN KEY (…) REFERENCES …: takes it out with its comma; returns what follows.
size_t drop_table_key(Text& text, size_t i) {
  const size_t references = after_parentheses(text, i + 2);
  const size_t end = after_reference(text, references + 1);
  size_t first = i;
  if (text.is(first - 2, "constraint")) first -= 2;
  if (text.is(first - 1, ",") && any_of(text, end, {",", ")"})) --first;
  text.replace(first, end - 1, " ");
  return end;
}

}  // namespace

std::vector<Token> tokenize(std::string_view sql) {
  std::vector<Token> tokens;
  for (size_t at = 0; at < sql.size(); at = tokens.back().end) {
    tokens.push_back(next_token(sql, at));
  }
  return tokens;
}

std::string unquoted(std::string_view token) {
  if (token.size() < 2) return std::string(token);
  const char open = token.front();
  if (open != '"' && open != '`' && open != '[' && open != '\'') return std::string(token);
  std::string name;
  for (size_t i = 1; i + 1 < token.size(); ++i) {
    name += token[i];
    if (open != '[' && token[i] == open) ++i;
  }
  return name;
}

std::string rename_table(std::string_view sql, std::string_view name) {
  Text text(sql);
  if (!text.is(0, "create") || !text.is(1, "table") || !text.is_name(2)) not_understood(sql);
  const std::string old = unquoted(text.at(2));
  text.replace(2, 2, identifier(name));
  rename_qualifiers(text, 3, old, name);
  return text.result();
}

std::string rename_index(std::string_view sql, std::string_view name, std::string_view table) {
  Text text(sql);
  size_t i = text.is(1, "unique") ? 2 : 1;
  if (!text.is(i, "index") || !text.is_name(i + 1) || !text.is(i + 2, "on")) not_understood(sql);
  const std::string old = unquoted(text.at(i + 3));
  text.replace(i + 1, i + 1, identifier(name));
  text.replace(i + 3, i + 3, identifier(table));
  rename_qualifiers(text, i + 4, old, table);
  return text.result();
}

std::string without_foreign_keys(std::string_view sql) {
  Text text(sql);
  size_t i = 3;  // the column list; CREATE TABLE … AS is stored with one, too
  int depth = 0;
  while (i < text.size()) {
    if (text.is(i, "(")) ++depth;
    if (text.is(i, ")")) --depth;
    if (depth == 1 && text.is(i, "foreign") && text.is(i + 1, "key")) {
      i = drop_table_key(text, i);
    } else if (depth == 1 && text.is(i, "references")) {
      const size_t end = after_reference(text, i + 1);
      text.replace(i, end - 1, " ");
      i = end;
    } else {
      ++i;
    }
  }
  return text.result();
}

}  // namespace rollback::sqlite

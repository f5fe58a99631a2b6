// What reaches a person: messages in git's voice, tables, a question. Text
// from tags, notes and commits never reaches a terminal raw.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cli/colour.h"

namespace rollback {

// Control characters and escape sequences as \xNN; UTF-8 stays.
std::string printable(std::string_view text);

void print(std::string_view text);    // standard output
void say(std::string_view line);      // the same, with a newline
void note(std::string_view line);     // standard error, no prefix
void warning(std::string_view text);  // "warning: …"
void hints(const std::vector<std::string>& lines);

// "error: …" or "fatal: …", with its hints.
void complain(std::string_view prefix, std::string_view text,
              const std::vector<std::string>& lines);

// Before another program writes to the same place.
void flush_output();
// At the very end: throws Fatal when anything of standard output got lost. Where
// its reader has gone we end as SIGPIPE would have it, but not earlier: a
// rollback is not cut short by that.
void finish_output();

bool can_ask();  // both ends are a terminal
bool ask(std::string_view question);

// Columns as wide as their widest cell, in characters.
class Table {
 public:
  void row(std::vector<std::string> cells) { rows_.push_back({std::move(cells), Colour::plain}); }
  void row(std::vector<std::string> cells, Colour colour) {
    rows_.push_back({std::move(cells), colour});
  }
  std::string text(std::string_view indent = "") const;

 private:
  struct Row {
    std::vector<std::string> cells;
    Colour colour;
  };
  std::vector<Row> rows_;
};

}  // namespace rollback

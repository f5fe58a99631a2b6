// How rows are put back, the same for every engine: those whose key is live are
// compared, the others go in, many at a time, and one that does not fit alone is
// told of while the rest goes.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "part/salvage.h"

namespace rollback {

// The rows of one table that were chosen to be put back, numbered from 1, as an
// engine holds them inside its transaction. What was taken out is no more there.
class ChosenRows {
 public:
  virtual ~ChosenRows() = default;

  virtual std::int64_t last() = 0;  // the highest number; 0: there are none

  struct Live {
    std::int64_t number = 0;
    std::string key;
    std::vector<std::string> differs;  // columns with other values
  };
  // Those whose key is live.
  virtual std::vector<Live> live() = 0;

  struct Written {
    std::int64_t rows = 0;
    std::optional<std::string> unfit;  // why; nothing was written then
  };
  // Numbers first to last, both included; all of them or none.
  virtual Written insert(std::int64_t first, std::int64_t last) = 0;
  // What is live goes to the table for what is set aside.
  virtual Written overwrite(std::int64_t number) = 0;

  virtual void take_out(std::int64_t first, std::int64_t last) = 0;
  virtual std::string key_of(std::int64_t number) = 0;
  // Whether several rows can be written all or none.
  virtual bool in_batches() const = 0;
};

struct Putting {
  PutBack& result;
  ChosenRows& rows;
};

// Rows may refer to others that come later, of these tables or the same one: as
// long as any goes in, what did not fit is tried again.
void put_rows_back(std::vector<Putting>& tables, bool overwrite);

}  // namespace rollback

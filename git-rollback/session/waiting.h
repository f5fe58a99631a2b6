// What an operation that waits for a person began with, as the journal keeps it
// (store/FORMAT.md).
#pragma once

#include <string>

#include "session/rollback.h"

namespace rollback {

struct Waiting {
  RollbackRequest request;  // the target is a point's id; with operation and resolutions
  bool undo = false;        // it came from `undo`
  std::string branch;       // the ref that HEAD named; "" : detached
  std::string head;         // its commit
  std::string part;         // the name of the one whose conflict it is
  std::string opened;       // what is laid out; "" : all that was is taken
};

std::string to_text(const Waiting& waiting);
Waiting waiting_from(const std::string& text);  // Fatal when it is not ours

}  // namespace rollback

// A plan as the journal keeps it, with what its parts prepared.
#pragma once

#include <map>
#include <string>

#include "plan/plan.h"

namespace rollback {

struct PreparedPlan {
  // Of each part: component, kind, fate, and, where it was left out, the obstacle; the
  // rest of the assessments stays behind.
  Plan plan;
  std::map<std::string, std::string> prepared;  // by part name, see PartPlan::name
  std::optional<Time> intended = {};            // when the intent was written
  std::string problem = {};                     // why it goes back; "": nothing failed so far
  std::string waiting = {};  // what a conflicted operation waits for, see session/conflicted.h
};

std::string to_text(const PreparedPlan& plan);
PreparedPlan prepared_plan_from(const std::string& text);  // Fatal when it is not ours

}  // namespace rollback

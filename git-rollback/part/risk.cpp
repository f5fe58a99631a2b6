#include "part/risk.h"

namespace rollback {

std::string_view name_of(Risk risk) {
  switch (risk) {
    case Risk::none:
      return "none";
    case Risk::minimal:
      return "minimal";
    case Risk::significant:
      break;
  }
  return "significant";
}

Risk risk_of(std::int64_t rows_lost, std::int64_t minimal) {
  if (rows_lost == 0) return Risk::none;
  return rows_lost <= minimal ? Risk::minimal : Risk::significant;
}

std::string consent_to(Risk risk) { return "--accept-data-loss=" + std::string(name_of(risk)); }

}  // namespace rollback

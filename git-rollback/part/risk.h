// How much a loss of rows is, and which word of the user's accepts it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace rollback {

enum class Risk { none, minimal, significant };
std::string_view name_of(Risk risk);

// `minimal`: rollback.minimalLoss.
Risk risk_of(std::int64_t rows_lost, std::int64_t minimal);

// "--accept-data-loss=minimal": the least that accepts so many.
std::string consent_to(Risk risk);

}  // namespace rollback

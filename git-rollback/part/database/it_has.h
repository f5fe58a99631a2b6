// What is in a definition, and what should be: in a few words of one line.
#pragma once

#include <string>
#include <string_view>

namespace rollback {

// "it has `x` int(11), not `x` int(10)"; where there is nothing now: "it lacks …".
std::string it_has(std::string_view now, std::string_view expected);

}  // namespace rollback

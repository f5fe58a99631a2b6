// A text as one word of a shell, for people who paste it into one.
#pragma once

#include <string>

namespace rollback {

std::string shell_word(const std::string& text);  // as it is where it needs no quotes

}  // namespace rollback

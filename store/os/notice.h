// What a person must hear although the work goes on, for whoever listens. What
// works does not print; only the top of the house knows where words go.
#pragma once

#include <functional>
#include <string>
#include <vector>

namespace rollback {

struct Notice {
  std::string text;                // one sentence, raw
  std::vector<std::string> hints;  // what to type next, one line each
};

// One for the whole program; none, as at the start: nobody listens.
void set_notice_listener(std::function<void(const Notice&)> listener);

// Heard at once, so that it is not lost by what is thrown later.
void give_notice(const Notice& notice);

}  // namespace rollback

// Colour as git's own commands have it: by color.rollback, color.ui, --color,
// and color.rollback.<slot> for what each kind of text looks like.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "store/repository.h"

namespace rollback {

enum class Colour { plain, good, bad, dim, strong };

// Decides once, before anything coloured is printed. `when` is what --color
// says: "always" (also: ""), "auto" or "never", and goes before the settings.
// Throws Usage for another word, Fatal for a setting that git would not take.
void choose_colour(const Settings& settings, const std::optional<std::string>& when = {});

std::string coloured(Colour colour, std::string_view text);

}  // namespace rollback

#include "cli/colour.h"

#include <unistd.h>

#include <array>
#include <cstdlib>

#include "cli/options.h"
#include "os/error.h"
#include "os/process.h"

namespace rollback {
namespace {

struct Slot {
  Colour colour;
  const char* key;
  std::string escape;
};

bool use_colour = false;
std::array slots{Slot{Colour::good, "color.rollback.good", "\x1b[32m"},
                 Slot{Colour::bad, "color.rollback.bad", "\x1b[31m"},
                 Slot{Colour::dim, "color.rollback.detail", "\x1b[2m"},
                 Slot{Colour::strong, "color.rollback.heading", "\x1b[1m"}};

bool is_set(const char* variable) {
  const char* value = getenv(variable);
  return value != nullptr && *value != '\0';
}

// A terminal, or the pager that git has put before us.
bool is_seen(const Settings& settings) {
  if (is_set("NO_COLOR")) return false;
  const char* term = getenv("TERM");
  if (term == nullptr || std::string_view(term) == "dumb") return false;
  const bool paged = is_set("GIT_PAGER_IN_USE") && settings.flag("color.pager", true);
  return isatty(STDOUT_FILENO) != 0 || paged;
}

bool is_wanted(const Settings& settings, const std::optional<std::string>& when) {
  if (when) {
    require_one_of("--color", *when, {"", "always", "auto", "never"});
    return when->empty() || *when == "always" || (*when == "auto" && is_seen(settings));
  }
  const char* key = settings.text("color.rollback") ? "color.rollback" : "color.ui";
  const std::string value = settings.text(key).value_or("auto");
  if (value == "always") return true;
  if (value == "never") return false;
  return (value == "auto" || settings.flag(key, true)) && is_seen(settings);
}

// git knows its words for colours best.
std::string escape_for(const std::string& key, const std::string& words) {
  const Finished finished =
      run({.argv = {"git", "-c", key + "=" + words, "config", "--get-color", key}});
  if (finished.status != 0) {
    throw Fatal("bad config value '" + words + "' for '" + key + "'",
                {"git config " + key + " green"});
  }
  return finished.out;
}

}  // namespace

void choose_colour(const Settings& settings, const std::optional<std::string>& when) {
  use_colour = is_wanted(settings, when);
  if (!use_colour) return;
  for (auto& slot : slots) {
    if (const auto words = settings.text(slot.key)) slot.escape = escape_for(slot.key, *words);
  }
}

std::string coloured(Colour colour, std::string_view text) {
  if (!use_colour) return std::string(text);
  for (const auto& slot : slots) {
    if (slot.colour == colour && !slot.escape.empty()) {
      return slot.escape + std::string(text) + "\x1b[m";
    }
  }
  return std::string(text);
}

}  // namespace rollback

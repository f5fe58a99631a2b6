// The four kinds of part, and their names.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>

namespace rollback {

enum class Kind { code, database, config, binaries };

inline constexpr std::array all_kinds{Kind::code, Kind::database, Kind::config, Kind::binaries};

constexpr std::string_view name_of(Kind kind) {
  constexpr std::array<std::string_view, 4> names{"code", "database", "config", "binaries"};
  return names[static_cast<size_t>(kind)];
}

// As --json spells it: "db", since CI scripts of the users' expect that word.
constexpr std::string_view json_name_of(Kind kind) {
  return kind == Kind::database ? std::string_view("db") : name_of(kind);
}

// Both spellings are understood.
constexpr std::optional<Kind> kind_of(std::string_view name) {
  for (const Kind kind : all_kinds) {
    if (name == name_of(kind) || name == json_name_of(kind)) return kind;
  }
  return std::nullopt;
}

// "playerbot/database".
inline std::string part_name(const std::string& component, Kind kind) {
  return component + "/" + std::string(name_of(kind));
}

}  // namespace rollback

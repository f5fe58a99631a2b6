#include "part/code/preserve.h"

#include <re2/re2.h>

#include <algorithm>

namespace rollback {

struct PreserveRules::Patterns {
  std::unique_ptr<RE2> subject, message, author;  // null: no such rule
};

namespace {

constexpr size_t shown_at_most = 60;  // of what a pattern finds

// As fault_of_pattern() took it.
std::unique_ptr<RE2> compiled(const std::string& pattern) {
  return pattern.empty() ? nullptr : std::make_unique<RE2>(pattern, RE2::Quiet);
}

// What the pattern finds, which may be an empty text.
std::optional<std::string> found_by(const std::unique_ptr<RE2>& pattern, const std::string& text) {
  re2::StringPiece found;
  if (!pattern || !pattern->Match(text, 0, text.size(), RE2::UNANCHORED, &found, 1)) {
    return std::nullopt;
  }
  return std::string(found);
}

bool has_line(const std::string& text, const std::string& line) {
  const auto lines = split(text, '\n');
  return std::find(lines.begin(), lines.end(), line) != lines.end();
}

// A commit that git made of another one quotes its subject; that is not its own.
bool quotes_a_subject(const Commit& commit) {
  return commit.subject.starts_with("Revert \"") || commit.subject.starts_with("Reapply \"");
}

}  // namespace

PreserveRules::PreserveRules(std::vector<PreserveClass> classes) : classes_(std::move(classes)) {
  for (const auto& one : classes_) {
    patterns_.push_back({.subject = compiled(one.subject),
                         .message = compiled(one.message),
                         .author = compiled(one.author)});
  }
}

PreserveRules::~PreserveRules() = default;
PreserveRules::PreserveRules(PreserveRules&&) noexcept = default;

bool PreserveRules::need_notes() const {
  return std::any_of(classes_.begin(), classes_.end(),
                     [](const PreserveClass& one) { return !one.labels.empty(); });
}

std::optional<std::string> PreserveRules::rule_for(const Commit& commit,
                                                   const Touched& touched) const {
  const bool quotes = quotes_a_subject(commit);
  const std::string message =
      quotes ? commit.message.substr(std::min(commit.subject.size(), commit.message.size()))
             : commit.message;
  for (size_t i = 0; i < classes_.size(); ++i) {
    const PreserveClass& one = classes_[i];
    const auto because = [&](const std::string& words) { return one.name + ": " + words; };
    if (!quotes && found_by(patterns_[i].subject, commit.subject)) return because("its subject");
    for (const auto& key : one.trailers) {
      if (!commit.trailer(key).empty()) return because("its trailer " + key);
    }
    if (const auto said = found_by(patterns_[i].message, message)) {
      return because("'" + said->substr(0, shown_at_most) + "' in its message");
    }
    if (found_by(patterns_[i].author, commit.author)) return because("its author");
    for (const auto& label : one.labels) {
      if (has_line(commit.note, label)) return because("its label '" + label + "'");
    }
    const auto by_path = touched.find(one.name);
    if (by_path != touched.end() && by_path->second.count(commit.id) != 0) {
      return because("a path that it changes");
    }
  }
  return std::nullopt;
}

}  // namespace rollback

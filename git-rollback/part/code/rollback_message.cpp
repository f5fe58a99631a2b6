#include "part/code/rollback_message.h"

#include <algorithm>
#include "os/counted.h"

namespace rollback {
namespace {

constexpr size_t shown_at_most = 10;

template <typename Wanted>
std::vector<const Candidate*> those(const Composition& made, Wanted wanted) {
  std::vector<const Candidate*> found;
  for (const auto& one : made.candidates) {
    if (wanted(one)) found.push_back(&one);
  }
  return found;
}

// Kept, and with something to keep among the paths that go back.
bool stays(const Candidate& one) { return one.kept() && one.inside; }

std::string reason_of(const Composition& made, const Candidate& one) {
  const auto settled = made.settled.find(one.unit.commit.id);
  return one.kept_for + (settled == made.settled.end() ? "" : "; " + settled->second);
}

}  // namespace

std::string rollback_message(const Composition& made, const MessageSubject& subject) {
  std::string names;
  for (const auto& one : subject.components) names += (names.empty() ? "" : ",") + one;
  std::string text = "Roll back " + names + " to " + subject.point + "\n\n";
  const auto kept = those(made, stays);
  if (!kept.empty()) {
    text += "Kept:\n";
    for (const auto* one : kept) {
      text += "  " + one->unit.shown() + " (" + reason_of(made, *one) + ")\n";
    }
    text += "\n";
  }
  text += std::string(rollback_to_trailer) + ": " + subject.point + "\n";
  text += "Rollback-Operation: " + subject.operation + "\n";
  if (!subject.whole) {
    for (const auto& one : subject.components) {
      text += std::string(component_trailer) + ": " + one + "\n";
    }
  }
  auto gone = those(made, [](const Candidate& one) { return one.inside && !one.kept(); });
  std::reverse(gone.begin(), gone.end());
  for (const auto* one : gone) {
    text += std::string(reverts_trailer) + ": " + one->unit.commit.id + "\n";
  }
  return text;
}

std::string summary_of(const Composition& made) {
  const auto goes = those(made, [](const Candidate& one) { return one.goes(); });
  const auto kept = those(made, stays);
  return counted(goes.size(), "commit") + " undone" +
         (kept.empty() ? "" : ", " + std::to_string(kept.size()) + " kept");
}

std::string kept_in_words(const Composition& made) {
  const size_t number = those(made, stays).size();
  if (number == 0) return "";
  return counted(number, "commit") + (number == 1 ? " that is kept" : " that are kept");
}

std::vector<std::string> lines_about(const Composition& made) {
  std::vector<std::string> lines;
  for (const auto* one : those(made, stays)) {
    lines.push_back("keeps " + one->unit.shown() + " (" + reason_of(made, *one) + ")");
  }
  for (const auto* one : those(made, [](const Candidate& c) { return !c.left_out_for.empty(); })) {
    lines.push_back("leaves out " + one->unit.shown() + " (" + one->kept_for +
                    "): " + one->left_out_for);
  }
  auto goes = those(made, [](const Candidate& one) { return one.goes(); });
  std::reverse(goes.begin(), goes.end());
  for (size_t i = 0; i < goes.size() && i < shown_at_most; ++i) {
    lines.push_back("undoes " + goes[i]->unit.shown());
  }
  if (goes.size() > shown_at_most) {
    lines.push_back("and undoes " + counted(goes.size() - shown_at_most, "older commit"));
  }
  const auto undone = those(made, [](const Candidate& one) {
    return one.inside && one.undone && one.left_out_for.empty() && !one.kept();
  });
  if (!undone.empty())
    lines.push_back(counted(undone.size(), "commit") + " more had been undone before");
  return lines;
}

}  // namespace rollback

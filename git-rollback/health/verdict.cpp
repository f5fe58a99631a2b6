#include "health/verdict.h"

#include <map>
#include <nlohmann/json.hpp>
#include <set>

namespace rollback {
namespace {

using nlohmann::json;

// Undone, or taken back by --abort although its record was out already.
std::set<std::string> withdrawn_operations(const std::vector<Event>& events) {
  std::set<std::string> reverted;
  std::map<std::string, std::string> undos;  // what each undoes
  for (const auto& event : events) {
    if (event.kind != "rollback" && event.kind != "undo") continue;
    const json object = json::parse(event.line, nullptr, false);
    const std::string outcome = text_at(object, "outcome");
    const std::string operation = text_at(object, "operation");
    if (outcome == "reverted") reverted.insert(operation);
    if (event.kind == "undo" && (outcome == "done" || outcome == "partial")) {
      undos[operation] = text_at(object, "undoes");
    }
  }
  std::set<std::string> withdrawn = reverted;
  for (const auto& [operation, undone] : undos) {
    if (reverted.count(operation) == 0) withdrawn.insert(undone);
  }
  return withdrawn;
}

std::vector<std::string> texts_at(const json& object, const char* key) {
  std::vector<std::string> texts;
  const auto found = object.find(key);
  if (found == object.end()) return texts;
  for (const auto& one : *found) {
    if (one.is_string()) texts.push_back(one.get<std::string>());
  }
  return texts;
}

// What the events of one deploy add up to.
struct Tally {
  Judgement judgement;
  bool good = false;
  std::string failure;

  void add(const Event& event, const std::set<std::string>& withdrawn, int min_score) {
    const json object = json::parse(event.line, nullptr, false);
    const std::string outcome = text_at(object, "outcome");
    if (event.kind == "health" && object.contains("score") && object["score"].is_number()) {
      judgement.score = object["score"].get<int>();
      if (*judgement.score >= min_score) good = true;
    } else if (event.kind == "watch" && outcome == "clean") {
      good = true;
    } else if (event.kind == "trigger" && outcome == "failed") {
      failure = text_at(object, "trigger");
    } else if (event.kind == "rollback" && (outcome == "done" || outcome == "partial") &&
               withdrawn.count(text_at(object, "operation")) == 0) {
      failure = "rolled back from";
    }
  }
};

}  // namespace

std::string_view name_of(Verdict verdict) {
  switch (verdict) {
    case Verdict::stable:
      return "stable";
    case Verdict::failed:
      return "failed";
    case Verdict::unknown:
      break;
  }
  return "unknown";
}

Judgement judge(std::string_view point, std::string_view deploy, const std::vector<Event>& events,
                int min_score) {
  const auto withdrawn = withdrawn_operations(events);
  Tally tally;
  std::optional<Verdict> mark;
  for (const auto& event : events) {
    if (event.kind == "verdict" && !point.empty()) {
      const json object = json::parse(event.line, nullptr, false);
      if (text_at(object, "point") != point) continue;
      mark = text_at(object, "verdict") == "stable" ? Verdict::stable : Verdict::failed;
    } else if (!deploy.empty() && event.deploy == deploy) {
      tally.add(event, withdrawn, min_score);
    }
  }
  Judgement judgement = tally.judgement;
  if (mark) {
    judgement.verdict = *mark;
    judgement.because = "marked by a person";
  } else if (!tally.failure.empty()) {
    judgement.verdict = Verdict::failed;
    judgement.because = tally.failure;
  } else if (tally.good) {
    judgement.verdict = Verdict::stable;
    judgement.because = judgement.score ? "health " + std::to_string(*judgement.score)
                                        : "its watch window ended clean";
  } else {
    judgement.because = deploy.empty() ? "no deploy brought it" : "no health data";
  }
  return judgement;
}

std::optional<PartlyBack> partly_back_from(std::string_view deploy,
                                           const std::vector<Event>& events) {
  const auto withdrawn = withdrawn_operations(events);
  std::optional<PartlyBack> back;
  for (const auto& event : events) {
    if (event.kind != "rollback" || event.deploy != deploy) continue;
    const json object = json::parse(event.line, nullptr, false);
    const std::string outcome = text_at(object, "outcome");
    const bool complete = object.contains("complete") && object["complete"] == true;
    if ((outcome != "done" && outcome != "partial") || complete ||
        withdrawn.count(text_at(object, "operation")) != 0) {
      continue;
    }
    if (!back) back.emplace();
    const std::string to = text_at(object, "to");
    for (const auto& name : texts_at(object, "left_out")) back->left_out[name] = to;
    for (const auto& name : texts_at(object, "parts")) {
      back->parts[name] = to;
      back->left_out.erase(name);
    }
  }
  return back;
}

std::map<std::string, std::string> given_up_since(std::string_view deploy,
                                                  const std::vector<Event>& events) {
  std::map<std::string, std::string> given_up;
  for (const auto& event : events) {
    const bool of_operation = event.kind == "rollback" || event.kind == "undo";
    if (!of_operation || event.deploy != deploy) continue;
    const json object = json::parse(event.line, nullptr, false);
    for (const auto& name : texts_at(object, "given_up")) {
      given_up[name] = text_at(object, "operation");
    }
    if (text_at(object, "outcome") == "reverted") continue;
    for (const auto& name : texts_at(object, "parts")) given_up.erase(name);
  }
  return given_up;
}

bool rolled_back_from(std::string_view deploy, const std::vector<Event>& events) {
  if (deploy.empty()) return false;
  const auto withdrawn = withdrawn_operations(events);
  for (const auto& event : events) {
    if (event.kind != "rollback" || event.deploy != deploy) continue;
    const json object = json::parse(event.line, nullptr, false);
    const std::string outcome = text_at(object, "outcome");
    if ((outcome == "done" || outcome == "partial") &&
        withdrawn.count(text_at(object, "operation")) == 0) {
      return true;
    }
  }
  return false;
}

}  // namespace rollback

#include "session/waiting.h"

#include <nlohmann/json.hpp>

#include "os/error.h"
#include "store/trailers.h"

namespace rollback {
namespace {

using nlohmann::json;

// JSON is UTF-8, and what a user types need not be.
std::string decoded(const json& text) {
  return percent_decode(text.get<std::string>()).value_or("");
}

json encoded(const std::vector<std::string>& words) {
  json list = json::array();
  for (const auto& word : words) list.push_back(percent_encode(word));
  return list;
}

std::vector<std::string> words_from(const json& list) {
  std::vector<std::string> words;
  for (const auto& word : list) words.push_back(decoded(word));
  return words;
}

json to_json(const RollbackRequest& request) {
  return {{"target", request.target},
          {"operation", request.operation},
          {"components", percent_encode(request.components)},
          {"rows", request.rows ? json(static_cast<int>(*request.rows)) : json()},
          {"accepted_loss", static_cast<int>(request.accepted_loss)},
          {"drop_undeployed", request.drop_undeployed},
          {"preserve", encoded(request.preserve)},
          {"no_preserve", encoded(request.no_preserve)},
          {"conflicts_chosen", request.conflicts_chosen},
          {"again", request.again},
          {"branch_only", request.branch_only},
          {"reason", percent_encode(request.reason)}};
}

RollbackRequest request_from(const json& object) {
  RollbackRequest request;
  request.target = object.at("target");
  request.operation = object.at("operation");
  request.components = decoded(object.at("components"));
  if (!object.at("rows").is_null()) request.rows = static_cast<Rows>(object.at("rows").get<int>());
  request.accepted_loss = static_cast<Risk>(object.at("accepted_loss").get<int>());
  request.drop_undeployed = object.at("drop_undeployed");
  request.preserve = words_from(object.at("preserve"));
  request.no_preserve = words_from(object.at("no_preserve"));
  request.conflicts_chosen = object.at("conflicts_chosen");
  request.again = object.at("again");
  request.branch_only = object.at("branch_only");
  request.reason = decoded(object.at("reason"));
  return request;
}

}  // namespace

std::string to_text(const Waiting& waiting) {
  return json{{"request", to_json(waiting.request)},
              {"undo", waiting.undo},
              {"branch", percent_encode(waiting.branch)},
              {"head", waiting.head},
              {"part", waiting.part},
              {"opened", waiting.opened},
              {"resolutions", waiting.request.resolutions}}
      .dump();
}

Waiting waiting_from(const std::string& text) try {
  const json object = json::parse(text);
  Waiting waiting;
  waiting.request = request_from(object.at("request"));
  waiting.request.resolutions = object.at("resolutions");
  waiting.undo = object.at("undo");
  waiting.branch = decoded(object.at("branch"));
  waiting.head = object.at("head");
  waiting.part = object.at("part");
  waiting.opened = object.at("opened");
  return waiting;
} catch (const json::exception& error) {
  throw Fatal(std::string("what the operation waits for cannot be read: ") + error.what());
}

}  // namespace rollback

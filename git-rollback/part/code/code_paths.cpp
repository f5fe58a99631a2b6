#include "part/code/code_paths.h"

#include <algorithm>

namespace rollback {
namespace {

std::vector<std::string> tracked_config(const CodePaths& component) {
  std::vector<std::string> files;
  for (const auto& path : component.config) {
    if (!path.starts_with('/')) files.push_back(path);
  }
  return files;
}

enum class Config { as_selected, left_out };

Pathspecs specs(const std::vector<CodePaths>& components, Config config) {
  const bool whole = std::any_of(components.begin(), components.end(),
                                 [](const CodePaths& one) { return one.pathspecs.empty(); });
  std::vector<std::string> named, left_out;
  for (const auto& component : components) {
    named.insert(named.end(), component.pathspecs.begin(), component.pathspecs.end());
    for (const auto& path : tracked_config(component)) {
      const bool goes = component.with_config && config == Config::as_selected;
      (goes ? named : left_out)
          .push_back((goes ? ":(top,literal)" : ":(top,literal,exclude)") + path);
    }
  }
  if (whole)
    named = left_out.empty() ? std::vector<std::string>{} : std::vector<std::string>{":(top)"};
  named.insert(named.end(), left_out.begin(), left_out.end());
  return named;
}

}  // namespace

Pathspecs specs_of_what_goes_back(const std::vector<CodePaths>& components) {
  return specs(components, Config::as_selected);
}

Pathspecs specs_of_what_is_kept(const std::vector<CodePaths>& components) {
  return specs(components, Config::left_out);
}

std::vector<std::string> tracked_config(const std::vector<CodePaths>& components) {
  std::vector<std::string> files;
  for (const auto& component : components) {
    for (auto& path : tracked_config(component)) files.push_back(std::move(path));
  }
  return files;
}

}  // namespace rollback

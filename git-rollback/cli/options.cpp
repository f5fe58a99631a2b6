#include "cli/options.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <functional>
#include <map>
#include <set>

#include "os/error.h"

namespace rollback {
namespace {

constexpr size_t description_column = 30;

struct Line {
  std::string names, description;
};

std::string spaced(std::string names) {
  const size_t comma = names.find(',');
  if (comma != std::string::npos) names.insert(comma + 1, " ");
  return names;
}

bool takes_value(const CLI::App& app, const std::string& name) {
  const CLI::Option* option = app.get_option_no_throw(name);
  return option != nullptr && option->get_expected_min() > 0;
}

}  // namespace

struct Options::Parser {
  CLI::App app;
  std::string usage;
  std::vector<Line> lines;
  // "--reason=" with nothing behind it is an empty value, and "--reason=-x" one
  // that begins with a dash; CLI11 takes both for an option that follows.
  std::map<std::string, std::function<void(const std::string&)>> setters;
  std::set<std::string> lists;                             // names of options that take a list
  std::map<std::string, std::function<void()>> valueless;  // --color and its like, in their order
  std::vector<std::string> subcommands;
  bool help = false;

  // "git rollback hook post-deploy -h".
  std::vector<std::string> hint() const {
    const size_t end = std::min(usage.find_first_of("[<(\n") - 1, usage.find(" --"));
    return {usage.substr(0, end) + " -h"};
  }

  void remember(const std::string& names, const std::function<void(const std::string&)>& set,
                bool is_list = false) {
    for (size_t at = 0; at < names.size();) {
      const size_t comma = std::min(names.find(',', at), names.size());
      setters[names.substr(at, comma - at)] = set;
      if (is_list) lists.insert(names.substr(at, comma - at));
      at = comma + 1;
    }
  }

  // As git's parse-options prints them: "list --target= --json".
  std::string words() const {
    std::string text;
    for (const auto& name : subcommands) text += name + " ";
    for (const auto& line : lines) {
      const bool takes_value = line.names.find(" <") != std::string::npos;
      for (size_t at = line.names.find("--"); at != std::string::npos;) {
        const size_t end = std::min(line.names.find_first_of(", [", at), line.names.size());
        text += line.names.substr(at, end - at) + (takes_value ? "= " : " ");
        at = line.names.find("--", end);
      }
    }
    if (!text.empty()) text.pop_back();
    return text;
  }

  // An unset variable of a script must not mean all of them.
  void require_names(const std::string& option, const std::string& value) const {
    if (lists.count(option) == 0 || value.find_first_not_of(',') != std::string::npos) return;
    throw Usage("option '" + option + "' names nothing: its value is empty", hint());
  }

  // Takes care of --name=value and of --color; what is left is for CLI11.
  std::vector<std::string> without_assigned(const std::vector<std::string>& arguments) {
    std::vector<std::string> rest;
    bool ended = false;
    for (size_t i = 0; i < arguments.size(); ++i) {
      const std::string& argument = arguments[i];
      ended = ended || argument == "--";
      if (!ended && i + 1 < arguments.size()) require_names(argument, arguments[i + 1]);
      if (const auto set = valueless.find(argument); !ended && set != valueless.end()) {
        set->second();
        continue;
      }
      const size_t equals = argument.find('=');
      const auto found = setters.find(argument.substr(0, equals));
      if (ended || equals == std::string::npos || found == setters.end()) {
        rest.push_back(argument);
      } else {
        require_names(found->first, argument.substr(equals + 1));
        found->second(argument.substr(equals + 1));
      }
    }
    return rest;
  }
};

Options::Options(std::string usage) : parser_(std::make_unique<Parser>()) {
  parser_->usage = std::move(usage);
  parser_->app.set_help_flag();
  parser_->app.add_flag("-h,--help", parser_->help);
}

Options::~Options() = default;

Options& Options::flag(const std::string& names, bool& value, const std::string& description) {
  parser_->app.add_flag(names, value);
  parser_->lines.push_back({spaced(names), description});
  return *this;
}

Options& Options::value(const std::string& names, const std::string& placeholder,
                        std::optional<std::string>& value, const std::string& description) {
  const auto set = [&value](const std::string& text) { value = text; };
  parser_->remember(names, set);
  parser_->app.add_option_function<std::string>(names, set)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
  parser_->lines.push_back({spaced(names) + " " + placeholder, description});
  return *this;
}

Options& Options::list(const std::string& names, const std::string& placeholder, std::string& value,
                       const std::string& description) {
  const auto add = [&value](const std::string& word) {
    value += (value.empty() ? "" : ",") + word;
  };
  parser_->remember(names, add, true);
  parser_->app
      .add_option_function<std::vector<std::string>>(names,
                                                     [add](const std::vector<std::string>& words) {
                                                       for (const auto& word : words) add(word);
                                                     })
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  parser_->lines.push_back({spaced(names) + " " + placeholder, description});
  return *this;
}

Options& Options::optional_value(const std::string& name, const std::string& placeholder,
                                 std::optional<std::string>& value,
                                 const std::string& description) {
  parser_->remember(name, [&value](const std::string& text) { value = text; });
  parser_->valueless[name] = [&value] { value = ""; };
  parser_->lines.push_back({name + "[=" + placeholder + "]", description});
  return *this;
}

Options& Options::constant(const std::string& name, std::optional<std::string>& value,
                           const std::string& meant, const std::string& description) {
  parser_->valueless[name] = [&value, meant] { value = meant; };
  parser_->lines.push_back({name, description});
  return *this;
}

Options& Options::subcommands(std::vector<std::string> names) {
  parser_->subcommands = std::move(names);
  return *this;
}

Options& Options::positional(const std::string& name, std::string& value) {
  parser_->app.add_option(name, value)->required();
  return *this;
}

Options& Options::positionals(const std::string& name, std::vector<std::string>& values) {
  parser_->app.add_option(name, values)->expected(0, -1);
  return *this;
}

Options& Options::optional_positional(const std::string& name, std::optional<std::string>& value) {
  parser_->app.add_option_function<std::string>(
      name, [&value](const std::string& text) { value = text; });
  return *this;
}

bool Options::parse(const std::vector<std::string>& arguments) {
  for (const auto& argument : arguments) {
    if (argument == "--") break;
    if (argument == "-h" || argument == "--help") return false;
    if (argument == "--git-completion-helper" || argument == "--git-completion-helper-all") {
      throw CompletionAsked{parser_->words()};
    }
  }
  std::vector<std::string> reversed = parser_->without_assigned(arguments);
  std::reverse(reversed.begin(), reversed.end());
  const std::vector<std::string> hint = parser_->hint();
  try {
    parser_->app.parse(reversed);
  } catch (const CLI::ExtrasError&) {
    for (size_t i = 0; i < arguments.size(); ++i) {
      const std::string& argument = arguments[i];
      const std::string name = argument.substr(0, argument.find('='));
      if (argument.starts_with("-") && parser_->app.get_option_no_throw(name) == nullptr) {
        throw Usage("unknown option '" + name + "'", hint);
      }
      if (takes_value(parser_->app, argument)) ++i;
    }
    throw Usage("too many arguments: '" + arguments.back() + "'", hint);
  } catch (const CLI::RequiredError& error) {
    const std::string text = error.what();  // "point is required"
    throw Usage("'<" + text.substr(0, text.find(' ')) + ">' is missing", hint);
  } catch (const CLI::ParseError& error) {
    for (const auto& argument : arguments) {
      if (takes_value(parser_->app, argument) && argument == arguments.back()) {
        throw Usage("option '" + argument + "' requires a value", hint);
      }
    }
    throw Usage(error.what(), hint);
  }
  return true;
}

std::string Options::help() const {
  std::string text = "usage: " + parser_->usage + "\n";
  if (!parser_->lines.empty()) text += "\n";
  for (const auto& [names, description] : parser_->lines) {
    std::string line = "    " + names;
    if (line.size() + 2 > description_column) {
      line += "\n" + std::string(description_column, ' ');
    } else {
      line.resize(description_column, ' ');
    }
    text += line + description + "\n";
  }
  return text;
}

void require_one_of(const std::string& option, const std::string& word,
                    const std::vector<std::string>& allowed) {
  if (std::find(allowed.begin(), allowed.end(), word) != allowed.end()) return;
  std::string list;
  for (const auto& name : allowed) list += (list.empty() ? "" : ", ") + name;
  throw Usage("'" + word + "' is no value of " + option, {"allowed: " + list});
}

}  // namespace rollback

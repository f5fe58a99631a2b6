// Options of one verb, declared once: parsed by CLI11, explained in git's
// manner by -h, and told to git's own completion.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace rollback {

class Options {
 public:
  // "git rollback list [<options>]"; further lines begin with "   or: ".
  explicit Options(std::string usage);
  ~Options();

  // `names` as CLI11 takes them: "-n,--dry-run".
  Options& flag(const std::string& names, bool& value, const std::string& description);
  Options& value(const std::string& names, const std::string& placeholder,
                 std::optional<std::string>& value, const std::string& description);
  // --color or --color=always: the value is "" for the first. The last one of
  // it and of its constants counts.
  Options& optional_value(const std::string& name, const std::string& placeholder,
                          std::optional<std::string>& value, const std::string& description);
  // --no-color: stands for a value of another option.
  Options& constant(const std::string& name, std::optional<std::string>& value,
                    const std::string& meant, const std::string& description);
  // May be given again; the values are joined with commas.
  Options& list(const std::string& names, const std::string& placeholder, std::string& value,
                const std::string& description);
  // In the order declared.
  Options& positional(const std::string& name, std::string& value);
  // Any number of them, none included, behind those declared before.
  Options& positionals(const std::string& name, std::vector<std::string>& values);

  // Words that may stand first, for the completion alone.
  Options& subcommands(std::vector<std::string> names);
  Options& optional_positional(const std::string& name, std::optional<std::string>& value);

  // False when -h was asked for: print help() and exit 129, as git does.
  // Throws Usage, in git's voice, for what does not fit.
  bool parse(const std::vector<std::string>& arguments);

  std::string help() const;

 private:
  struct Parser;
  std::unique_ptr<Parser> parser_;
};

// What --git-completion-helper asks for, as git's completion asks every command
// of git: thrown by parse(), printed by main(), exit 0.
struct CompletionAsked {
  std::string words;  // "pre-deploy --target= --json"
};

// "auto" of {"auto", "restore"}; Usage for a word that is not among them.
void require_one_of(const std::string& option, const std::string& word,
                    const std::vector<std::string>& allowed);

}  // namespace rollback

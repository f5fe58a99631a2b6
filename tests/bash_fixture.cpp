#include "bash_fixture.h"

#include <boost/filesystem/operations.hpp>

namespace rollback::testing {
namespace {

constexpr const char* gits_own = "/usr/share/bash-completion/completions/git";

// Splits a line as readline does, and calls what completes its command.
constexpr const char* typing = R"(
typed=$1
COMP_LINE=$typed COMP_POINT=${#typed} COMP_TYPE=9
COMP_WORDS=() word=
for ((i = 0; i < ${#typed}; i++)); do
  c=${typed:i:1}
  case $c in
  ' ') [ -n "$word" ] && COMP_WORDS+=("$word"); word= ;;
  [=:]) [ -n "$word" ] && COMP_WORDS+=("$word"); COMP_WORDS+=("$c"); word= ;;
  *) word+=$c ;;
  esac
done
case $typed in *=) ;; *) COMP_WORDS+=("$word") ;; esac
COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
specification=$(complete -p -- "${COMP_WORDS[0]}") || exit 9
function=${specification##*-F }
COMPREPLY=()
${function%% *}
[ ${#COMPREPLY[@]} -eq 0 ] || printf '%s\n' "${COMPREPLY[@]}"
)";

}  // namespace

std::set<std::string> lines_of(const std::string& text) {
  std::set<std::string> lines;
  for (size_t at = 0; at < text.size();) {
    const size_t end = std::min(text.find('\n', at), text.size());
    std::string line = text.substr(at, end - at);
    if (line.ends_with(' ')) line.pop_back();
    lines.insert(line);
    at = end + 1;
  }
  return lines;
}

bool BashFixture::has_gits_completion() { return fs::exists(gits_own); }

std::string BashFixture::load_both() {
  return std::string(". ") + gits_own + "\n. " GIT_ROLLBACK_COMPLETION "\n";
}

std::set<std::string> BashFixture::offered(const std::string& line, const std::string& load) {
  write("var/complete.bash", load + typing);
  const Finished bash = shell("bash --norc var/complete.bash \"$LINE\"", {{"LINE", line}});
  EXPECT_STATUS(0, bash);
  EXPECT_EQ(bash.err, "");
  return lines_of(bash.out);
}

}  // namespace rollback::testing

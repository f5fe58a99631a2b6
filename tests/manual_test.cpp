// The manual page, -h and the completion say the same, and the manual says
// what the program reads. Differences are listed, all of them at once.
#include <boost/filesystem/operations.hpp>
#include <map>
#include <regex>

#include "bash_fixture.h"
#include "os/file.h"

namespace rollback::testing {
namespace {

using Set = std::set<std::string>;

std::vector<std::string> lines_in_order(const std::string& text) {
  std::vector<std::string> lines;
  for (size_t at = 0; at < text.size();) {
    const size_t end = std::min(text.find('\n', at), text.size());
    lines.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return lines;
}

// "-n", "--dry-run" of "-n, --dry-run", "--rows" of "--rows <auto>", each alone.
Set options_in(const std::string& names) {
  static const std::regex option("(^|[ ,])(--?[a-z][a-z-]*)");
  Set found;
  for (std::sregex_iterator i(names.begin(), names.end(), option), end; i != end; ++i) {
    found.insert((*i)[2]);
  }
  return found;
}

// Lines that are indented go on with the line before; spaces in a row are one.
void add_usage(const std::string& line, std::vector<std::string>& usages) {
  static const std::regex spaces(" +");
  const bool goes_on = line.starts_with(" ") && !usages.empty();
  if (goes_on) usages.back() += line;
  if (!goes_on) usages.push_back(line);
  usages.back() = std::regex_replace(usages.back(), spaces, " ");
}

struct Help {
  std::vector<std::string> usages;
  std::map<std::string, std::string> options;  // with their placeholders
  Set verbs, not_built;
};

Help parse_help(const std::string& text) {
  static const std::regex option("    (-[^ ]*(, --[^ ]*)*( <[^ ]*>)?)(  .*|)");
  static const std::regex verb("    ([a-z-]+) +[^ ].*");
  Help help;
  std::smatch match;
  for (const auto& line : lines_in_order(text)) {
    if (line.starts_with("usage: ") || line.starts_with("   or: ")) {
      add_usage(line.substr(7), help.usages);
    } else if (std::regex_match(line, match, option)) {
      for (const auto& name : options_in(match[1])) help.options[name] = match[1];
    } else if (std::regex_match(line, match, verb)) {
      help.verbs.insert(match[1]);
    } else if (line.starts_with("Not built yet: ")) {
      for (const auto& name :
           lines_of(std::regex_replace(line.substr(15), std::regex(", "), "\n"))) {
        help.not_built.insert(name);
      }
    } else if (line.starts_with("        ") && help.options.empty()) {
      add_usage(line, help.usages);
    }
  }
  return help;
}

struct Section {
  std::string text;
  Set options, terms;
};

class Manual : public BashFixture {
 protected:
  void SetUp() override {
    begin();
    const std::string source =
        read_file(GIT_ROLLBACK_SOURCE "/git-rollback/manual/git-rollback.adoc");
    std::string title;
    for (const auto& line : lines_in_order(source)) {
      if (line.starts_with("== ") || line.starts_with("=== ")) {
        title = line.substr(line.find(' ') + 1);
        chapter_of_[title] = line.starts_with("== ") ? title : chapter_;
        if (line.starts_with("== ")) chapter_ = title;
        order_.push_back(title);
        continue;
      }
      Section& section = sections_[title];
      section.text += line + "\n";
      if (!line.ends_with("::")) continue;
      const std::string term = line.substr(0, line.find("::"));
      section.terms.insert(std::regex_replace(term, std::regex("`"), ""));
      if (term.starts_with("-")) section.options.merge(options_in(term));
    }
  }

  const Section& section(const std::string& title) { return sections_[title]; }
  Set sections_below(const std::string& chapter) const {
    Set titles;
    for (const auto& [title, its] : chapter_of_) {
      if (its == chapter && title != chapter) titles.insert(title);
    }
    return titles;
  }

  Help help(const std::string& verb) { return parse_help(text_of_help(verb)); }
  std::string text_of_help(const std::string& verb) {
    const Finished said = shell("git-rollback " + verb + " -h");
    EXPECT_STATUS(129, said);
    return said.out;
  }

  // The verb, and what stands below it, such as "hook post-deploy".
  std::vector<std::string> with_subcommands(const std::string& verb) {
    std::vector<std::string> all{verb};
    if (verb.empty()) return all;
    for (const auto& word : words_told(verb)) {
      if (!word.starts_with("-")) all.push_back(verb + " " + word);
    }
    return all;
  }
  Set words_told(const std::string& verb) {
    const Finished said = shell("git-rollback " + verb + " --git-completion-helper");
    EXPECT_STATUS(0, said);
    return lines_of(std::regex_replace(said.out, std::regex(" "), "\n"));
  }

  void compare(const Set& here, const Set& there, const std::string& verb, const std::string& where,
               const std::string& not_where) {
    for (const auto& word : here) {
      if (there.count(word) == 0) {
        differences_ += "  git rollback " + verb + ": '" + word + "' is in " + where +
                        " and not in " + not_where + "\n";
      }
    }
  }
  std::string differences_;

 private:
  std::string chapter_;
  std::map<std::string, Section> sections_;
  std::map<std::string, std::string> chapter_of_;
  std::vector<std::string> order_;
};

Set names_of(const Help& help) {
  Set names;
  for (const auto& [name, line] : help.options) names.insert(name);
  return names;
}

TEST_F(Manual, HasASectionForEachVerbAndForNoOther) {
  const Help help = this->help("");
  ASSERT_FALSE(help.verbs.empty());
  const Set described = sections_below("VERBS");
  compare(help.verbs, described, "", "-h", "the manual's VERBS");
  compare(described, help.verbs, "", "the manual's VERBS", "-h");
  EXPECT_EQ(differences_, "");
}

TEST_F(Manual, DescribesTheOptionsOfEachVerbAndNoOthers) {
  Set verbs = help("").verbs;
  verbs.insert("");
  size_t compared = 0;
  for (const auto& verb : verbs) {
    const Set& described = section(verb.empty() ? "OPTIONS" : verb).options;
    Set declared;
    for (const auto& command : with_subcommands(verb)) declared.merge(names_of(help(command)));
    compare(declared, described, verb, "-h", "the manual");
    compare(described, declared, verb, "the manual", "-h");
    compared += declared.size();
  }
  EXPECT_GT(compared, 30);
  EXPECT_EQ(differences_, "");
}

TEST_F(Manual, ShowsTheUsageOfEachVerbAsMinusHDoes) {
  std::vector<std::string> synopsis;
  for (const auto& line : lines_in_order(section("SYNOPSIS").text)) {
    if (line.starts_with("git ") || line.starts_with(" ")) add_usage(line, synopsis);
  }
  const Set shown(synopsis.begin(), synopsis.end());
  Set usages;
  Set verbs = help("").verbs;
  verbs.insert("");
  for (const auto& verb : verbs) {
    for (const auto& usage : help(verb).usages) usages.insert(usage);
  }
  compare(usages, shown, "", "-h", "the SYNOPSIS");
  compare(shown, usages, "", "the SYNOPSIS", "-h");
  EXPECT_EQ(differences_, "");
}

TEST_F(Manual, CallsNothingBuiltThatIsNotAndTheOtherWayRound) {
  const std::string& text = section("NOT BUILT YET").text;
  const Help help = this->help("");
  const auto named = [&text](const std::string& word) { return contains(text, "`" + word + "`"); };
  for (const auto& verb : help.not_built) EXPECT_TRUE(named(verb)) << verb << " is not built";
  for (const auto& verb : help.verbs) EXPECT_FALSE(named(verb)) << verb << " is built";
  for (const auto& [option, line] : help.options) EXPECT_FALSE(named(option)) << option;
}

TEST_F(Manual, AndTheCompletionNameTheSameOptionsOfEachVerb) {
  if (!has_gits_completion()) GTEST_SKIP() << no_completion;
  Set verbs = help("").verbs;
  EXPECT_EQ(offered("git rollback "), verbs);
  verbs.insert("");
  for (const auto& verb : verbs) {
    for (const auto& command : with_subcommands(verb)) {
      Set declared, completed;
      for (const auto& name : names_of(help(command))) {
        if (name.starts_with("--")) declared.insert(name);
      }
      for (const auto& word :
           offered("git rollback " + command + (command.empty() ? "--" : " --"))) {
        completed.insert(word.substr(0, word.find('=')));
      }
      compare(declared, completed, command, "-h", "the completion");
      compare(completed, declared, command, "the completion", "-h");
    }
  }
  EXPECT_EQ(differences_, "");
}

TEST_F(Manual, AndTheCompletionNameTheSameValuesOfOptions) {
  if (!has_gits_completion()) GTEST_SKIP() << no_completion;
  static const std::regex choice(".* <([a-z_]+([|][a-z_]+)+)>");
  Set verbs = help("").verbs;
  verbs.insert("");
  size_t compared = 0;
  for (const auto& verb : verbs) {
    for (const auto& [name, line] : help(verb).options) {
      std::smatch match;
      if (!std::regex_match(line, match, choice)) continue;
      const Set values = lines_of(std::regex_replace(match[1].str(), std::regex("[|]"), "\n"));
      EXPECT_EQ(offered("git rollback " + verb + " " + name + "="), values) << verb << name;
      EXPECT_TRUE(contains(section(verb.empty() ? "OPTIONS" : verb).text, line)) << line;
      ++compared;
    }
  }
  EXPECT_GE(compared, 4);
}

TEST_F(Manual, NamesEachSettingThatTheProgramReadsAndNoOther) {
  static const std::regex setting("\"((color\\.)?rollback(\\.[a-z][A-Za-z]*)+|color\\.rollback)\"");
  Set read;
  for (const std::string folder : {"/git-rollback", "/store"}) {
    for (const auto& entry : fs::recursive_directory_iterator(GIT_ROLLBACK_SOURCE + folder)) {
      const std::string extension = entry.path().extension().string();
      if (extension != ".cpp" && extension != ".h") continue;
      const std::string text = read_file(entry.path());
      for (std::sregex_iterator i(text.begin(), text.end(), setting), end; i != end; ++i) {
        read.insert((*i)[1]);
      }
    }
  }
  const Set& described = section("git config").terms;
  EXPECT_GT(read.size(), 5);
  compare(read, described, "", "the sources", "the manual's settings");
  compare(described, read, "", "the manual's settings", "the sources");
  EXPECT_EQ(differences_, "");
}

TEST_F(Manual, NamesEachKeyOfTheConfigurationAndNoOther) {
  static const std::regex allowed("unknown key 'nosuch'.*allowed: ([a-z_, ]+)");
  const std::string start = "version: 1\ncomponents:\n  a:\n    ";
  Set known;
  for (const auto& yaml : std::vector<std::string>{
           "nosuch: 1\n", start + "nosuch: 1\n", start + "database: { nosuch: 1 }\n",
           start + "binaries: { nosuch: 1 }\n", start + "code: [x]\nhealth: { nosuch: 1 }\n",
           start + "code: [x]\nverification: { nosuch: 1 }\n",
           start + "code: [x]\nretention: { nosuch: 1 }\n",
           start + "code: [x]\npreserve: { a: { nosuch: 1 } }\n",
           start + "code: [x]\nstrategies: { nosuch: 1 }\n",
           start + "code: [x]\nstrategies: { code_rollback: { nosuch: 1 } }\n"}) {
    write(".rollback.yml", yaml);
    const Finished said = rollback({"trust"});
    EXPECT_STATUS(129, said);
    std::smatch match;
    if (!std::regex_search(said.err, match, allowed)) {
      EXPECT_TRUE(contains(said.err, "not built")) << said.err;
      continue;
    }
    known.merge(lines_of(std::regex_replace(match[1].str(), std::regex(", "), "\n")));
  }
  const Set& described = section(".rollback.yml").terms;
  EXPECT_GT(known.size(), 15);
  compare(known, described, "", ".rollback.yml", "the manual");
  compare(described, known, "", "the manual", ".rollback.yml");
  EXPECT_EQ(differences_, "");
}

TEST_F(Manual, IsWrittenWithoutAMistakeThatManWouldSee) {
  const fs::path page = GIT_ROLLBACK_SHARE "/man/man1/git-rollback.1";
  if (!fs::exists(page)) GTEST_SKIP() << "asciidoctor was not there to build the manual page";
  const Finished man = shell("man --version");
  if (man.status != 0) GTEST_SKIP() << "man is not installed";
  const Finished said =
      shell("MANROFFSEQ= MANWIDTH=80 man --warnings -E UTF-8 -l -Tutf8 -Z " + page.string());
  EXPECT_STATUS(0, said);
  EXPECT_EQ(said.err, "");
}

class Installation : public ServiceFixture {};

TEST_F(Installation, OpensTheManualForHelp) {
  if (!fs::exists(GIT_ROLLBACK_SHARE "/man/man1/git-rollback.1")) {
    GTEST_SKIP() << "asciidoctor was not there to build the manual page";
  }
  if (shell("man --version").status != 0) GTEST_SKIP() << "man is not installed";
  ASSERT_STATUS(0, shell(CMAKE_PROGRAM " --install " GIT_ROLLBACK_BUILD " --prefix ../installed"));
  const Variables bare{{"PATH", scratch().string() + "/installed/bin:/usr/bin:/bin"},
                       {"MANPAGER", "cat"},
                       {"MANPATH", scratch().string() + "/installed/share/man:"}};
  for (const std::string command :
       {"git rollback --help", "git help rollback", "man git-rollback", "git-rollback --help"}) {
    const Finished page = shell(command, bare);
    EXPECT_STATUS(0, page) << command;
    EXPECT_TRUE(contains(page.out, "GIT-ROLLBACK(1)")) << page.out;
    EXPECT_TRUE(contains(page.out, "--accept-data-loss")) << page.out;
  }
  EXPECT_TRUE(fs::exists(scratch() / "installed/share/bash-completion/completions/git-rollback"));
  const Finished found = shell("unset MANPATH; " + std::string("man -w git-rollback"), bare);
  EXPECT_TRUE(contains(found.out, "installed/share/man/man1/git-rollback.1")) << found.err;
}

TEST_F(Installation, AfterAVerbHelpSaysWhatMinusHSays) {
  for (const std::string verb : {"list", "mark", "undo"}) {
    const Finished said = rollback({verb, "--help"});
    EXPECT_STATUS(129, said);
    EXPECT_EQ(said.out, rollback({verb, "-h"}).out);
  }
}

}  // namespace
}  // namespace rollback::testing

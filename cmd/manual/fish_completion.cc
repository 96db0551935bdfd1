// The completion for fish: one `complete` per option, under the condition that its subcommand was typed.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "completions.h"

namespace strobe::manual {
namespace {

std::string in_fish_quotes(const std::string& text) {
  std::string result = "'";
  for (const char c : text) {
    if (c == '\'' || c == '\\') result += '\\';
    result += c;
  }
  return result + "'";
}

constexpr const char* kFishLogic = R"(
# True while words of Strobe's subcommand $argv[1] are typed: not where the words of a program that it runs have
# begun.
function __strobe_in
    set -l words (commandline -opc)
    test "$words[2]" = "$argv[1]"; or return 1
    set -l valued (__strobe_valued $argv[1]); or return 0
    set -l skip 0
    for word in $words[3..]
        if test $skip -eq 1
            set skip 0
        else if test "$word" = --; or not string match -q -- '-*' $word
            return 1
        else if contains -- $word $valued
            set skip 1
        end
    end
    return 0
end
)";

/// Arguments of `complete` for a value.
std::string value_arguments(const Offer& offer) {
  std::vector<std::string> lists;
  std::string result;
  if (!offer.words.empty() && offer.separator != '\0') {
    lists.push_back(fmt::format("(__fish_complete_list {} \"string split ' ' '{}'\")", offer.separator,
                                fmt::join(offer.words, " ")));
  } else if (!offer.words.empty()) {
    lists.push_back(fmt::format("{}", fmt::join(offer.words, " ")));
  }
  if (offer.recordings)
    lists.emplace_back(R"((__fish_complete_suffix .strobe | string match -r '.*\.strobe$|.*/$'))");
  if (offer.directories) lists.emplace_back("(__fish_complete_directories)");
  if (offer.processes) lists.emplace_back("(__fish_complete_pids)");
  if (offer.files) result += " -F";
  if (!lists.empty()) result += " -a " + in_fish_quotes(fmt::format("{}", fmt::join(lists, " ")));
  return result;
}

std::string option_line(const OptionDescription& option, const std::string& condition) {
  std::string line = "complete -c strobe -n " + in_fish_quotes(condition);
  for (const std::string& name : option.names) {
    line += name.starts_with("--") ? " -l " + name.substr(2) : " -s " + name.substr(1);
  }
  line += " -d " + in_fish_quotes(option.text);
  if (!option.value.empty()) line += (option.offer.files ? " -r" : " -x") + value_arguments(option.offer);
  return line + "\n";
}

/// For a subcommand that runs another program: its options that take a value.
std::string valued_case(const CommandDescription& command) {
  std::vector<std::string> valued;
  for (const OptionDescription& option : command.options) {
    if (!option.value.empty()) valued.insert(valued.end(), option.names.begin(), option.names.end());
  }
  return fmt::format("        case {}\n            string split ' ' -- '{}'\n", command.name,
                     fmt::join(valued, " "));
}

std::string subcommand_lines(const CommandDescription& command) {
  const std::string condition = "__strobe_in " + command.name;
  std::string lines;
  for (const OptionDescription& option : command.options) lines += option_line(option, condition);
  for (const OptionDescription& argument : command.arguments) {
    lines += "complete -c strobe -n " + in_fish_quotes(condition) + value_arguments(argument.offer) + "\n";
  }
  if (command.runs_command) {
    lines += fmt::format(
        "complete -c strobe -n 'set -l words (commandline -opc); test \"$words[2]\" = {0}' "
        "-a '(__fish_complete_subcommand --fcs-skip=2 (__strobe_valued {0}))'\n",
        command.name);
  }
  return lines;
}

}  // namespace

std::string fish_completion(const CommandDescription& program) {
  std::string text = "# fish completion for strobe; generated from its command line.\n";
  text += "function __strobe_valued\n    switch $argv[1]\n";
  for (const CommandDescription& command : program.subcommands) {
    if (command.runs_command) text += valued_case(command);
  }
  text += "        case '*'\n            return 1\n    end\nend\n";
  text += std::string(kFishLogic) + "\ncomplete -c strobe -f\n";
  const std::string first = "test (count (commandline -opc)) -eq 1";
  for (const OptionDescription& option : program.options) text += option_line(option, first);
  for (const CommandDescription& command : program.subcommands) {
    text += "complete -c strobe -n " + in_fish_quotes(first) + " -a " + command.name + " -d " +
            in_fish_quotes(command.text) + "\n";
  }
  for (const CommandDescription& command : program.subcommands) text += subcommand_lines(command);
  return text;
}

}  // namespace strobe::manual

// The completion for bash. It needs nothing of the package bash-completion, but uses it for the words of the
// profiled program where it is loaded.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "completions.h"

namespace strobe::manual {
namespace {

// "--engine=perf" arrives as three words, since "=" is among COMP_WORDBREAKS.
constexpr const char* kBashLogic = R"(
# Adds what begins with $current: of the words given, files, directories, recordings, process ids.
_strobe_add() {
  local IFS=$'\n' kind=$1 process
  shift
  case $kind in
    words) COMPREPLY+=($(compgen -W "$*" -- "$current")) ;;
    list)  # several words with $1 between them: only the last one is completed
      local separator=$1 before=
      shift
      [[ $current == *"$separator"* ]] && before=${current%"$separator"*}$separator
      COMPREPLY+=($(compgen -P "$before" -W "$*" -- "${current##*"$separator"}"))
      compopt -o nospace 2>/dev/null ;;
    files) COMPREPLY+=($(compgen -f -- "$current")); compopt -o filenames 2>/dev/null ;;
    directories) COMPREPLY+=($(compgen -d -- "$current")); compopt -o filenames 2>/dev/null ;;
    recordings)
      COMPREPLY+=($(compgen -f -X '!*.strobe' -- "$current") $(compgen -d -- "$current"))
      compopt -o filenames 2>/dev/null ;;
    processes)
      for process in /proc/[0-9]*; do
        process=${process#/proc/}
        [[ $process == "$current"* ]] && COMPREPLY+=("$process")
      done ;;
  esac
}

# The profiled program and its words, from word $1 on.
_strobe_other_program() {
  if declare -F _command_offset >/dev/null; then
    _command_offset "$1"
  elif [[ $COMP_CWORD -eq $1 ]]; then
    COMPREPLY=($(compgen -c -- "$current"))
  else
    _strobe_add files
  fi
}

# Finds the subcommand, the option whose value is being typed, and where another program's words begin.
_strobe_read_words() {
  local i word
  for ((i = 1; i < COMP_CWORD; ++i)); do
    word=${COMP_WORDS[i]}
    if [[ -n $valued ]]; then
      [[ $word == = ]] || valued=
    elif [[ $word == -- || $word != -* ]]; then
      if [[ -z $subcommand ]]; then subcommand=$word
      elif _strobe_runs_program "$subcommand"; then
        [[ $word == -- ]] && ((++i))
        program_at=$i
        return
      fi
    elif _strobe_takes_value "$subcommand" "$word"; then
      valued=$word
    fi
  done
}

_strobe() {
  local current=${COMP_WORDS[COMP_CWORD]} subcommand= valued= program_at=
  COMPREPLY=()
  _strobe_read_words
  [[ $current == = ]] && current=
  if [[ -n $program_at ]]; then
    _strobe_other_program "$program_at"
  elif [[ -n $valued ]]; then
    _strobe_value "$subcommand" "$valued"
  elif [[ $current == -* ]]; then
    _strobe_add words $(_strobe_options "$subcommand")
  elif _strobe_runs_program "$subcommand"; then
    _strobe_other_program "$COMP_CWORD"
  else
    _strobe_argument "$subcommand"
  fi
}
complete -F _strobe strobe
)";

/// Calls of _strobe_add for everything that is offered.
std::string add_calls(const Offer& offer) {
  std::vector<std::string> calls;
  if (!offer.words.empty()) {
    const std::string kind = offer.separator == '\0' ? "words" : fmt::format("list '{}'", offer.separator);
    calls.push_back(fmt::format("_strobe_add {} {}", kind, fmt::join(offer.words, " ")));
  }
  if (offer.recordings) calls.emplace_back("_strobe_add recordings");
  if (offer.files) calls.emplace_back("_strobe_add files");
  if (offer.directories) calls.emplace_back("_strobe_add directories");
  if (offer.processes) calls.emplace_back("_strobe_add processes");
  return calls.empty() ? ":" : fmt::format("{}", fmt::join(calls, "; "));
}

/// "run,-o | run,--output".
std::string keys(const std::string& command, const OptionDescription& option) {
  std::string result;
  for (const std::string& name : option.names) {
    result += fmt::format("{}{},{}", result.empty() ? "" : " | ", command, name);
  }
  return result;
}

std::string options_function(const CommandDescription& program) {
  std::string text = "_strobe_options() {\n  case $1 in\n";
  text += fmt::format("    '') echo '{}' ;;\n", fmt::join(program.option_names(), " "));
  for (const CommandDescription& command : program.subcommands) {
    text += fmt::format("    {}) echo '{}' ;;\n", command.name, fmt::join(command.option_names(), " "));
  }
  return text + "  esac\n}\n";
}

std::string value_functions(const CommandDescription& program) {
  std::string takes = "_strobe_takes_value() {\n  case $1,$2 in\n";
  std::string value = "_strobe_value() {\n  case $1,$2 in\n";
  for (const CommandDescription& command : program.subcommands) {
    for (const OptionDescription& option : command.options) {
      if (option.value.empty()) continue;
      takes += fmt::format("    {}) return 0 ;;\n", keys(command.name, option));
      if (!option.offer.empty())
        value += fmt::format("    {}) {} ;;\n", keys(command.name, option), add_calls(option.offer));
    }
  }
  return takes + "  esac\n  return 1\n}\n" + value + "  esac\n}\n";
}

std::string argument_functions(const CommandDescription& program) {
  std::vector<std::string> names;
  std::string arguments = "_strobe_argument() {\n  case $1 in\n";
  std::string runs = "_strobe_runs_program() {\n  case $1 in\n";
  for (const CommandDescription& command : program.subcommands) {
    names.push_back(command.name);
    if (command.runs_command) runs += fmt::format("    {}) return 0 ;;\n", command.name);
    std::vector<std::string> calls;
    for (const OptionDescription& argument : command.arguments) calls.push_back(add_calls(argument.offer));
    if (!calls.empty()) arguments += fmt::format("    {}) {} ;;\n", command.name, fmt::join(calls, "; "));
  }
  arguments += fmt::format("    '') _strobe_add words {} ;;\n", fmt::join(names, " "));
  return arguments + "  esac\n}\n" + runs + "  esac\n  return 1\n}\n";
}

}  // namespace

std::string bash_completion(const CommandDescription& program) {
  return "# bash completion for strobe; generated from its command line.\n" + options_function(program) +
         value_functions(program) + argument_functions(program) + kBashLogic;
}

}  // namespace strobe::manual

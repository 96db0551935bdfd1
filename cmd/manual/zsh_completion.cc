// The completion for zsh: a function per subcommand that calls _arguments, and one per value.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "completions.h"

namespace strobe::manual {
namespace {

// zsh's own _pids offers the processes of this terminal only.
constexpr const char* kZshLogic = R"(_strobe_processes() {
  local -a processes
  local process name
  for process in /proc/<->(N:t); do
    read -r name </proc/$process/comm && processes+=("$process:$name")
  done 2>/dev/null
  _describe -t processes 'process id' processes
}
_strobe_program() {
  # A marker directly behind the subcommand is left among the words.
  [[ $words[1] == -- ]] && shift words && ((CURRENT--))
  _normal
}
)";

/// In single quotes.
std::string in_zsh_quotes(const std::string& text) {
  std::string result = "'";
  for (const char c : text) result += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return result + "'";
}

/// `special` characters with a backslash before them, as _arguments wants its descriptions.
std::string escaped(const std::string& text, std::string_view special) {
  std::string result;
  for (const char c : text) {
    if (special.find(c) != std::string_view::npos) result += '\\';
    result += c;
  }
  return result;
}

/// Letters of an option's name that may be in a function's name.
std::string identifier(std::string text) {
  for (char& c : text) c = c == '-' ? '_' : c;
  return text;
}

/// The function that offers the values of an option or argument.
std::string value_function(const std::string& name, const OptionDescription& option) {
  const Offer& offer = option.offer;
  if (offer.separator != '\0' && !offer.words.empty()) {
    return fmt::format("{}() {{ _values -s {} {} {} }}\n", name,
                       in_zsh_quotes(std::string(1, offer.separator)), in_zsh_quotes(option.value),
                       fmt::join(offer.words, " "));
  }
  std::string kinds;
  if (!offer.words.empty()) {
    kinds += " " + in_zsh_quotes(fmt::format("words:word:({})", fmt::join(offer.words, " ")));
  }
  if (offer.recordings) kinds += R"( 'recordings:recording:_files -g "*.strobe"')";
  if (offer.files) kinds += " 'files:file:_files'";
  if (offer.directories) kinds += " 'directories:directory:_directories'";
  if (offer.processes) kinds += " 'processes:process id:_strobe_processes'";
  return kinds.empty() ? name + "() { _message " + in_zsh_quotes(option.value) + " }\n"
                       : fmt::format("{}() {{ _alternative{} }}\n", name, kinds);
}

/// The specifications of one option, one per name; all its names exclude each other.
std::string option_specs(const OptionDescription& option, const std::string& function) {
  std::string result;
  const std::string excluded =
      option.repeats ? std::string("*") : fmt::format("({})", fmt::join(option.names, " "));
  for (const std::string& name : option.names) {
    std::string spec = excluded + name;
    if (!option.value.empty()) spec += name.starts_with("--") ? "=" : "+";
    spec += "[" + escaped(option.text, "[]\\") + "]";
    if (!option.value.empty()) spec += ":" + escaped(option.value, ":\\") + ":" + function;
    result += " \\\n    " + in_zsh_quotes(spec);
  }
  return result;
}

std::string subcommand_functions(const CommandDescription& command) {
  const std::string name = "_strobe_" + identifier(command.name);
  std::string values;
  std::string arguments = command.runs_command ? "  _arguments -S -A '-*'" : "  _arguments -S";
  for (const OptionDescription& option : command.options) {
    const std::string function = name + "_" + identifier(option.names.back());
    if (!option.value.empty()) values += value_function(function, option);
    arguments += option_specs(option, function);
  }
  if (command.runs_command) {
    arguments += " \\\n    '*::command:_strobe_program'";
  } else if (!command.arguments.empty()) {
    // Positions are not told apart: a recording may be left out before a view.
    OptionDescription any;
    any.value = "argument";
    for (const OptionDescription& argument : command.arguments) {
      const Offer& offer = argument.offer;
      any.offer.words.insert(any.offer.words.end(), offer.words.begin(), offer.words.end());
      any.offer.files |= offer.files;
      any.offer.directories |= offer.directories;
      any.offer.recordings |= offer.recordings;
      any.offer.processes |= offer.processes;
    }
    values += value_function(name + "_argument", any);
    arguments += " \\\n    '*:argument:" + name + "_argument'";
  }
  return values + name + "() {\n" + arguments + "\n}\n";
}

}  // namespace

std::string zsh_completion(const CommandDescription& program) {
  std::string functions;
  std::string described;
  std::string cases;
  for (const CommandDescription& command : program.subcommands) {
    functions += subcommand_functions(command);
    described += "\n    " + in_zsh_quotes(command.name + ":" + command.text);
    cases += fmt::format("    {0}) _strobe_{1} ;;\n", command.name, identifier(command.name));
  }
  std::string own;
  for (const OptionDescription& option : program.options) own += option_specs(option, "_files");
  return std::string("#compdef strobe\n# zsh completion for strobe; generated from its command line.\n") +
         kZshLogic + functions +
         "_strobe() {\n  local curcontext=$curcontext state line\n  local -a subcommands=(" + described +
         "\n  )\n  _arguments -C" + own +
         " \\\n    '1:subcommand:->subcommand' '*::argument:->argument'\n"
         "  case $state in\n    subcommand) _describe -t commands subcommand subcommands; return ;;\n"
         "    argument) ;;\n    *) return ;;\n  esac\n  case $words[1] in\n" +
         cases + "  esac\n}\n" +
         "if [[ $funcstack[1] == _strobe ]]; then _strobe \"$@\"; else compdef _strobe strobe; fi\n";
}

}  // namespace strobe::manual

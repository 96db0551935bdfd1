// The command line as plain data: what --help says, read from CLI11's application, so that man pages and
// completions are pure functions of it.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

namespace strobe::manual {

/// What completion can offer for a value.
struct Offer {
  std::vector<std::string> words;
  char separator = '\0';  ///< several words may be given, joined by it
  bool files = false;
  bool directories = false;
  bool recordings = false;  ///< *.strobe
  bool processes = false;   ///< process ids

  [[nodiscard]] bool empty() const {
    return words.empty() && !files && !directories && !recordings && !processes;
  }
};

/// An option, or a positional argument (which has no names).
struct OptionDescription {
  std::vector<std::string> names;  ///< as they are typed: "-o", "--output"
  std::string value;               ///< "FILE"; empty for a flag
  std::string text;
  std::string group;
  bool repeats = false;  ///< may be given several times
  Offer offer;
};

struct CommandDescription {
  std::string name;  ///< "strobe", or the subcommand's: "run"
  std::string text;
  std::string usage;  ///< "strobe run [options] -- COMMAND [ARG…]"
  std::string footer;
  std::vector<OptionDescription> options;  ///< in the order of --help, groups together
  std::vector<OptionDescription> arguments;
  bool runs_command = false;  ///< the first word that is no option begins another program's command line
  std::vector<CommandDescription> subcommands;

  /// Every spelling of every option.
  [[nodiscard]] std::vector<std::string> option_names() const;
};

/// Walks the application: options, groups, footers, subcommands.
[[nodiscard]] CommandDescription describe(CLI::App& app);

}  // namespace strobe::manual

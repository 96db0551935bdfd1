// The whole command line as CLI11 knows it. The program parses its words with it; man pages and completions
// are generated from it (cmd/manual).
#pragma once

#include <CLI/CLI.hpp>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "commands.h"

namespace strobe::cli {

struct Application {
  std::unique_ptr<CLI::App> app;
  std::vector<std::pair<std::string, Action>> actions;  ///< by the subcommand's name
};

/// `after_marker`: see add_run_command.
[[nodiscard]] Application make_application(const std::vector<std::string>& after_marker);

}  // namespace strobe::cli

// The subcommands. Each adds itself to the application and returns what to call when it was chosen.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <string>
#include <vector>

namespace strobe::cli {

/// Help whose first line is `usage`, for words that CLI11 cannot know ("-- COMMAND").
void set_usage(CLI::App& app, const std::string& usage);

/// Runs the subcommand with its parsed options; returns the exit status.
using Action = std::function<int()>;

/// `after_marker`: the words behind the first "--", which belong to the profiled program.
Action add_run_command(CLI::App& app, const std::vector<std::string>& after_marker);
Action add_attach_command(CLI::App& app);
Action add_report_command(CLI::App& app);

}  // namespace strobe::cli

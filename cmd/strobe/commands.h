// The subcommands. Each adds itself to the application and returns what to call when it was chosen.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <string>
#include <vector>

namespace strobe::cli {

/// Help whose first line is `usage`, for words that CLI11 cannot know ("-- COMMAND").
void set_usage(CLI::App& app, const std::string& usage);

/// Says which words an option or positional takes; completions offer them. Checking them stays with whoever
/// reads the option. Returns `option`.
CLI::Option* offer_values(CLI::Option* option, const std::vector<std::string>& values);
/// The words of offer_values, none where there was no such call.
[[nodiscard]] std::vector<std::string> offered_values(CLI::Option& option);

/// What all subcommands with a functions table say about --sort.
inline constexpr const char* kSortHelp =
    "Sort keys: calls cumulative cumtime file filename module ncalls pcalls line name nfl stdname time "
    "tottime,\n"
    "or a prefix that can mean one thing only (cum, tot, fi).\n";

/// Runs the subcommand with its parsed options; returns the exit status.
using Action = std::function<int()>;

/// `after_marker`: the words behind the first "--", which belong to the profiled program.
Action add_run_command(CLI::App& app, const std::vector<std::string>& after_marker);
Action add_attach_command(CLI::App& app);
Action add_dump_command(CLI::App& app);
Action add_report_command(CLI::App& app);
Action add_export_command(CLI::App& app);
Action add_doctor_command(CLI::App& app);
Action add_compare_command(CLI::App& app);
Action add_control_command(CLI::App& app);

}  // namespace strobe::cli

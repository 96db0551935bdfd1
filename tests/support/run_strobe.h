// Runs the built strobe program in tests and reads what it says: exit status, output, the JSON report, and
// the ground truth that a sample workload prints as its last line.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "support/child_program.h"

namespace strobe::test {

struct StrobeRun {
  ProgramResult program;
  std::string recording;  ///< path of the recording
  nlohmann::json report;  ///< null where none was written or it is not JSON
  nlohmann::json truth;   ///< last line of stdout where that is a JSON object, else null
  /// CPU time that a hypervisor took from this machine meanwhile (/proc/stat, all CPUs). Programs' own clocks
  /// leave it out, records of switches do not. Of run_strobe() alone.
  double stolen_s = 0;
};

/// `strobe run` of `command` with `options`, the recording and the report in `folder`.
struct StrobeCommand {
  std::string strobe;  ///< path of the program
  std::string folder;
  std::vector<std::string> wrapper;  ///< put before: setpriv and its options, …
  std::vector<std::string> options;  ///< of `strobe run`
  std::vector<std::string> command;  ///< the program to profile
  std::chrono::milliseconds limit = ChildProgram::kPatience;
};

/// The arguments that start `run`; the recording is folder/recording.strobe, the report folder/report.json.
[[nodiscard]] std::vector<std::string> arguments_of(const StrobeCommand& run);
/// Runs it to its end.
[[nodiscard]] StrobeRun run_strobe(const StrobeCommand& run);
/// Reads report and truth of a run that a test started and finished by itself.
[[nodiscard]] StrobeRun read_run(const StrobeCommand& run, ProgramResult program);

/// JSON of a file, or of the last line of a text; null where there is none.
[[nodiscard]] nlohmann::json read_json(const std::string& path);
[[nodiscard]] nlohmann::json last_line_json(const std::string& text);

}  // namespace strobe::test

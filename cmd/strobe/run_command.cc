// strobe run [options] -- COMMAND [ARG…]
#include <cstdlib>
#include <memory>

#include "commands.h"
#include "exit_status.h"
#include "options.h"
#include "views.h"

namespace strobe::cli {
namespace {

struct RunOptions {
  RecordOptions record;
  ReportOptions report;
  std::vector<std::string> command;
  bool unknown_option = false;  ///< the first word of `command` is one
};

int run(const RunOptions& options) {
  if (options.command.empty()) {
    return report_error({ErrorCode::invalid_argument, "run needs a command", "strobe run -- COMMAND [ARG…]"});
  }
  if (options.unknown_option) {
    return report_error({ErrorCode::invalid_argument, "unknown option " + options.command.front(),
                         "see: strobe run --help; a command that begins with a dash goes behind --"});
  }
  Result<ReportRequest> report = make_report_request(options.report, {});
  if (!report) return report_error(report.error());
  report->embed_source = options.record.embed_source;
  Result<workflow::RecordRequest> request = make_request(options.record, options.command.front());
  if (!request) return report_error(request.error());
  if (Result<void> checked = check_json_path(report->json_path); !checked)
    return report_error(checked.error());
  request->command = options.command;
  const char* path = std::getenv("PATH");
  request->search_path = path != nullptr ? path : "/bin:/usr/bin";  // as execvp(3) has it

  ConsoleDiagnostics diagnostics(options.record.quiet);
  request->on_snapshot = snapshot_printer(*report, options.record.quiet);
  Result<workflow::RecordOutcome> outcome = workflow::record(*request, diagnostics);
  if (!outcome) return report_error(outcome.error());
  if (outcome->exec_error) {
    report_error(*outcome->exec_error);
    return outcome->exit_status.value_or(kExitStrobeFailed);
  }
  const int finished = finish_recording(outcome->path, *report, options.record.quiet);
  // The program's status is its own even where its summary failed; that failure was said.
  return outcome->exit_status.value_or(finished);
}

}  // namespace

Action add_run_command(CLI::App& app, const std::vector<std::string>& after_marker) {
  CLI::App* command = app.add_subcommand("run", "Run a command and profile it and its children");
  auto options = std::make_shared<RunOptions>();
  set_usage(*command, "strobe run [options] -- COMMAND [ARG…]");
  command->footer(
      std::string(kSortHelp) +
      "The command's input, output and exit status are its own; Strobe's words go to stderr.\n"
      "Exit status: the command's (128+N after signal N); 125 Strobe failed, 126 COMMAND cannot be "
      "executed,\n"
      "127 COMMAND was not found.");
  // Without "--" the first word that is no option begins the command.
  command->prefix_command();
  add_record_options(*command, options->record);
  add_report_options(*command, options->report);
  return [command, options, after_marker] {
    options->command = command->remaining();
    options->unknown_option = !options->command.empty() && options->command.front().starts_with('-');
    if (!options->command.empty() && !after_marker.empty()) options->command.emplace_back("--");
    options->command.insert(options->command.end(), after_marker.begin(), after_marker.end());
    return run(*options);
  };
}

}  // namespace strobe::cli

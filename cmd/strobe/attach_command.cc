// strobe attach PID…
#include <fmt/format.h>
#include <unistd.h>

#include <fstream>
#include <memory>

#include "commands.h"
#include "exit_status.h"
#include "option_text.h"
#include "options.h"
#include "views.h"

namespace strobe::cli {
namespace {

struct AttachOptions {
  RecordOptions record;
  ReportOptions report;
  std::vector<std::string> pids;
  std::string memory;  ///< empty: what is resident, as always
};

/// The short name of a process for the recording's file name.
std::string program_name(pid_t pid) {
  std::string name;
  std::getline(std::ifstream(fmt::format("/proc/{}/comm", pid)), name);
  return name.empty() ? fmt::format("pid{}", pid) : name;
}

int attach(const AttachOptions& options) {
  if (options.pids.empty()) {
    return report_error({ErrorCode::invalid_argument, "attach needs a process id", "strobe attach PID…"});
  }
  std::vector<pid_t> pids;
  for (const std::string& word : options.pids) {
    Result<pid_t> pid = parse_pid(word);
    if (!pid) return report_error(pid.error());
    pids.push_back(*pid);
  }
  Result<ReportRequest> report = make_report_request(options.report, {});
  if (!report) return report_error(report.error());
  report->embed_source = options.record.embed_source;
  Result<workflow::RecordRequest> request = make_request(options.record, program_name(pids.front()));
  if (!request) return report_error(request.error());
  if (Result<void> checked = check_json_path(report->json_path); !checked)
    return report_error(checked.error());
  request->pids = pids;
  if (!options.memory.empty() && options.memory != kResidentMemory) {
    return report_error(
        {ErrorCode::invalid_argument, "attach cannot see allocations of a program that runs already",
         "--memory=resident tells where pages become resident; strobe run --memory -- COMMAND"});
  }
  if (!options.memory.empty()) request->engine.fault_period = kFaultPeriod;

  ConsoleDiagnostics diagnostics(options.record.quiet);
  if (!options.record.quiet && ::isatty(STDERR_FILENO) == 1 && !request->duration_ns) {
    diagnostics.warn("recording; Ctrl-C ends it");
  }
  request->on_snapshot = snapshot_printer(*report, options.record.quiet);
  Result<workflow::RecordOutcome> outcome = workflow::record(*request, diagnostics);
  if (!outcome) return report_error(outcome.error());
  return finish_recording(outcome->path, *report, options.record.quiet);
}

}  // namespace

Action add_attach_command(CLI::App& app) {
  CLI::App* command = app.add_subcommand("attach", "Profile running processes until they end, -d, or Ctrl-C");
  auto options = std::make_shared<AttachOptions>();
  set_usage(*command, "strobe attach [options] PID…");
  command->footer(std::string(kSortHelp) +
                  "The processes are never stopped for good, killed or written to.\n"
                  "Exit status: 0, or 125 where Strobe failed.");
  command->add_option("pid", options->pids, "Processes to profile")->type_name("PID")->group("");
  add_record_options(*command, options->record);
  offer_values(command->add_option("--memory", options->memory, "resident: page faults by stack, one in 17")
                   ->type_name("HOW")
                   ->group(kRecordGroup),
               {"resident"});
  add_report_options(*command, options->report);
  return [options] { return attach(*options); };
}

}  // namespace strobe::cli

// strobe run [options] -- COMMAND [ARG…]
#include <cstdlib>
#include <memory>

#include "commands.h"
#include "exit_status.h"
#include "option_text.h"
#include "options.h"
#include "views.h"

namespace strobe::cli {
namespace {

struct RunOptions {
  RecordOptions record;
  ReportOptions report;
  std::vector<std::string> command;
  std::string memory;           ///< empty: none
  std::string memory_interval;  ///< empty: as usual
  bool python_allocators = false;
  bool unknown_option = false;  ///< the first word of `command` is one
};

constexpr uint64_t kMemoryInterval = 512 * 1024;

Result<std::optional<heap::SessionOptions>> memory_options(const RunOptions& options) {
  if (options.python_allocators && (options.memory.empty() || options.memory == kResidentMemory)) {
    return fail(ErrorCode::invalid_argument, "--python-allocators without recorded allocations",
                "give --memory or --memory=all as well");
  }
  if (options.memory.empty()) {
    if (options.memory_interval.empty()) return std::optional<heap::SessionOptions>();
    return fail(ErrorCode::invalid_argument, "--memory-interval without --memory");
  }
  heap::SessionOptions session{.python_allocators = options.python_allocators};
  if (options.memory == kResidentMemory) {
    if (options.memory_interval.empty()) return std::optional<heap::SessionOptions>();
    return fail(ErrorCode::invalid_argument, "--memory-interval is for --memory=sampled");
  }
  if (options.memory == "true" || options.memory == "sampled") {  // "true": without a word of its own
    session.interval_bytes = kMemoryInterval;
  } else if (options.memory != "all") {
    return fail(ErrorCode::invalid_argument, "--memory=" + options.memory, "it is sampled, all or resident");
  }
  if (!options.memory_interval.empty()) {
    Result<uint64_t> interval = parse_interval(options.memory_interval);
    if (!interval) return pass(std::move(interval));
    if (session.interval_bytes == 0) {
      return fail(ErrorCode::invalid_argument, "--memory-interval is for --memory=sampled");
    }
    session.interval_bytes = *interval;
  }
  if (!options.record.max_size.empty() || !options.record.max_age.empty()) {
    return fail(ErrorCode::invalid_argument, "--memory with a bound of the recording",
                "leave out --max-size and --max-age: rows of memory do not grow with time");
  }
  const char* preload = std::getenv("LD_PRELOAD");
  if (preload != nullptr) session.preload = preload;
  const char* cache = std::getenv("XDG_CACHE_HOME");
  const char* home = std::getenv("HOME");
  if (cache != nullptr && cache[0] == '/') {
    session.cache_folder = std::string(cache) + "/strobe";
  } else if (home != nullptr && home[0] == '/') {
    session.cache_folder = std::string(home) + "/.cache/strobe";
  }
  return std::optional(std::move(session));
}

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
  Result<std::optional<heap::SessionOptions>> memory = memory_options(options);
  if (!memory) return report_error(memory.error());
  request->memory = std::move(*memory);
  if (options.memory == kResidentMemory) request->engine.fault_period = kFaultPeriod;
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
  // Never the next word, which is the command.
  command
      ->add_flag("--memory", options->memory,
                 "Allocations as well, by a library that the program loads: sampled, or =all; =resident: "
                 "without it, page "
                 "faults by stack, one in 17")
      ->group(kRecordGroup);
  command
      ->add_option("--memory-interval", options->memory_interval,
                   "Bytes between samples of allocations, on average [512K]")
      ->type_name("BYTES")
      ->group(kRecordGroup);
  command
      ->add_flag(
          "--python-allocators", options->python_allocators,
          "With --memory: every small Python object too, by changing the interpreter's table of allocators")
      ->group(kRecordGroup);
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

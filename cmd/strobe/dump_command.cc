// strobe dump PID…
#include <unistd.h>

#include <memory>

#include "commands.h"
#include "exit_status.h"
#include "option_text.h"
#include "options.h"
#include "report/dump.h"
#include "views.h"
#include "workflow/dump.h"

namespace strobe::cli {
namespace {

struct DumpOptions {
  std::vector<std::string> pids;
  bool children = false;
  bool native_only = false;
  bool locals = false;
  bool full_names = false;
  DebuginfodOption debuginfod;
  std::string json;
  std::string color = "auto";
};

Result<workflow::DumpRequest> make_dump_request(const DumpOptions& options) {
  workflow::DumpRequest request;
  if (options.pids.empty())
    return fail(ErrorCode::invalid_argument, "dump needs a process id", "strobe dump PID…");
  for (const std::string& word : options.pids) {
    Result<pid_t> pid = parse_pid(word);
    if (!pid) return pass(std::move(pid));
    request.pids.push_back(*pid);
  }
  request.children = options.children;
  if (options.native_only && options.locals)
    return fail(ErrorCode::invalid_argument,
                "--locals are those of Python functions, which --native-only hides", "give one of the two");
  request.native_only = options.native_only;
  request.locals = options.locals;
  request.symbols = symbolize_options();
  if (options.full_names) request.symbols.names = symbolize::NameStyle::full;
  if (Result<void> allowed = allow_debuginfod(options.debuginfod, request.symbols); !allowed)
    return pass(std::move(allowed));
  return request;
}

Result<void> dump_threads(const DumpOptions& options) {
  Result<workflow::DumpRequest> request = make_dump_request(options);
  if (!request) return pass(std::move(request));
  Result<ColorChoice> color = parse_color(options.color);
  if (!color) return pass(std::move(color));
  if (Result<void> checked = check_json_path(options.json); !checked) return checked;
  ConsoleDiagnostics diagnostics(false);
  Result<Dump> dump = workflow::dump(*request, diagnostics);
  if (!dump) return pass(std::move(dump));
  if (options.json != "-") {  // else stdout is the JSON's
    const std::string text = report::write_dump(*dump, style_of(STDOUT_FILENO, *color));
    if (Result<void> written = write_report(STDOUT_FILENO, text, "to standard output"); !written)
      return written;
  }
  return write_json_to(options.json,
                       [&](const report::TextSink& sink) { report::write_json_dump(*dump, sink); });
}

}  // namespace

Action add_dump_command(CLI::App& app) {
  CLI::App* command = app.add_subcommand("dump", "Show what every thread of a process does now");
  auto options = std::make_shared<DumpOptions>();
  set_usage(*command, "strobe dump [options] PID…");
  command->footer(
      "Threads that are blocked are looked at where they stand; those that run are stopped for "
      "microseconds.");
  command->add_option("pid", options->pids, "Processes to look at")->type_name("PID")->group("");
  command->add_flag("--children", options->children, "Also the processes that they started, and so on");
  command->add_flag("--native-only", options->native_only,
                    "The interpreter's C functions in place of Python's functions");
  command->add_flag("--locals", options->locals,
                    "Simple values of the local variables of Python functions; they may be secret");
  command->add_flag("--full-names", options->full_names,
                    "C++ and Rust names with template arguments and parameters");
  add_debuginfod_option(*command, options->debuginfod, "Options");
  command->add_option("--json", options->json, "Also write it as JSON (strobe-dump/1); - for stdout")
      ->type_name("FILE|-");
  offer_values(
      command->add_option("--color", options->color, "auto, always or never [auto]")->type_name("WHEN"),
      {"auto", "always", "never"});
  return [options] {
    const Result<void> done = dump_threads(*options);
    return done ? static_cast<int>(kExitOk) : report_error(done.error());
  };
}

}  // namespace strobe::cli

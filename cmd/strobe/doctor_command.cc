// strobe doctor [PID]
#include <unistd.h>

#include <cstdlib>
#include <memory>
#include <optional>

#include "analyze/diagnosis.h"
#include "commands.h"
#include "exit_status.h"
#include "option_text.h"
#include "options.h"
#include "report/doctor.h"
#include "views.h"
#include "workflow/examine.h"

namespace strobe::cli {
namespace {

struct DoctorOptions {
  std::string pid;
  std::string json;
  std::string color = "auto";
};

workflow::ExamineOptions examine_options(const report::TextStyle& style) {
  workflow::ExamineOptions options;
  options.cache_directory = symbolize_options().cache_directory;
  const char* urls = std::getenv("DEBUGINFOD_URLS");
  options.debuginfod_urls = urls != nullptr ? urls : "";
  options.terminal = {
      .is_terminal = ::isatty(STDOUT_FILENO) == 1, .color = style.color, .columns = style.width};
  return options;
}

int doctor(const DoctorOptions& options) {
  Result<ColorChoice> color = parse_color(options.color);
  if (!color) return report_error(color.error());
  std::optional<pid_t> pid;
  if (!options.pid.empty()) {
    Result<pid_t> parsed = parse_pid(options.pid);
    if (!parsed) return report_error(parsed.error());
    pid = *parsed;
  }
  if (Result<void> checked = check_json_path(options.json); !checked) return report_error(checked.error());
  const report::TextStyle style = style_of(STDOUT_FILENO, *color);
  const MachineFacts machine = workflow::examine_machine(examine_options(style));
  std::optional<TargetFacts> target;
  if (pid) {
    Result<TargetFacts> examined = workflow::examine_target(*pid, machine);
    if (!examined) return report_error(examined.error());
    target = std::move(*examined);
  }
  const analyze::Diagnosis diagnosis =
      target ? analyze::diagnose(machine, *target) : analyze::diagnose(machine);
  if (options.json != "-") {
    const std::string text = write_diagnosis(diagnosis, style);
    if (Result<void> written = write_report(STDOUT_FILENO, text, "to standard output"); !written) {
      return report_error(written.error());
    }
  }
  Result<void> written = write_json_to(options.json, [&](const report::TextSink& sink) {
    report::write_json_diagnosis(diagnosis, machine, target ? &*target : nullptr, sink);
  });
  if (!written) return report_error(written.error());
  return diagnosis.possible ? kExitOk : kExitNotPossible;
}

}  // namespace

Action add_doctor_command(CLI::App& app) {
  CLI::App* command =
      app.add_subcommand("doctor", "Say what can be profiled here, and what would allow more");
  auto options = std::make_shared<DoctorOptions>();
  set_usage(*command, "strobe doctor [options] [PID]");
  command->footer(
      "Every right is tried for real, with effects that end with the command; nothing is changed and no\n"
      "server is contacted. With PID: may that process be sampled, read and stopped; it is not stopped.\n"
      "Exit status: 0 profiling is possible, 1 it is not, 125 where Strobe failed.");
  command->add_option("pid", options->pid, "Process to look at")->type_name("PID")->group("");
  command->add_option("--json", options->json, "Also write all of it as JSON (strobe-doctor/1); - for stdout")
      ->type_name("FILE|-");
  offer_values(
      command->add_option("--color", options->color, "auto, always or never [auto]")->type_name("WHEN"),
      {"auto", "always", "never"});
  return [options] { return doctor(*options); };
}

}  // namespace strobe::cli

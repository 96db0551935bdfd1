#include "application.h"

#include "check_command.h"

namespace strobe::cli {

Application make_application(const std::vector<std::string>& after_marker) {
  auto owner = std::make_unique<CLI::App>("Strobe: a sampling profiler for Linux", "strobe");
  CLI::App& app = *owner;
  app.set_version_flag("--version", "strobe " STROBE_VERSION, "Print the version and exit");
  set_usage(app, "strobe SUBCOMMAND [options] …");
  app.require_subcommand(1);
  app.footer("strobe SUBCOMMAND --help tells more.");
  std::vector<std::pair<std::string, Action>> actions = {
      {"run", add_run_command(app, after_marker)},
      {"attach", add_attach_command(app)},
      {"dump", add_dump_command(app)},
      {"report", add_report_command(app)},
      {"export", add_export_command(app)},
      {"compare", add_compare_command(app)},
      {"check", add_check_command(app)},
      {"doctor", add_doctor_command(app)},
      {"control", add_control_command(app)},
  };
  return {.app = std::move(owner), .actions = std::move(actions)};
}

}  // namespace strobe::cli

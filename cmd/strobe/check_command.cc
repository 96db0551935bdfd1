// strobe check [RECORDING…] --fail-if EXPR --budget FILE
#include "check_command.h"

#include <unistd.h>

#include <memory>

#include "check_options.h"
#include "console.h"
#include "exit_status.h"
#include "newest_recording.h"
#include "options.h"
#include "report/check_report.h"
#include "workflow/check_baseline.h"
#include "workflow/open_profile.h"

namespace strobe::cli {
namespace {

using analyze::check::Condition;
using analyze::check::Evidence;
using analyze::check::Measure;
using analyze::check::Run;

struct CheckOptions {
  std::vector<std::string> recordings;  ///< empty: the newest one here
  ConditionOptions conditions;
  std::vector<std::string> baselines;
  std::string save_baseline;
  bool force = false;
  std::string color = "auto";
  bool quiet = false;
};

/// What a baseline keeps: everything without a name, and what the conditions are about.
std::vector<Measure> wanted_measures(const std::vector<Condition>& conditions) {
  std::vector<Measure> measures = analyze::check::plain_measures();
  for (Measure& measure : analyze::check::measures_of(conditions)) measures.push_back(std::move(measure));
  return measures;
}

Result<void> check_words(const CheckOptions& options, const std::vector<Condition>& conditions) {
  if (conditions.empty() && options.save_baseline.empty()) {
    return fail(ErrorCode::invalid_argument, "check needs a condition",
                "strobe check R.strobe --fail-if 'total.wall > 2s', or --budget FILE");
  }
  const bool exists = ::access(options.save_baseline.c_str(), F_OK) == 0;
  if (!options.save_baseline.empty() && exists && !options.force) {
    return fail(ErrorCode::invalid_argument, options.save_baseline + " exists already",
                "--force replaces it");
  }
  return check_report_places(options.conditions);
}

Result<std::vector<Run>> read_runs(std::vector<std::string> paths, const std::vector<Measure>& measures,
                                   Diagnostics& diagnostics, bool quiet) {
  if (paths.empty()) {
    Result<std::string> newest = choose_newest_recording(quiet);
    if (!newest) return pass(std::move(newest));
    paths.push_back(std::move(*newest));
  }
  std::vector<Run> runs;
  for (const std::string& path : paths) {
    Result<Profile> profile = workflow::open_profile(path, symbolize_options(), diagnostics);
    if (!profile) return pass(std::move(profile));
    runs.push_back(analyze::check::measure_run(*profile, path, measures));
  }
  return runs;
}

/// A baseline that cannot be used is no failure of the whole: what needs it cannot be judged.
void read_baselines(const CheckOptions& options, const std::vector<Measure>& measures,
                    Diagnostics& diagnostics, Evidence& evidence) {
  for (const std::string& path : options.baselines) {
    Result<std::vector<Run>> runs = workflow::read_baseline(path, measures, symbolize_options(), diagnostics);
    if (!runs) {
      evidence.baseline.clear();
      evidence.no_baseline = runs.error().what;
      evidence.baseline_hint = runs.error().hint;
      return;
    }
    for (Run& run : *runs) evidence.baseline.push_back(std::move(run));
  }
}

Result<void> save_baseline(const CheckOptions& options, const std::vector<Run>& runs) {
  if (options.save_baseline.empty()) return {};
  std::string text;
  report::write_json_baseline(runs, [&](std::string_view piece) { text += piece; });
  return workflow::write_small_file(options.save_baseline, text, options.force);
}

int check(const CheckOptions& options) {
  const auto conditions = read_conditions(options.conditions);
  if (!conditions) return kExitStrobeFailed;
  Result<double> confidence = parse_confidence(options.conditions.confidence);
  if (!confidence) return report_error(confidence.error());
  Result<ColorChoice> color = parse_color(options.color);
  if (!color) return report_error(color.error());
  if (Result<void> checked = check_words(options, *conditions); !checked)
    return report_error(checked.error());

  ConsoleDiagnostics diagnostics(options.quiet);
  const std::vector<Measure> measures = wanted_measures(*conditions);
  Evidence evidence;
  Result<std::vector<Run>> runs = read_runs(options.recordings, measures, diagnostics, options.quiet);
  if (!runs) return report_error(runs.error());
  evidence.runs = std::move(*runs);
  read_baselines(options, measures, diagnostics, evidence);
  const analyze::check::CheckResult result =
      analyze::check::judge_conditions(*conditions, evidence, *confidence);
  const report::TextStyle style = style_of(STDOUT_FILENO, *color);
  if (Result<void> written = write_check_reports(result, options.conditions, style); !written)
    return report_error(written.error());
  if (Result<void> saved = save_baseline(options, evidence.runs); !saved) return report_error(saved.error());
  return exit_status_of(result.verdict);
}

}  // namespace

Action add_check_command(CLI::App& app) {
  CLI::App* command =
      app.add_subcommand("check", "Judge recordings by conditions: exit status and reports for CI");
  auto options = std::make_shared<CheckOptions>();
  set_usage(*command, "strobe check [options] [RECORDING…] --fail-if EXPR --budget FILE");
  command->footer(
      "Conditions: total.wall > 2s, memory.peak > 200MB, states.io > 10%, quality.complete < 0.95,\n"
      "function(\"parse*\").total > +5% (the sign: a change since the baseline, counted only beyond noise),\n"
      "joined by and, or, not. The whole grammar: docs/check.md. Several recordings are runs of the same.\n"
      "Exit status: 0 no condition is true, 1 one is, 2 one could not be judged, 125 where Strobe failed.");
  command->add_option("recordings", options->recordings, "Recordings")->type_name("RECORDING")->group("");
  command->add_flag("-q,--quiet", options->quiet, "Print nothing but the report and errors");
  offer_values(
      command->add_option("--color", options->color, "auto, always or never [auto]")->type_name("WHEN"),
      {"auto", "always", "never"});
  command
      ->add_option("--baseline", options->baselines,
                   "What changes are measured from: a recording, or a saved baseline; may be repeated")
      ->type_name("FILE")
      ->expected(1)
      ->take_all()
      ->allow_extra_args(false)
      ->group("Conditions");
  command
      ->add_option("--save-baseline", options->save_baseline,
                   "Keep what was measured, for --baseline of later runs")
      ->type_name("FILE")
      ->group("Conditions");
  command->add_flag("--force", options->force, "Replace an existing baseline")->group("Conditions");
  add_condition_options(*command, options->conditions);
  command->add_option("--json", options->conditions.json, "Also write JSON (strobe-check/1); - for stdout")
      ->type_name("FILE|-")
      ->group("Reports");
  command->add_option("--markdown", options->conditions.markdown, "Also write Markdown; - for stdout")
      ->type_name("FILE|-")
      ->group("Reports");
  return [options] { return check(*options); };
}

}  // namespace strobe::cli

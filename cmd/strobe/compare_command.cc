// strobe compare: two recordings side by side, here; several runs of each variant, in
// compare_runs_command.cc
#include <fmt/format.h>
#include <unistd.h>

#include <memory>

#include "analyze/comparison.h"
#include "check_options.h"
#include "commands.h"
#include "compare_runs_command.h"
#include "compare_words.h"
#include "exit_status.h"
#include "options.h"
#include "workflow/open_profile.h"

namespace strobe::cli {
namespace {

struct CompareOptions {
  ReportOptions report;
  CompareRunOptions runs;
  CompareInput input;
  ConditionOptions conditions;
  bool normalize = false;
};

Result<report::CompareTextOptions> make_text_options(const ReportRequest& request, bool lines) {
  const analyze::OrderOptions& order = request.functions.order;
  const analyze::SortKey key = order.keys.front();
  if (order.keys.size() > 1 || (key != analyze::SortKey::self_time && key != analyze::SortKey::total_time)) {
    return fail(ErrorCode::invalid_argument, "comparisons are ordered by the change of tottime or of cumtime",
                "--sort tottime or --sort cumtime");
  }
  return report::CompareTextOptions{.lines = lines,
                                    .by_total = key == analyze::SortKey::total_time,
                                    .strip_directories = request.functions.strip_directories,
                                    .restrictions = order.restrictions};
}

/// A recording with the threads that were asked for; errors name the file.
struct Side {
  Profile profile;
  analyze::SelectedThreads selected;
};

Result<Side> open_side(const std::string& path, const ReportRequest& request, bool quiet) {
  ConsoleDiagnostics diagnostics(quiet);
  Result<Profile> profile = workflow::open_profile(path, request.symbolize, diagnostics);
  if (!profile) return pass(std::move(profile));
  if (profile->counts) {
    return fail(ErrorCode::unsupported,
                path + " is a file of cProfile: without samples, changes cannot be told from chance",
                "compare two recordings: strobe run -o FILE -- python3 …");
  }
  Result<analyze::SelectedThreads> selected = analyze::select_threads(*profile, request.selection);
  if (!selected) {
    return fail(selected.error().code, path + ": " + selected.error().what, selected.error().hint);
  }
  return Side{std::move(*profile), std::move(*selected)};
}

/// Conditions on two recordings, as a whole: A is the baseline of B. None where there are no conditions.
std::optional<analyze::check::CheckResult> judge_two(const CompareWords& words, const Profile& a,
                                                     const Profile& b,
                                                     const std::vector<analyze::check::Condition>& conditions,
                                                     double confidence) {
  if (conditions.empty()) return std::nullopt;
  const std::vector<analyze::check::Measure> measures = analyze::check::measures_of(conditions);
  return judge_sides(conditions,
                     {{"A", {analyze::check::measure_run(a, words.paths.a, measures)}},
                      {"B", {analyze::check::measure_run(b, words.paths.b, measures)}}},
                     confidence);
}

/// Wrong places for what conditions come to are said before anything is read or run.
Result<void> check_conditions(const CompareOptions& options) {
  const ConditionOptions& conditions = options.conditions;
  if (conditions.fail_if.empty() && conditions.budgets.empty()) return {};
  if (conditions.junit == "-" && (options.runs.json == "-" || options.runs.markdown == "-")) {
    return fail(ErrorCode::invalid_argument, "only one report can go to standard output",
                "give files to the others");
  }
  return check_report_places(conditions);
}

int compare_two(const CompareWords& words, const CompareOptions& options, const ReportRequest& request,
                double confidence) {
  const auto conditions = read_conditions(options.conditions);
  if (!conditions) return kExitStrobeFailed;
  Result<report::CompareTextOptions> text = make_text_options(request, words.lines);
  if (!text) return report_error(text.error());
  Result<Side> a = open_side(words.paths.a, request, options.runs.quiet);
  if (!a) return report_error(a.error());
  Result<Side> b = open_side(words.paths.b, request, options.runs.quiet);
  if (!b) return report_error(b.error());
  const analyze::Comparison comparison =
      analyze::compare_profiles({&a->profile, a->selected}, {&b->profile, b->selected},
                                {.normalized = options.normalize, .filter = request.filter});
  const std::string written =
      report::write_comparison(comparison, words.paths, *text, style_of(STDOUT_FILENO, request.color));
  const bool to_stdout = leaves_stdout(options.runs, options.conditions);
  if (Result<void> done =
          write_report(to_stdout ? STDOUT_FILENO : STDERR_FILENO, written, "to standard output");
      !done) {
    return report_error(done.error());
  }
  const auto check = judge_two(words, a->profile, b->profile, *conditions, confidence);
  Result<void> files = write_comparison_files(words, options.runs, request, check ? &*check : nullptr);
  if (!files) return report_error(files.error());
  if (!check) return kExitOk;
  return report_check(*check, options.runs, options.conditions, style_of(STDOUT_FILENO, request.color));
}

int compare(const CompareOptions& options) {
  Result<CompareWords> words = read_compare_words(options.input);
  if (!words) return report_error(words.error());
  Result<ReportRequest> request = make_report_request(options.report, words->restrictions);
  if (!request) return report_error(request.error());
  if (!read_conditions(options.conditions)) return kExitStrobeFailed;
  Result<double> confidence = parse_confidence(options.conditions.confidence);
  if (!confidence) return report_error(confidence.error());
  if (Result<void> checked = check_conditions(options); !checked) return report_error(checked.error());
  if (words->kind == CompareKind::two_recordings) return compare_two(*words, options, *request, *confidence);
  const analyze::Selection& selection = request->selection;
  if (options.normalize || !request->filter.empty() || !selection.process.empty() ||
      !selection.thread.empty()) {
    return report_error({ErrorCode::invalid_argument,
                         "filters and --normalize are for the view of two recordings",
                         "keep the recordings (--keep DIR), and compare two of them"});
  }
  return compare_runs(*words, {&options.runs, &options.report, &options.conditions, *confidence}, *request);
}

}  // namespace

Action add_compare_command(CLI::App& app) {
  CLI::App* command =
      app.add_subcommand("compare", "Run variants of a program and say which is faster, and why");
  auto options = std::make_shared<CompareOptions>();
  set_usage(*command,
            "strobe compare [options] NAME='COMMAND' NAME='COMMAND' …\n"
            "       strobe compare [options] --scale 1,2,4,8 --with 'COMMAND {n}'\n"
            "       strobe compare [options] --a RECORDING… --b RECORDING…\n"
            "       strobe compare [options] A.strobe B.strobe [functions|lines] [RESTRICTION…]");
  command->footer(
      "Variants are run by /bin/sh -c in turns, with an empty input; what one leaves running is ended after\n"
      "each of its runs. Folders stand for the recordings in them. Of two recordings, functions are matched "
      "by\n"
      "name, module and file, across builds; those of one side only are marked new and gone. Restrictions "
      "are\n"
      "applied in order: a count (20), a fraction (0.1), or a regular expression on "
      "filename:lineno(function).\n"
      "Exit status: 0; 1 where a variant has no run that finished; with conditions as of strobe check; 125 "
      "where\n"
      "Strobe failed; 128+N after signal N.");
  CLI::Option* words =
      command->add_option("words", options->input.words, "Variants, or recordings, view and restrictions");
  offer_values(words->type_name("RECORDING")->group(""), {"functions", "lines"});
  const auto add_set = [&](const char* name, std::vector<std::string>& set, const char* help) {
    // As it is written: CLI11 would add "..." to say that there may be several.
    command->add_option(name, set, help)->type_name("RECORDING…")->option_text("RECORDING…")->group("Input");
  };
  add_set("--a", options->input.set_a, "Recordings of the first variant, and folders of them");
  add_set("--b", options->input.set_b, "Recordings of the second variant");
  command
      ->add_option("--scale", options->input.scale,
                   "Run --with by so many workers each, and fit Amdahl's law")
      ->type_name("N,N…")
      ->group("Input");
  command->add_option("--with", options->input.with, "The command for --scale; {n} becomes the number")
      ->type_name("COMMAND")
      ->group("Input");
  command->add_flag("-q,--quiet", options->runs.quiet, "Print nothing but the comparison and errors");
  add_compare_run_options(*command, options->runs);
  add_condition_options(*command, options->conditions);
  command->add_flag("--normalize", options->normalize, "Compare shares of the CPU time, not seconds")
      ->group(kReportGroup);
  add_sort_option(*command, options->report, "Order by the change of: tottime, cumtime [tottime]",
                  {"tottime", "cumtime"});
  add_table_options(*command, options->report);
  add_view_options(*command, options->report);
  return [options] { return compare(*options); };
}

}  // namespace strobe::cli

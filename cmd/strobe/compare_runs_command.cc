#include "compare_runs_command.h"

#include <fmt/format.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>

#include "commands.h"
#include "exit_status.h"
#include "option_text.h"
#include "report/check_report.h"
#include "report/escape.h"
#include "report/run_comparison.h"
#include "views.h"

namespace strobe::cli {
namespace {

namespace fs = std::filesystem;

constexpr const char* kRunsGroup = "Running variants";
constexpr size_t kFunctionRows = 10;
constexpr int kSignalBase = 128;  // an exit status as a shell has it

/// A folder for the recordings: the user's, or one of our own that goes with this object.
class RecordingFolder {
 public:
  static Result<RecordingFolder> make(const std::string& keep) {
    RecordingFolder folder;
    if (!keep.empty()) {
      std::error_code error;
      fs::create_directories(keep, error);
      if (!error) folder.path_ = fs::absolute(keep, error).string();
      if (error) {
        return fail(ErrorCode::io, fmt::format("make folder {}: {}", keep, error.message()),
                    "give a place that can be written with --keep");
      }
      return folder;
    }
    const char* base = std::getenv("TMPDIR");
    folder.path_ = std::string(base != nullptr && base[0] == '/' ? base : "/tmp") + "/strobe-compare-XXXXXX";
    if (::mkdtemp(folder.path_.data()) == nullptr) {
      return from_errno("make folder " + folder.path_,
                        "set TMPDIR to a place that can be written, or give --keep");
    }
    folder.own_ = true;
    return folder;
  }
  RecordingFolder(RecordingFolder&& other) noexcept
      : path_(std::move(other.path_)), own_(std::exchange(other.own_, false)) {}
  RecordingFolder& operator=(RecordingFolder&&) = delete;
  ~RecordingFolder() {
    std::error_code error;
    if (own_) fs::remove_all(path_, error);
  }
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  RecordingFolder() = default;
  std::string path_;
  bool own_ = false;
};

/// One line on a terminal that says what is running; taken away at the end.
class ProgressLine {
 public:
  explicit ProgressLine(bool quiet) : on_(!quiet && ::isatty(STDERR_FILENO) == 1) {}
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;
  ~ProgressLine() {
    if (on_) write_text(STDERR_FILENO, "\r\033[K");
  }
  void show(const workflow::RunProgress& progress) const {
    if (!on_) return;
    const std::string of = progress.rounds ? fmt::format(" of {}", *progress.rounds) : "";
    const std::string what =
        progress.warmup ? std::string("warming up") : fmt::format("run {}{}", progress.round, of);
    write_text(STDERR_FILENO,
               fmt::format("\r\033[K{}: {}", what, report::printable(progress.variant->name, 40)));
  }

 private:
  bool on_;
};

Result<workflow::CompareRunsRequest> make_runs_request(const CompareRunOptions& options) {
  workflow::CompareRunsRequest request;
  request.warmup = options.warmup;
  request.runs = options.runs;
  if (options.runs == 0u) {
    return fail(ErrorCode::invalid_argument, "--runs 0 leaves nothing to compare", "give 4 runs or more");
  }
  if (!options.precision.empty()) {
    if (options.runs) {
      return fail(ErrorCode::invalid_argument, "--runs and --precision exclude each other",
                  "--max-runs limits the runs that --precision makes");
    }
    Result<double> precision = parse_percent(options.precision);
    if (!precision) return pass(std::move(precision));
    if (!(*precision > 0)) {
      return fail(ErrorCode::invalid_argument, "no number of runs is precise to 0 %", "--precision 2%");
    }
    request.precision = *precision;
  }
  request.max_runs = std::max(options.max_runs, workflow::kMinPreciseRuns);
  Result<uint64_t> max_time = parse_duration(options.max_time);
  if (!max_time) return pass(std::move(max_time));
  request.max_ns = *max_time;
  if (!options.timeout.empty()) {
    Result<uint64_t> timeout = parse_duration(options.timeout);
    if (!timeout) return pass(std::move(timeout));
    request.time_limit_ns = *timeout;
  }
  RecordOptions record;
  record.rate = options.rate;
  record.engine = options.engine;
  record.wall = !options.no_wall;
  Result<workflow::RecordRequest> engine = make_request(record, "compare");
  if (!engine) return pass(std::move(engine));
  request.engine = engine->engine;
  request.show_output = options.show_output;
  request.redact_arguments = options.no_args;
  request.keep = !options.keep.empty();
  return request;
}

Result<workflow::CompareRunsOutcome> make_runs(const CompareWords& words, const CompareRunOptions& options,
                                               const workflow::ReadRequest& read, Diagnostics& diagnostics) {
  Result<workflow::CompareRunsRequest> runs = make_runs_request(options);
  if (!runs) return pass(std::move(runs));
  Result<RecordingFolder> folder = RecordingFolder::make(options.keep);
  if (!folder) return pass(std::move(folder));
  runs->variants = words.variants;
  runs->folder = folder->path();
  runs->symbols = read.symbols;
  runs->measures = read.measures;
  const ProgressLine progress(options.quiet);
  runs->on_progress = [&](const workflow::RunProgress& at) { progress.show(at); };
  return run_variants(*runs, diagnostics);
}

Result<workflow::CompareRunsOutcome> read_sets(const CompareWords& words, const workflow::ReadRequest& read,
                                               Diagnostics& diagnostics) {
  std::vector<workflow::VariantRecordings> sets;
  for (const auto& [name, paths] : words.sets) sets.push_back({name, paths});
  return read_variants(sets, read, diagnostics);
}

report::RunCompareTextOptions text_options(const ReportOptions& options, const ReportRequest& request) {
  report::RunCompareTextOptions text;
  text.strip_directories = request.functions.strip_directories;
  text.functions = options.rows && *options.rows >= 0 ? static_cast<size_t>(*options.rows) : kFunctionRows;
  return text;
}

Result<void> write_files(const analyze::RunComparison& comparison, const CompareRunOptions& options,
                         const report::RunCompareTextOptions& text,
                         const analyze::check::CheckResult* check) {
  Result<void> written = write_json_to(options.json, [&](const report::TextSink& sink) {
    report::write_json_comparison(comparison, sink, check);
  });
  if (!written) return written;
  return write_json_to(options.markdown, [&](const report::TextSink& sink) {
    sink(report::write_markdown_comparison(comparison, text));
    if (check != nullptr) sink("\n" + report::write_markdown_check(*check));
  });
}

/// None where there are no conditions, or a variant has no run to judge.
std::optional<analyze::check::CheckResult> judge(const std::vector<analyze::check::Condition>& conditions,
                                                 const std::vector<analyze::check::Side>& sides,
                                                 double confidence) {
  const auto is_empty = [](const analyze::check::Side& side) { return side.runs.empty(); };
  if (conditions.empty() || std::ranges::any_of(sides, is_empty)) return std::nullopt;
  return judge_sides(conditions, sides, confidence);
}

Result<void> check_places(const CompareRunOptions& options) {
  if (options.json == "-" && options.markdown == "-") {
    return fail(ErrorCode::invalid_argument, "JSON and Markdown cannot both go to standard output",
                "give one of them a file");
  }
  if (Result<void> checked = check_json_path(options.json); !checked) return checked;
  return check_json_path(options.markdown);
}

}  // namespace

void add_compare_run_options(CLI::App& app, CompareRunOptions& options) {
  const auto add = [&](const char* name, auto& value, const char* type, const char* help) {
    return app.add_option(name, value, help)->type_name(type)->group(kRunsGroup);
  };
  add("--runs", options.runs, "N", "Runs of each variant [until --precision is reached]");
  add("--precision", options.precision, "PERCENT",
      "Run until the 95 % interval of the ratio is no wider than ± this; 6 runs at least [2%]");
  add("--max-runs", options.max_runs, "N", "Runs of each that --precision may make [30]");
  add("--max-time", options.max_time, "SECONDS", "Time that --precision may take [10m]");
  add("--warmup", options.warmup, "N", "Runs of each before, which do not count [1]");
  add("--timeout", options.timeout, "SECONDS", "End a run that takes longer; it does not count [none]");
  add("--keep", options.keep, "DIR", "Keep the recordings there [removed once they are summed up]");
  app.add_flag("--show-output", options.show_output,
               "What variants print goes to standard error [thrown away]")
      ->group(kRunsGroup);
  app.add_flag("--no-wall", options.no_wall, "Do not record what threads wait for")->group(kRunsGroup);
  add("-r,--rate", options.rate, "HZ", "Samples per second of CPU time [1k]");
  offer_values(add("--engine", options.engine, "NAME", "How samples are taken: auto, perf or ptrace [auto]"),
               {"auto", "perf", "ptrace"});
  app.add_flag("--no-args", options.no_args, "Record program names without their arguments")
      ->group(kRunsGroup);
  const auto add_file = [&](const char* name, std::string& value, const char* help) {
    app.add_option(name, value, help)->type_name("FILE|-")->group(kReportGroup);
  };
  add_file("--json", options.json, "Also write the comparison as JSON (strobe-compare/1); - for stdout");
  add_file("--markdown", options.markdown, "Also write it as Markdown, for a step summary; - for stdout");
}

int compare_runs(const CompareWords& words, const CompareQuestions& questions, const ReportRequest& request) {
  const CompareRunOptions& options = *questions.runs;
  if (Result<void> checked = check_places(options); !checked) return report_error(checked.error());
  const auto conditions = read_conditions(*questions.conditions);
  if (!conditions) return kExitStrobeFailed;
  const workflow::ReadRequest read{.symbols = request.symbolize,
                                   .measures = analyze::check::measures_of(*conditions)};
  ConsoleDiagnostics diagnostics(options.quiet);
  Result<workflow::CompareRunsOutcome> outcome = words.kind == CompareKind::variants
                                                     ? make_runs(words, options, read, diagnostics)
                                                     : read_sets(words, read, diagnostics);
  if (!outcome) return report_error(outcome.error());
  if (outcome->signal != 0) {
    report_error(
        {ErrorCode::gone, fmt::format("ended by signal {} before all runs were made", outcome->signal), {}});
    return kSignalBase + outcome->signal;
  }
  const analyze::RunComparison comparison =
      analyze::compare_runs(outcome->variants, {.scale = words.scale, .notes = outcome->notes});
  const auto check = judge(*conditions, outcome->measured, questions.confidence);
  const report::RunCompareTextOptions text = text_options(*questions.report, request);
  const bool to_stdout = leaves_stdout(options, *questions.conditions);
  const int fd = to_stdout ? STDOUT_FILENO : STDERR_FILENO;
  const report::TextStyle style = style_of(fd, request.color);
  if (to_stdout || !options.quiet) {
    const std::string written = report::write_run_comparison(comparison, text, style);
    if (Result<void> done = write_report(fd, written, "to standard output"); !done) {
      return report_error(done.error());
    }
  }
  if (Result<void> written = write_files(comparison, options, text, check ? &*check : nullptr); !written) {
    return report_error(written.error());
  }
  if (check) return report_check(*check, options, *questions.conditions, style);
  const auto failed = [](const analyze::VariantSummary& variant) { return variant.finished == 0; };
  const bool any_failed = std::ranges::any_of(comparison.variants, failed);
  if (!conditions->empty()) {
    report_error(
        {ErrorCode::gone, "a variant has no run that finished: its conditions cannot be judged", {}});
    return kCheckNotJudged;
  }
  return any_failed ? kExitNotPossible : kExitOk;
}

bool leaves_stdout(const CompareRunOptions& options, const ConditionOptions& conditions) {
  return options.json != "-" && options.markdown != "-" && conditions.junit != "-";
}

int report_check(const analyze::check::CheckResult& result, const CompareRunOptions& options,
                 const ConditionOptions& conditions, const report::TextStyle& style) {
  ConditionOptions places = conditions;
  places.stdout_taken = options.json == "-" || options.markdown == "-";
  Result<void> written = write_check_reports(result, places, style);
  return written ? exit_status_of(result.verdict) : report_error(written.error());
}

Result<void> write_comparison_files(const CompareWords& words, const CompareRunOptions& options,
                                    const ReportRequest& request, const analyze::check::CheckResult* check) {
  if (options.json.empty() && options.markdown.empty()) return {};
  if (Result<void> checked = check_places(options); !checked) return checked;
  ConsoleDiagnostics diagnostics(true);  // it was all said when the view was made
  CompareWords sets;
  sets.sets = {{"A", {words.paths.a}}, {"B", {words.paths.b}}};
  Result<workflow::CompareRunsOutcome> outcome = read_sets(sets, {request.symbolize, {}}, diagnostics);
  if (!outcome) return pass(std::move(outcome));
  return write_files(analyze::compare_runs(outcome->variants), options, text_options({}, request), check);
}

}  // namespace strobe::cli

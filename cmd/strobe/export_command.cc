// strobe export [RECORDING] --to FORMAT -o FILE
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <iterator>
#include <memory>

#include "analyze/function_table.h"
#include "base/unique_fd.h"
#include "commands.h"
#include "counted_views.h"
#include "exit_status.h"
#include "newest_recording.h"
#include "options.h"
#include "report/pstats_export.h"
#include "report/text_memory.h"
#include "workflow/open_profile.h"

namespace strobe::cli {
namespace {

struct ExportOptions {
  ReportOptions report;
  std::string recording;  ///< empty: the newest one here
  std::string format;
  std::string output;  ///< "-": stdout
  bool force = false;
  bool quiet = false;
};

/// A format by the word for it; `write` makes the whole file.
struct ExportFormat {
  std::string_view word;
  std::string (*write)(const Profile& profile, const analyze::WeightedStacks& stacks,
                       Diagnostics& diagnostics);
};

std::string write_pstats_file(const Profile& profile, const analyze::WeightedStacks& stacks,
                              Diagnostics& diagnostics) {
  const analyze::FunctionTable table = analyze::make_function_table(profile, stacks, stacks.functions, true);
  if (table.rows.empty()) {
    diagnostics.warn(stacks.coverage.filter.empty()
                         ? "the recording has no samples: the file has one entry, [no samples]"
                         : "the filters leave nothing: the file has one entry, [no samples]");
  }
  return report::write_pstats(table);
}

std::string write_memory_file(const Profile& profile, const analyze::WeightedStacks& stacks,
                              Diagnostics& diagnostics) {
  if (profile.counters.empty() && profile.memory_points.empty())
    diagnostics.warn("the recording knows nothing of memory: the file has a header only");
  return report::write_memory_csv(profile, analyze::select_processes(profile, stacks.selected));
}

constexpr ExportFormat kFormats[] = {{"pstats", write_pstats_file}, {"memory-csv", write_memory_file}};

std::string list_formats() {
  std::string text;
  for (const ExportFormat& format : kFormats) text.append(text.empty() ? "" : ", ").append(format.word);
  return text;
}

Result<const ExportFormat*> find_format(const std::string& word) {
  const auto* found = std::find_if(std::begin(kFormats), std::end(kFormats),
                                   [&](const ExportFormat& format) { return format.word == word; });
  if (found != std::end(kFormats)) return found;
  return fail(ErrorCode::invalid_argument,
              word.empty() ? "export needs a format" : fmt::format("unknown format '{}'", word),
              "give one with --to: " + list_formats());
}

/// Wrong words are said before anything is read.
Result<void> check_output(const ExportOptions& options) {
  if (options.output.empty()) {
    return fail(ErrorCode::invalid_argument, "export needs a place for the file",
                "give one with -o FILE; - for stdout");
  }
  if (options.output == "-" && ::isatty(STDOUT_FILENO) == 1) {
    return fail(ErrorCode::invalid_argument, "the file is not for terminals",
                "give a place with -o FILE, or send stdout to one");
  }
  return {};
}

Result<UniqueFd> open_output(const std::string& path, bool replace) {
  UniqueFd fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | (replace ? O_TRUNC : O_EXCL), 0666));
  if (fd) return fd;
  const bool exists = errno == EEXIST;
  return from_errno("write " + path,
                    exists ? "--force replaces it" : "give a place that can be written with -o");
}

Result<void> write_file(const ExportOptions& options, const std::string& bytes) {
  if (options.output == "-") return write_report(STDOUT_FILENO, bytes, "to standard output");
  Result<UniqueFd> file = open_output(options.output, options.force);
  if (!file) return pass(std::move(file));
  Result<void> written = write_report(file->get(), bytes, options.output);
  // Half a file is none; it is ours where it was not there before.
  if (!written && !options.force) static_cast<void>(::unlink(options.output.c_str()));
  return written;
}

Result<void> export_recording(const ExportOptions& options) {
  Result<const ExportFormat*> format = find_format(options.format);
  if (!format) return pass(std::move(format));
  if (Result<void> checked = check_output(options); !checked) return checked;
  Result<ReportRequest> request = make_report_request(options.report, {});
  if (!request) return pass(std::move(request));
  std::string path = options.recording;
  if (path.empty()) {
    Result<std::string> newest = choose_newest_recording(options.quiet);
    if (!newest) return pass(std::move(newest));
    path = std::move(*newest);
  }
  ConsoleDiagnostics diagnostics(options.quiet);
  Result<Profile> profile = workflow::open_profile(path, request->symbolize, diagnostics);
  if (!profile) return pass(std::move(profile));
  if (Result<void> checked = check_counted(*profile, ViewKind::functions, *request); !checked) return checked;
  Result<analyze::SelectedThreads> selected = analyze::select_threads(*profile, request->selection);
  if (!selected) return pass(std::move(selected));
  const analyze::WeightedStacks stacks = analyze::weigh_stacks(*profile, *selected, request->filter);
  return write_file(options, (*format)->write(*profile, stacks, diagnostics));
}

}  // namespace

Action add_export_command(CLI::App& app) {
  CLI::App* command = app.add_subcommand("export", "Write a recording as a file of another program");
  auto options = std::make_shared<ExportOptions>();
  set_usage(*command, "strobe export [options] [RECORDING] --to FORMAT -o FILE");
  command->footer(
      "Formats: pstats, what cProfile writes; for python3 -m pstats, snakeviz, gprof2dot. memory-csv, what\n"
      "was resident and live by process and time.\n"
      "Without RECORDING the newest *.strobe of this directory is taken.");
  command->add_option("recording", options->recording, "RECORDING")->type_name("RECORDING")->group("");
  offer_values(
      command->add_option("--to", options->format, "The format: pstats or memory-csv")->type_name("FORMAT"),
      {"pstats", "memory-csv"});
  command->add_option("-o,--output", options->output, "Where the file goes; - for stdout")
      ->type_name("FILE|-");
  command->add_flag("--force", options->force, "Replace an existing FILE");
  command->add_flag("-q,--quiet", options->quiet, "Print nothing but errors");
  add_selection_options(*command, options->report);
  add_debuginfod_option(*command, options->report.debuginfod, kReportGroup);
  add_view_options(*command, options->report);
  return [options] {
    const Result<void> done = export_recording(*options);
    return done ? static_cast<int>(kExitOk) : report_error(done.error());
  };
}

}  // namespace strobe::cli

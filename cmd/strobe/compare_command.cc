// strobe compare A.strobe B.strobe [functions|lines] [RESTRICTION…]
#include <fmt/format.h>
#include <unistd.h>

#include <memory>

#include "analyze/comparison.h"
#include "commands.h"
#include "exit_status.h"
#include "options.h"
#include "workflow/open_profile.h"

namespace strobe::cli {
namespace {

struct CompareOptions {
  ReportOptions report;
  std::vector<std::string> words;
  bool normalize = false;
  bool quiet = false;
};

/// What the positional words mean: two recordings, an optional view, then restrictions.
struct CompareWords {
  report::CompareNames paths;
  bool lines = false;
  std::vector<std::string> restrictions;
};

Result<CompareWords> read_words(const std::vector<std::string>& words) {
  if (words.size() < 2) {
    return fail(ErrorCode::invalid_argument, "compare needs two recordings",
                "strobe compare BEFORE.strobe AFTER.strobe");
  }
  CompareWords result;
  result.paths = {words[0], words[1]};
  size_t next = 2;
  if (next < words.size() && (words[next] == "functions" || words[next] == "lines")) {
    result.lines = words[next++] == "lines";
  }
  result.restrictions.assign(words.begin() + static_cast<ptrdiff_t>(next), words.end());
  return result;
}

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

int compare(const CompareOptions& options) {
  Result<CompareWords> words = read_words(options.words);
  if (!words) return report_error(words.error());
  Result<ReportRequest> request = make_report_request(options.report, words->restrictions);
  if (!request) return report_error(request.error());
  Result<report::CompareTextOptions> text = make_text_options(*request, words->lines);
  if (!text) return report_error(text.error());

  Result<Side> a = open_side(words->paths.a, *request, options.quiet);
  if (!a) return report_error(a.error());
  Result<Side> b = open_side(words->paths.b, *request, options.quiet);
  if (!b) return report_error(b.error());
  const analyze::Comparison comparison =
      analyze::compare_profiles({&a->profile, a->selected}, {&b->profile, b->selected},
                                {.normalized = options.normalize, .filter = request->filter});
  const std::string written =
      report::write_comparison(comparison, words->paths, *text, style_of(STDOUT_FILENO, request->color));
  if (Result<void> done = write_report(STDOUT_FILENO, written, "to standard output"); !done) {
    return report_error(done.error());
  }
  return kExitOk;
}

}  // namespace

Action add_compare_command(CLI::App& app) {
  CLI::App* command = app.add_subcommand("compare", "Show what changed between two recordings");
  auto options = std::make_shared<CompareOptions>();
  set_usage(*command, "strobe compare [options] A.strobe B.strobe [functions|lines] [RESTRICTION…]");
  command->footer(
      "Functions are matched by name, module and file, across builds; those of one side only are marked new\n"
      "and gone. Restrictions are applied in order: a count (20), a fraction (0.1), or a regular expression\n"
      "on filename:lineno(function). Files of cProfile cannot be compared: they have no samples.");
  CLI::Option* words = command->add_option("words", options->words, "Two recordings, view and restrictions");
  offer_values(words->type_name("RECORDING")->group(""), {"functions", "lines"});
  command->add_flag("-q,--quiet", options->quiet, "Print nothing but the comparison and errors");
  command->add_flag("--normalize", options->normalize, "Compare shares of the CPU time, not seconds")
      ->group(kReportGroup);
  add_sort_option(*command, options->report, "Order by the change of: tottime, cumtime [tottime]",
                  {"tottime", "cumtime"});
  add_table_options(*command, options->report);
  add_view_options(*command, options->report);
  return [options] { return compare(*options); };
}

}  // namespace strobe::cli

// strobe report [RECORDING] [VIEW] [RESTRICTION…]
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <iterator>
#include <memory>

#include "browser.h"
#include "commands.h"
#include "exit_status.h"
#include "lines_view.h"
#include "memory_view.h"
#include "newest_recording.h"
#include "options.h"
#include "views.h"
#include "workflow/open_profile.h"

namespace strobe::cli {
namespace {

struct ReportCommandOptions {
  ReportOptions report;
  std::vector<std::string> words;
  bool quiet = false;
};

/// What the positional words mean: an optional file, an optional view, then restrictions.
struct ReportWords {
  std::string path;  ///< empty: the newest one here
  ViewKind view = ViewKind::functions;
  std::vector<std::string> restrictions;
};

Result<ReportWords> read_words(const ReportCommandOptions& options) {
  const std::vector<std::string>& words = options.words;
  ReportWords result;
  size_t next = 0;
  if (next < words.size() && find_view(words[next]) == nullptr) result.path = words[next++];
  const ViewWord* view = &kViewWords[0];
  if (next < words.size()) {
    view = find_view(words[next]);
    if (view == nullptr) {
      return fail(
          ErrorCode::invalid_argument, fmt::format("unknown view '{}'", words[next]),
          fmt::format("views are {}; restrictions come after the view", list_views(", ", " and ", false)));
    }
    result.view = view->kind;
    ++next;
  }
  result.restrictions.assign(words.begin() + static_cast<ptrdiff_t>(next), words.end());
  if (Result<void> checked = check_view(*view, result.restrictions, options.report); !checked)
    return pass(std::move(checked));
  return result;
}

/// With what is usual for the view.
Result<ReportRequest> make_view_request(const ReportWords& words, ReportOptions options) {
  Result<MemoryRequest> memory;
  if (words.view == ViewKind::memory) memory = take_memory_request(options, words.restrictions);
  if (!memory) return pass(std::move(memory));
  const bool lines = words.view == ViewKind::lines;
  Result<ReportRequest> request = make_report_request(
      lines ? with_line_defaults(options, words.restrictions) : options, words.restrictions);
  if (request) request->memory = std::move(*memory);
  return request;
}

int report(const ReportCommandOptions& options) {
  Result<ReportWords> words = read_words(options);
  if (!words) return report_error(words.error());
  Result<ReportRequest> request = make_view_request(*words, options.report);
  if (!request) return report_error(request.error());

  if (words->path.empty()) {
    Result<std::string> newest = choose_newest_recording(options.quiet);
    if (!newest) return report_error(newest.error());
    words->path = std::move(*newest);
  }
  if (words->view == ViewKind::browse) return run_browser(words->path, *request);
  ConsoleDiagnostics diagnostics(options.quiet);
  Result<Profile> profile = workflow::open_profile(words->path, request->symbolize, diagnostics);
  if (!profile) return report_error(profile.error());

  if (request->json_path != "-") {  // else stdout is the JSON's
    Result<std::string> text =
        render_view(*profile, words->view, *request, style_of(STDOUT_FILENO, request->color));
    if (!text) return report_error(text.error());
    if (Result<void> written = write_report(STDOUT_FILENO, *text, "to standard output"); !written) {
      return report_error(written.error());
    }
  }
  if (Result<void> written = write_json(*profile, *request); !written) return report_error(written.error());
  return kExitOk;
}

}  // namespace

Action add_report_command(CLI::App& app) {
  CLI::App* command = app.add_subcommand("report", "Show what a recording holds");
  auto options = std::make_shared<ReportCommandOptions>();
  set_usage(*command, "strobe report [options] [RECORDING] [VIEW] [RESTRICTION…]");
  command->footer(
      "Views: " + list_views(", ", " and ", false) + " [functions].\n" + kSortHelp +
      "Without RECORDING the newest *.strobe of this directory is taken. Restrictions choose functions, in\n"
      "order: a count (20), a fraction (0.1), or a regular expression on filename:lineno(function). A tree\n"
      "begins at the functions that an expression chooses.");
  CLI::Option* words = command->add_option("words", options->words, "RECORDING, view and restrictions");
  offer_values(words->type_name("RECORDING")->group(""), view_words());
  command->add_flag("-q,--quiet", options->quiet, "Do not say which recording is read");
  add_view_options(*command, options->report);
  add_row_options(*command, options->report);
  add_memory_options(*command, options->report);
  add_report_options(*command, options->report);
  return [options] { return report(*options); };
}

}  // namespace strobe::cli

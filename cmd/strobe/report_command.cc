// strobe report [RECORDING] [functions|threads|quality] [RESTRICTION…]
#include <fmt/format.h>
#include <unistd.h>

#include <filesystem>
#include <memory>
#include <optional>

#include "commands.h"
#include "exit_status.h"
#include "options.h"
#include "report/escape.h"
#include "views.h"

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

struct ViewWord {
  const char* word;
  ViewKind view;
};
constexpr ViewWord kViews[] = {
    {"functions", ViewKind::functions},
    {"threads", ViewKind::threads},
    {"quality", ViewKind::quality},
};

std::optional<ViewKind> find_view(const std::string& word) {
  for (const ViewWord& known : kViews) {
    if (word == known.word) return known.view;
  }
  return std::nullopt;
}

std::vector<std::string> view_words() {
  std::vector<std::string> words;
  for (const ViewWord& known : kViews) words.emplace_back(known.word);
  return words;
}

Result<ReportWords> read_words(const std::vector<std::string>& words) {
  ReportWords result;
  size_t next = 0;
  if (next < words.size() && !find_view(words[next])) result.path = words[next++];
  if (next < words.size()) {
    const std::optional<ViewKind> view = find_view(words[next]);
    if (!view) {
      return fail(ErrorCode::invalid_argument, fmt::format("unknown view '{}'", words[next]),
                  "views are functions, threads and quality; restrictions come after the view");
    }
    result.view = *view;
    ++next;
  }
  result.restrictions.assign(words.begin() + static_cast<ptrdiff_t>(next), words.end());
  if (!result.restrictions.empty() && result.view != ViewKind::functions) {
    return fail(ErrorCode::invalid_argument, "restrictions are for the functions view only",
                "strobe report [RECORDING] functions [RESTRICTION…]");
  }
  return result;
}

/// The newest *.strobe of this directory.
Result<std::string> find_newest_recording() {
  namespace fs = std::filesystem;
  std::string newest;
  fs::file_time_type newest_time{};
  std::error_code error;
  for (fs::directory_iterator entry(".", error), end; !error && entry != end; entry.increment(error)) {
    std::error_code ignored;
    if (entry->path().extension() != ".strobe" || !entry->is_regular_file(ignored)) continue;
    const fs::file_time_type time = entry->last_write_time(ignored);
    const std::string name = entry->path().filename().string();
    if (newest.empty() || time > newest_time || (time == newest_time && name > newest)) {
      newest = name;
      newest_time = time;
    }
  }
  if (newest.empty()) {
    return fail(ErrorCode::not_found, "there is no recording (*.strobe) in this directory",
                "make one with: strobe run -- COMMAND; or name one: strobe report FILE");
  }
  return newest;
}

int report(const ReportCommandOptions& options) {
  Result<ReportWords> words = read_words(options.words);
  if (!words) return report_error(words.error());
  Result<ReportRequest> request = make_report_request(options.report, words->restrictions);
  if (!request) return report_error(request.error());

  if (words->path.empty()) {
    Result<std::string> newest = find_newest_recording();
    if (!newest) return report_error(newest.error());
    words->path = *newest;
    if (!options.quiet) write_text(STDERR_FILENO, "strobe: reading " + report::printable(words->path) + '\n');
  }
  ConsoleDiagnostics diagnostics(options.quiet);
  Result<Profile> profile = workflow::complete(words->path, symbolize_options(), diagnostics);
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
  set_usage(*command, "strobe report [options] [RECORDING] [functions|threads|quality] [RESTRICTION…]");
  command->footer(
      std::string(kSortHelp) +
      "Without RECORDING the newest *.strobe of this directory is taken. Restrictions of the functions view "
      "are\n"
      "applied in order: a count (20), a fraction (0.1), or a regular expression on "
      "filename:lineno(function).");
  CLI::Option* words = command->add_option("words", options->words, "RECORDING, view and restrictions");
  offer_values(words->type_name("RECORDING")->group(""), view_words());
  command->add_flag("-q,--quiet", options->quiet, "Do not say which recording is read");
  add_report_options(*command, options->report);
  return [options] { return report(*options); };
}

}  // namespace strobe::cli

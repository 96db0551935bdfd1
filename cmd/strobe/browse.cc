// Runs the browser on standard input and output.
#include <unistd.h>

#include "browser.h"
#include "exit_status.h"
#include "line_reader.h"
#include "views.h"
#include "workflow/open_profile.h"

namespace strobe::cli {

namespace {

/// Until the user leaves or the input ends.
void converse(LineReader& reader, Browser& browser, ColorChoice color) {
  for (std::string line;;) {
    const LineReader::Outcome outcome = reader.read(browser.prompt(), line);
    if (outcome == LineReader::Outcome::end) return;
    if (outcome == LineReader::Outcome::interrupted) continue;
    browser.set_width(style_of(STDOUT_FILENO, color).width);  // the window may have changed
    const BrowserAnswer answer = browser.execute(line);
    if (answer.error.has_value()) report_error(*answer.error);
    if (!write_text(STDOUT_FILENO, answer.text) || answer.leave) return;
  }
}

}  // namespace

int run_browser(const std::string& path, const ReportRequest& request) {
  ConsoleDiagnostics diagnostics(false);
  ReportRequest unlimited = request;  // as in pstats, lists are whole where they are not restricted
  unlimited.functions.order.restrictions = request.tree.restrictions;
  Browser browser(
      [&](const std::string& name) { return workflow::open_profile(name, request.symbolize, diagnostics); },
      unlimited, style_of(STDOUT_FILENO, request.color));
  if (Result<void> opened = browser.open(path); !opened) return report_error(opened.error());
  bool interactive = false;
  {
    LineReader reader([&](std::string_view before) { return browser.complete(before); });
    interactive = reader.interactive();
    if (interactive) write_text(STDOUT_FILENO, "Strobe's browser of recordings; help lists the commands.\n");
    converse(reader, browser, request.color);
  }
  if (interactive) write_text(STDOUT_FILENO, "Goodbye.\n");  // the terminal is as it was
  return kExitOk;
}

}  // namespace strobe::cli

// How views of stacks begin.
#include <fmt/format.h>

#include "report/escape.h"
#include "report/text.h"

namespace strobe::report {
namespace {

std::string list(const char* option, const std::vector<std::string>& patterns) {
  std::string text;
  for (const std::string& pattern : patterns) text += fmt::format(" {} <{}>", option, printable(pattern));
  return text;
}

}  // namespace

std::string write_filter(const analyze::StackFilter& filter) {
  if (filter.empty()) return {};
  return fmt::format("         filtered:{}{}{}{}{}\n", list("focus", filter.focus),
                     list("ignore", filter.ignore), list("hide", filter.hide),
                     filter.native ? "" : " no native frames", filter.gil ? " holders of the GIL" : "");
}

std::string write_coverage(const analyze::Coverage& coverage) {
  const std::string filter = write_filter(coverage.filter);
  if (coverage.shown == coverage.whole) {
    return fmt::format("         {} samples in {:.3f} CPU seconds\n", coverage.whole.samples,
                       coverage.whole.seconds) +
           filter;
  }
  return fmt::format("         {} of {} samples in {:.3f} of {:.3f} CPU seconds\n", coverage.shown.samples,
                     coverage.whole.samples, coverage.shown.seconds, coverage.whole.seconds) +
         filter;
}

}  // namespace strobe::report

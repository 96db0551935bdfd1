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

std::string list_states(const std::vector<ThreadState>& states) {
  std::string text;
  for (const ThreadState state : states)
    text += (text.empty() ? " state " : ", ") + std::string(name_of(state));
  return text;
}

/// "so many samples in so many seconds".
std::string describe(const analyze::Coverage& coverage, const std::string& samples,
                     const std::string& seconds) {
  if (!coverage.filter.wall) return fmt::format("         {} samples in {} CPU seconds\n", samples, seconds);
  return fmt::format(
      "         {} samples and stretches in {} seconds of threads, {:.3f} of them on the CPU\n", samples,
      seconds, coverage.cpu_seconds);
}

}  // namespace

std::string write_filter(const analyze::StackFilter& filter) {
  if (filter.empty()) return {};
  return fmt::format("         filtered:{}{}{}{}{}{}\n", list("focus", filter.focus),
                     list("ignore", filter.ignore), list("hide", filter.hide), list_states(filter.states),
                     filter.native ? "" : " no native frames", filter.gil ? " holders of the GIL" : "");
}

std::string write_coverage(const analyze::Coverage& coverage) {
  const std::string filter = write_filter(coverage.filter);
  const std::string samples = std::to_string(coverage.whole.samples);
  const std::string seconds = fmt::format("{:.3f}", coverage.whole.seconds);
  if (coverage.shown == coverage.whole) return describe(coverage, samples, seconds) + filter;
  return describe(coverage, fmt::format("{} of {}", coverage.shown.samples, samples),
                  fmt::format("{:.3f} of {}", coverage.shown.seconds, seconds)) +
         filter;
}

}  // namespace strobe::report

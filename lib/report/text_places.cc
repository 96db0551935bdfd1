#include "report/text_places.h"

#include <fmt/format.h>

#include <algorithm>

#include "report/escape.h"

namespace strobe::report {
namespace {

constexpr size_t kMaxCalls = 6;         // innermost ones, unless the terminal has less room
constexpr size_t kMinPathColumns = 30;  // a narrower terminal wraps instead

std::string call_text(const PlaceNames& names, const analyze::SourcePaths::Step& step) {
  if (step.function >= names.places->table.rows.size()) return "[unknown]";
  const analyze::FunctionIdentity& function = names.places->table.rows[step.function].function;
  const std::string name = printable(function.name);
  if (function.file.empty()) return name;
  const std::string& file = function.file;
  const std::string shown = printable(names.strip_directories ? analyze::basename_of(file) : file);
  const uint32_t line = step.line != 0 ? step.line : function.line;
  return line == 0 ? fmt::format("{} ({})", name, shown) : fmt::format("{} ({}:{})", name, shown, line);
}

using Steps = std::vector<analyze::SourcePaths::Step>;

const analyze::FunctionIdentity* function_of(const PlaceNames& names, const Steps::value_type& step) {
  const std::vector<analyze::FunctionStats>& rows = names.places->table.rows;
  return step.function < rows.size() ? &rows[step.function].function : nullptr;
}

bool is_of_libc(const analyze::FunctionIdentity* function) {
  if (function == nullptr) return false;
  const std::string module = analyze::basename_of(function->module);
  return module.starts_with("libc.so") || module.starts_with("libc-") || module.starts_with("libpthread");
}

/// How many of the innermost calls only say how it waits: the interpreter's way to its GIL, and what the C
/// library calls of itself.
size_t count_mechanics(const PlaceNames& names, const analyze::PlacedTime& place, const Steps& steps) {
  if (place.state == ThreadState::gil) {
    for (size_t i = 0; i < steps.size(); ++i) {
      const analyze::FunctionIdentity* function = function_of(names, steps[i]);
      if (function != nullptr && function->language == Language::python) return i;
    }
  }
  size_t count = 0;
  while (count + 1 < steps.size() && is_of_libc(function_of(names, steps[count + 1]))) ++count;
  return is_of_libc(function_of(names, steps[0])) ? count : 0;
}

/// Innermost call first.
std::string path_text(const PlaceNames& names, const analyze::PlacedTime& place) {
  Steps steps = names.places->paths.steps(place.path);
  if (steps.empty()) return "[no stack]";
  std::reverse(steps.begin(), steps.end());
  const size_t first = count_mechanics(names, place, steps);
  const size_t end = std::min(steps.size(), first + kMaxCalls);
  std::string text;
  for (size_t i = first; i < end; ++i) text += (i == first ? "" : " < ") + call_text(names, steps[i]);
  return steps.size() > end ? text + " < …" : text;
}

std::string place_text(const PlaceNames& names, const analyze::PlacedTime& place, bool with_state) {
  if (with_state && place.thread.is_none()) return "[owner unknown]";
  std::string text = thread_text(*names.profile, place.thread);
  const bool seen = place.path != analyze::SourcePaths::kEmpty || place.state != ThreadState::unknown;
  if (with_state && !seen) return text + "  [not seen meanwhile]";
  if (with_state) text += fmt::format("  {}", name_of(place.state));
  return text + "  " + path_text(names, place);
}

}  // namespace

std::string thread_text(const Profile& profile, ThreadId thread) {
  if (thread.index() >= profile.threads.size()) return "[unknown]";
  const ThreadRow& row = profile.threads[thread.index()];
  return fmt::format("{} {}", row.tid, printable(profile.text(row.name)));
}

std::string process_text(const Profile& profile, ProcessId process) {
  if (process.index() >= profile.processes.size()) return "[unknown process]";
  const ProcessRow& row = profile.processes[process.index()];
  return fmt::format("{} {}", row.pid, printable(profile.text(row.command)));
}

std::string write_wakers(const Profile& profile, const analyze::Waiting& waiting, size_t limit) {
  if (waiting.wakers.empty()) return {};
  std::string text = "     woken by\n";
  for (size_t i = 0; i < std::min(limit, waiting.wakers.size()); ++i) {
    const analyze::PlacedTime& waker = waiting.wakers[i];
    text += fmt::format("{:>16.3f} {:>5.1f} %  {}\n", waker.seconds,
                        waiting.seconds > 0 ? waker.seconds / waiting.seconds * 100 : 0,
                        thread_text(profile, waker.thread));
  }
  return text;
}

std::string write_places(const char* heading, const PlaceNames& names,
                         const std::vector<analyze::PlacedTime>& places, bool with_state, double whole,
                         size_t limit, const TextStyle& style) {
  if (places.empty()) return {};
  std::string text = fmt::format("     {}\n", heading);
  double rest = 0;
  const auto line = [&](double seconds, std::string place) {
    const std::string numbers =
        fmt::format("{:>16.3f} {:>5.1f} %  ", seconds, whole > 0 ? seconds / whole * 100 : 0);
    if (style.width > 0) {
      const size_t room = style.width - std::min(style.width, display_width(numbers));
      place = shorten(place, std::max(kMinPathColumns, room));
    }
    text += numbers + place + '\n';
  };
  for (size_t i = 0; i < places.size(); ++i) {
    if (i < limit) {
      line(places[i].seconds, place_text(names, places[i], with_state));
    } else {
      rest += places[i].seconds;
    }
  }
  if (places.size() > limit) line(rest, fmt::format("[{} more]", places.size() - limit));
  return text;
}

}  // namespace strobe::report

// The view of Python's GIL.
#include <fmt/format.h>

#include <algorithm>

#include "report/escape.h"
#include "report/text_places.h"
#include "report/text_waiting.h"

namespace strobe::report {
namespace {

using analyze::GilFunction;
using analyze::GilThread;
using analyze::InterpreterGil;

constexpr size_t kMaxRows = 10;  // threads and functions of one interpreter, unless all are asked for

std::string describe(const Profile& profile, const InterpreterGil& gil) {
  std::string text = process_text(profile, gil.process);
  if (!gil.interpreter.empty()) text += ", " + printable(gil.interpreter);
  return gil.address == 0 ? text : text + fmt::format(", GIL at 0x{:x}", gil.address);
}

std::string thread_table(const Profile& profile, const InterpreterGil& gil, size_t rows,
                         const TextStyle& style) {
  std::string text = paint("        held    waited  longest hold  thread", Tone::strong, style) + '\n';
  for (size_t i = 0; i < std::min(rows, gil.threads.size()); ++i) {
    const GilThread& thread = gil.threads[i];
    text += fmt::format("{:12.3f} {:9.3f} {:13.3f}  {}\n", thread.held_seconds, thread.waited_seconds,
                        thread.longest_hold_seconds, thread_text(profile, thread.thread));
  }
  if (gil.threads.size() > rows) text += fmt::format("{:>12} more\n", gil.threads.size() - rows);
  return text;
}

std::string function_table(const analyze::WaitPlaces& places, const InterpreterGil& gil, size_t rows,
                           bool strip_directories, const TextStyle& style) {
  std::string text = paint("        held    waited  function", Tone::strong, style) + '\n';
  for (size_t i = 0; i < std::min(rows, gil.functions.size()); ++i) {
    const GilFunction& function = gil.functions[i];
    const analyze::FunctionIdentity& identity = places.stacks.functions.functions[function.function];
    text += fmt::format("{:12.3f} {:9.3f}  {}\n", function.held_seconds, function.waited_seconds,
                        printable(location_of(identity, strip_directories)));
  }
  if (gil.functions.size() > rows) text += fmt::format("{:>12} more\n", gil.functions.size() - rows);
  return text;
}

}  // namespace

std::string write_gils(const Profile& profile, const analyze::WaitPlaces& places,
                       const analyze::GilView& view, const WaitTextOptions& options, const TextStyle& style) {
  double held = 0;
  double waited = 0;
  for (const InterpreterGil& gil : view.gils) {
    held += gil.held_seconds;
    waited += gil.waiting.seconds;
  }
  std::string text =
      fmt::format("         GIL held {:.3f} seconds, waited for {:.3f}, in {:.3f} seconds of threads\n", held,
                  waited, places.stacks.coverage.whole.seconds);
  if (view.gils.empty()) return text + "\n   No thread of this recording was seen to hold or to want a GIL\n";
  text += "   The longest hold is an estimate: a release between two looks at a thread is not seen\n";
  const PlaceNames names{&profile, &places, options.strip_directories};
  const size_t rows = options.rows == 0 ? SIZE_MAX : kMaxRows;
  for (size_t i = 0; i < view.gils.size() && (options.rows == 0 || i < options.rows); ++i) {
    const InterpreterGil& gil = view.gils[i];
    text += '\n' +
            paint(fmt::format("{}: held {:.3f} s, waited for {:.3f} s ({:.0f} waits), longest hold {:.3f} s",
                              describe(profile, gil), gil.held_seconds, gil.waiting.seconds,
                              gil.waiting.count, gil.longest_hold_seconds),
                  Tone::strong, style) +
            "\n\n";
    text += thread_table(profile, gil, rows, style) + '\n';
    text += function_table(places, gil, rows, options.strip_directories, style) + '\n';
    text += write_places("waiters", names, gil.waiting.waiters, false, gil.waiting.seconds, options.places,
                         style);
    text += write_places("the holder meanwhile", names, gil.waiting.holders, true, gil.waiting.seconds,
                         options.places, style);
  }
  return text;
}

}  // namespace strobe::report

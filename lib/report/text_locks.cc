// The view of contended locks.
#include <fmt/format.h>

#include <algorithm>

#include "report/escape.h"
#include "report/text_places.h"
#include "report/text_waiting.h"

namespace strobe::report {
namespace {

using analyze::ContendedLock;

std::string lock_name(const Profile& profile, const ContendedLock& lock) {
  std::string name = printable(lock.name);
  if (lock.address != 0) name += fmt::format("{}0x{:x}", name.empty() ? "" : " at ", lock.address);
  if (name.empty()) name = lock.kind == ThreadState::lock ? "[lock unknown]" : "[condition unknown]";
  return name + " in " + process_text(profile, lock.process);
}

}  // namespace

std::string write_locks(const Profile& profile, const analyze::WaitPlaces& places,
                        const analyze::LockView& view, const WaitTextOptions& options,
                        const TextStyle& style) {
  const double all = view.lock_seconds + view.cond_seconds;
  std::string text = fmt::format(
      "         {:.3f} seconds of waiting for locks, {:.3f} for conditions, in {:.3f} seconds of threads\n\n",
      view.lock_seconds, view.cond_seconds, places.stacks.coverage.whole.seconds);
  if (view.locks.empty()) return text + "   No thread was seen waiting for a lock or a condition\n";
  text += "   Locks before conditions, most waiting first; waits are estimated from those kept\n";
  if (options.rows > 0 && view.locks.size() > options.rows)
    text += fmt::format("   List reduced from {} to {}\n", view.locks.size(), options.rows);
  text += '\n' + paint("    waits     wait  wait%  longest  kind  what", Tone::strong, style) + '\n';
  const PlaceNames names{&profile, &places, options.strip_directories};
  const size_t shown = options.rows == 0 ? view.locks.size() : std::min(options.rows, view.locks.size());
  for (size_t i = 0; i < shown; ++i) {
    const ContendedLock& lock = view.locks[i];
    const analyze::Waiting& waiting = lock.waiting;
    text += paint(fmt::format("{:9.0f} {:8.3f} {:6.1f} {:8.3f}  {:<4}  {}", waiting.count, waiting.seconds,
                              all > 0 ? waiting.seconds / all * 100 : 0, waiting.longest, name_of(lock.kind),
                              lock_name(profile, lock)),
                  Tone::strong, style) +
            '\n';
    text += write_places("waiters", names, waiting.waiters, false, waiting.seconds, options.places, style);
    if (lock.kind == ThreadState::lock || waiting.owner_seconds > 0)
      text += write_places("its owner meanwhile", names, waiting.holders, true, waiting.seconds,
                           options.places, style);
    text += write_wakers(profile, waiting, options.places);
  }
  return text;
}

}  // namespace strobe::report

// Lines for the threads and stacks of a view of waiting.
#pragma once

#include <string>
#include <vector>

#include "analyze/lock_waits.h"
#include "analyze/wait_places.h"
#include "report/text_style.h"

namespace strobe::report {

/// What names are looked up in; borrowed.
struct PlaceNames {
  const Profile* profile;
  const analyze::WaitPlaces* places;
  bool strip_directories = false;
};

/// "101 worker"; "[unknown]" for none.
[[nodiscard]] std::string thread_text(const Profile& profile, ThreadId thread);
/// "100 app", of a process.
[[nodiscard]] std::string process_text(const Profile& profile, ProcessId process);

/// A heading and a line for each of the first `limit` places: seconds, their share of `whole`, thread, with
/// `with_state` what it did, and its calls, innermost first; what is left out is summed up.
[[nodiscard]] std::string write_places(const char* heading, const PlaceNames& names,
                                       const std::vector<analyze::PlacedTime>& places, bool with_state,
                                       double whole, size_t limit, const TextStyle& style);

/// A heading and a line for each of the first `limit` threads, which woke those that waited.
[[nodiscard]] std::string write_wakers(const Profile& profile, const analyze::Waiting& waiting, size_t limit);

}  // namespace strobe::report

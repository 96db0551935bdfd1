// The views of waiting as text: contended locks, and Python's GIL.
#pragma once

#include <string>

#include "analyze/gil_view.h"
#include "analyze/lock_waits.h"
#include "analyze/wait_places.h"
#include "report/text.h"

namespace strobe::report {

struct WaitTextOptions {
  size_t rows = 20;   ///< locks, or interpreters; 0: all
  size_t places = 3;  ///< stacks of waiters and of holders, each
  bool strip_directories = false;
};

[[nodiscard]] std::string write_locks(const Profile& profile, const analyze::WaitPlaces& places,
                                      const analyze::LockView& view, const WaitTextOptions& options,
                                      const TextStyle& style);
[[nodiscard]] std::string write_gils(const Profile& profile, const analyze::WaitPlaces& places,
                                     const analyze::GilView& view, const WaitTextOptions& options,
                                     const TextStyle& style);

}  // namespace strobe::report

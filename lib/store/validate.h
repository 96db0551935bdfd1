// Whether a profile that was read from a file holds together: every id names a row or nothing, every chain
// ends. Pure. Code behind read_recording() relies on it and does not check again.
#pragma once

#include "base/result.h"
#include "model/recording.h"

namespace strobe::store {

/// Invariants afterwards:
///   1. every id is none or within its table; StackRow::frame, SampleRow::thread and ThreadRow::process are
///   not none;
///   2. StackRow::parent is a smaller id than its own, so every stack ends;
///   3. FrameRow::outer and ProcessRow::parent form no cycle.
Result<void> check_profile(const Profile& profile);

}  // namespace strobe::store

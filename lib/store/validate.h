// Whether rows hold together: every id names a row or nothing, every chain ends. Pure. Checked on the way
// into a file, so that nothing is written that could not be read, and on the way out, as files are foreign
// bytes. Code behind read_recording() relies on it and does not check again.
#pragma once

#include <cstdint>

#include "base/result.h"
#include "model/recording.h"

namespace strobe::store {

/// Invariants afterwards:
///   1. every id is none or within its table; StackRow::frame, SampleRow::thread and ThreadRow::process are
///   not none, nor is StretchRow::thread;
///   2. StackRow::parent is a smaller id than its own, so every stack ends;
///   3. FrameRow::outer and ProcessRow::parent form no cycle;
///   4. times and sizes are below 2^62, as no negative number is;
///   5. rows of memory name a process, and their variances are numbers of 0 or more;
///   6. a StretchRow ends when it began or later, is ready to run for no longer than it lasts, and stands for
///   one stretch at least.
Result<void> check_profile(const Profile& profile);

/// How many rows the tables of a growing recording have.
struct TableSizes {
  uint64_t strings = 0;
  uint64_t modules = 0;
  uint64_t functions = 0;
  uint64_t processes = 0;
  uint64_t threads = 0;
  uint64_t frames = 0;
  uint64_t stacks = 0;
  uint64_t samples = 0;
  uint64_t stretches = 0;
  uint64_t counters = 0;
  uint64_t memory = 0;
  uint64_t memory_points = 0;
};

/// The sizes once `delta` is added to tables of `sizes`; an error where it does not continue them or names
/// rows that are in neither: the mark of a delta before it that could not be stored.
Result<TableSizes> check_delta(const RecordingDelta& delta, const TableSizes& sizes);

}  // namespace strobe::store

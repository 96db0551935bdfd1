// Decodes the record of a wake-up: a sample of the tracepoint sched:sched_waking, which the kernel writes
// where the waker runs (sched_wakeup comes from wherever the woken thread is put in the queue, and cannot
// tell who woke it). Pure: every length is checked.
#pragma once

#include <linux/perf_event.h>

#include <cstddef>
#include <cstdint>

#include "base/byte_reader.h"
#include "base/result.h"
#include "model/events.h"

namespace strobe::sampling {

/// Begins as those of the engine's other events do, so that decode_record_time() and ids serve both.
inline constexpr uint64_t kWakeSampleType = PERF_SAMPLE_IDENTIFIER | PERF_SAMPLE_IP | PERF_SAMPLE_TID |
                                            PERF_SAMPLE_TIME | PERF_SAMPLE_CPU | PERF_SAMPLE_RAW;

/// `pid_offset`: of the woken thread's id in the tracepoint's data (os::Tracepoint).
Result<WakeEvent> decode_wake(Bytes record, size_t pid_offset);

/// The event that a sample is of, of whatever layout; 0 where the record is none.
[[nodiscard]] uint64_t decode_sample_id(Bytes record);

}  // namespace strobe::sampling

// The kernel's perf events as descriptors, and the ring buffers they write to. Only system calls are here:
// what to ask for and what the records mean is in sampling/perf. Hidden state: none. A PerfRing is used by
// one thread; others may read its head and tail.
#pragma once

#include <linux/perf_event.h>
#include <sys/types.h>

#include <cstdint>

#include "base/byte_reader.h"
#include "base/result.h"
#include "base/unique_fd.h"

namespace strobe::os {

/// perf_event_open(2) with close-on-exec. `pid` is a thread (0 the caller, -1 every one), `cpu` -1 is any.
Result<UniqueFd> open_perf_event(const perf_event_attr& attr, pid_t pid, int cpu);

/// Sends the records of `event` to the ring of `ring_owner`; both must be of the same CPU and clock.
Result<void> redirect_perf_output(const UniqueFd& event, const UniqueFd& ring_owner);

/// Stops the event and all that were inherited from it; what it counted stays readable.
void disable_perf_event(const UniqueFd& event);
void enable_perf_event(const UniqueFd& event);

/// Sets the period of the event itself and of those that will be inherited from it, not of those that were.
/// Without effect once the event's thread is gone.
void set_perf_period(const UniqueFd& event, uint64_t period_ns);

/// The id that records of this event, and of all inherited from it, carry.
Result<uint64_t> read_perf_event_id(const UniqueFd& event);

/// The event's count (read_format 0), inherited ones included.
Result<uint64_t> read_perf_count(const UniqueFd& event);

/// /proc/sys/kernel/perf_event_paranoid, or a large number where there is none.
int read_perf_event_paranoid();

/// A mapped ring: bytes between tail and head are ours to read, the rest is the kernel's.
class PerfRing {
 public:
  /// `data_bytes` is a power of two of at least a page. Fails with not_permitted where the locked memory
  /// that the user may have does not suffice.
  static Result<PerfRing> map(const UniqueFd& event, size_t data_bytes);

  PerfRing(PerfRing&& other) noexcept;
  PerfRing& operator=(PerfRing&& other) noexcept;
  PerfRing(const PerfRing&) = delete;
  PerfRing& operator=(const PerfRing&) = delete;
  ~PerfRing();

  [[nodiscard]] Bytes data() const { return data_; }
  /// How far the kernel has written; counts on beyond the ring's size.
  [[nodiscard]] uint64_t read_head() const;
  /// What was given back last.
  [[nodiscard]] uint64_t read_tail() const;
  /// Gives everything before `position` back to the kernel.
  void release_until(uint64_t position);
  /// Ends it before its time; nothing is ever written into it again.
  void unmap();

 private:
  PerfRing(perf_event_mmap_page* control, Bytes data) : control_(control), data_(data) {}

  perf_event_mmap_page* control_ = nullptr;  // the page before the data
  Bytes data_;
};

}  // namespace strobe::os

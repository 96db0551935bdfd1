// One mapped ring per CPU, each owned by an event of our own that does nothing, so that rings exist before
// the target's events and outlive its threads; the target's events are redirected into them.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "base/result.h"
#include "base/unique_fd.h"
#include "os/perf_event.h"
#include "sampling/perf/ring_merger.h"

namespace strobe::sampling {

class RingSet {
 public:
  static constexpr size_t kMaxRingBytes = 16u << 20;
  static constexpr size_t kMaxTotalBytes = 64u << 20;

  /// What each ring is first asked to be, for so many CPUs; a power of two.
  [[nodiscard]] static size_t wanted_bytes(size_t cpus);

  /// Rings for these CPUs, as large as the limits above and the user's locked memory allow.
  static Result<RingSet> open(const std::vector<int>& cpus, bool wake_at_every_record = false,
                              size_t most_bytes = kMaxRingBytes);
  /// Two sets for the same CPUs that share these limits, of about the same size.
  struct Pair;
  static Result<Pair> open_pair(const std::vector<int>& cpus, bool first_wakes_at_every_record);

  [[nodiscard]] size_t size() const { return rings_.size(); }
  [[nodiscard]] const UniqueFd& owner(size_t ring) const { return owners_[ring]; }
  [[nodiscard]] int cpu(size_t ring) const { return cpus_[ring]; }
  [[nodiscard]] const os::PerfRing& ring(size_t ring) const { return rings_[ring]; }
  [[nodiscard]] Bytes data(size_t ring) const { return rings_[ring].data(); }
  [[nodiscard]] uint64_t read_head(size_t ring) const { return rings_[ring].read_head(); }
  [[nodiscard]] uint64_t total_bytes() const;
  /// Readable when a ring is filled to a quarter; not by those that wake at every record.
  [[nodiscard]] int wake_fd() const { return epoll_.get(); }
  /// Waits for that, or until the time is over.
  void wait(int timeout_ms) const;
  /// News of this descriptor, which is borrowed, end a wait as well; -1 for none.
  Result<void> watch(int fd) const;

  /// Makes visible what the kernel has written by now.
  void refresh();
  [[nodiscard]] RingMerger& merger() { return *merger_; }
  [[nodiscard]] const RingMerger& merger() const { return *merger_; }
  /// Whether all that is visible of a ring was read.
  [[nodiscard]] bool is_read(size_t ring);
  /// A fresh ring in place of one that was read to its end; the events have to be redirected into it anew.
  Result<void> replace(size_t ring);
  /// `leave` is called before a ring is taken out, for those that look at it as well.
  void before_change(std::function<void(size_t ring)> leave) { leave_ = std::move(leave); }
  /// A ring, not in use yet, that wakes at every record; as large as the one it is for, or as allowed.
  struct Fresh {
    UniqueFd owner;
    os::PerfRing ring;
  };
  Result<Fresh> open_waking(size_t ring) const;
  /// Puts it in the place of the one that was read to its end, and into which nothing is written any more.
  Result<void> take(size_t ring, Fresh fresh);
  /// Whether all rings wake at every record.
  [[nodiscard]] bool wakes_at_every_record() const { return waking_ == rings_.size(); }

  /// Gives what was read of one ring back to the kernel, when it is worth it.
  void release_some(size_t ring);
  void release_all();

 private:
  RingSet() = default;
  Result<void> map_rings(size_t ring_bytes, bool wake_at_every_record);
  Result<void> install(size_t ring, Fresh fresh);

  std::vector<int> cpus_;
  uint32_t wakeup_bytes_ = 0;
  size_t waking_ = 0;  // rings, from the first on, that wake at every record
  std::vector<UniqueFd> owners_;
  std::vector<os::PerfRing> rings_;
  std::vector<uint64_t> released_;
  std::unique_ptr<RingMerger> merger_;
  std::function<void(size_t)> leave_;
  UniqueFd epoll_;
};

struct RingSet::Pair {
  RingSet first;
  RingSet second;
};

}  // namespace strobe::sampling

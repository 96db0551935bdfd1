// Brings together samples and the Python frames that were read for them, which arrive apart: the perf ring
// has the sample, another ring (or a reader beside the thread) the frames. Both know the thread and a time,
// taken microseconds apart in the same interrupt. Pure; one thread.
//
// Which of the two times comes first depends on the kernel: a sample is stamped before a BPF program runs
// from Linux 6.3 on, and after it before. It is learnt from the first samples, so that later a record that
// was lost is not made up for by its neighbour. Either side may be lost; what finds no partner is dropped and
// counted.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <deque>
#include <memory>
#include <unordered_map>
#include <vector>

#include "model/python.h"

namespace strobe::sampling {

class PythonMatcher {
 public:
  /// Times further apart are not of one interrupt: less than half of the shortest time between samples.
  explicit PythonMatcher(uint64_t limit_ns) : limit_ns_(limit_ns) {}

  /// A place for the frames of a thread as of a time, later than those it had before. Valid until the next
  /// call of any other function.
  PythonCapture& add(pid_t tid, uint64_t time_ns);

  /// The frames of a sample, taken out; null where there are none. Samples of a thread come in order of time.
  /// Valid until the next call.
  const PythonCapture* take(pid_t tid, uint64_t time_ns);

  /// Samples up to this time were delivered: frames that are older still wait for nothing.
  void forget_before(uint64_t time_ns);

  /// How many frames found no sample.
  [[nodiscard]] uint64_t unmatched() const { return unmatched_; }

 private:
  struct Entry {
    uint64_t time_ns = 0;
    std::unique_ptr<PythonCapture> capture;
  };
  using Entries = std::deque<Entry>;

  [[nodiscard]] Entries::iterator find(Entries& entries, uint64_t time_ns) const;
  void learn(uint64_t record_ns, uint64_t sample_ns);
  void drop_front(Entries& entries);

  uint64_t limit_ns_;
  std::unordered_map<pid_t, Entries> waiting_;  // by tid
  std::unique_ptr<PythonCapture> taken_;
  std::vector<std::unique_ptr<PythonCapture>> unused_;  // whose memory is used again
  int balance_ = 0;                                     // of matches with the record later, and earlier
  uint64_t unmatched_ = 0;
};

}  // namespace strobe::sampling

// Reads Python's frames where no BPF program may: one thread for each CPU, pinned to it and woken by every
// sample that is taken there. It takes the CPU from the thread that was sampled, which therefore stands still
// until its frames are read, a few microseconds after the sample. Where that thread goes on elsewhere, or is
// not made to wait, the reader (PythonFrameReader) finds out and keeps what is certain.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <thread>
#include <unordered_set>
#include <vector>

#include "base/unique_fd.h"
#include "model/python.h"
#include "os/perf_event.h"
#include "sampling/perf/perf_record.h"
#include "sampling/perf/ring_reader.h"

namespace strobe::sampling {

/// The frames of one sample.
struct RunningRead {
  pid_t pid = 0;
  pid_t tid = 0;
  uint64_t time_ns = 0;  ///< of the sample
  PythonCapture capture;
};

/// A ring whose owner becomes readable at every record; borrowed.
struct WakingRing {
  int cpu = 0;
  const os::PerfRing* ring = nullptr;
  int owner = -1;
};

/// All functions are for one thread, the engine's.
class RunningReaders {
 public:
  RunningReaders(PythonFrameReader& reader, const RecordLayout& layout);
  RunningReaders(const RunningReaders&) = delete;
  RunningReaders& operator=(const RunningReaders&) = delete;
  ~RunningReaders();  ///< stops them all

  void watch(pid_t pid);
  void forget(pid_t pid);

  /// Begins to look at this ring, if nobody does. `ring` and owner must stay until stop().
  void start(size_t index, const WakingRing& ring);
  void stop(size_t index);
  [[nodiscard]] bool looks_at(size_t index) const { return index < threads_.size() && threads_[index]; }

  /// What was read since the last call, in order of time.
  [[nodiscard]] std::vector<RunningRead> take();
  /// Becomes readable when take() should come soon: code objects that are new, or a ring that fills.
  [[nodiscard]] int wake_fd() const { return news_.get(); }

 private:
  class Thread;

  void hand_in(RunningRead read);
  [[nodiscard]] bool is_watched(pid_t pid);
  [[nodiscard]] bool has_new_code(const PythonCapture& capture);
  void tell() const;

  PythonFrameReader* reader_;
  RecordLayout layout_;
  UniqueFd news_;
  std::mutex mutex_;  // guards the following three
  std::unordered_set<pid_t> pids_;
  std::vector<RunningRead> reads_;
  std::vector<uint64_t> seen_;  // identities of code objects, each at the place that its address names
  std::vector<std::unique_ptr<Thread>> threads_;  // by ring; null where none looks
};

}  // namespace strobe::sampling

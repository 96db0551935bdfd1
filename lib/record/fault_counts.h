// Page faults by stack: where memory became resident. Each sampled fault stands for as many as its period, a
// page each; the row of its process and stack grows. Sampling thread only.
#pragma once

#include <cstdint>
#include <map>
#include <utility>
#include <vector>

#include "model/recording.h"

namespace strobe::record {

class FaultCounts {
 public:
  /// `period`: faults that a sample stands for.
  explicit FaultCounts(uint64_t period);

  void count(ProcessId process, StackId stack);
  /// What changed since the last call.
  void take(RecordingDelta& delta);

 private:
  uint64_t period_;
  uint64_t page_bytes_;
  std::map<std::pair<ProcessId, StackId>, uint32_t> ids_;
  std::vector<MemoryRow> rows_;
  std::vector<uint32_t> changed_;
  std::vector<bool> is_changed_;  // by row
};

}  // namespace strobe::record

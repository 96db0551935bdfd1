#include "record/fault_counts.h"

#include <unistd.h>

#include <algorithm>

namespace strobe::record {

FaultCounts::FaultCounts(uint64_t period)
    : period_(std::max<uint64_t>(period, 1)),
      page_bytes_(static_cast<uint64_t>(std::max(::sysconf(_SC_PAGESIZE), 1L))) {}

void FaultCounts::count(ProcessId process, StackId stack) {
  const auto [place, fresh] = ids_.try_emplace({process, stack}, static_cast<uint32_t>(rows_.size()));
  if (fresh) {
    rows_.push_back({.process = process, .stack = stack, .kind = MemoryKind::fault});
    is_changed_.push_back(false);
  }
  const uint32_t id = place->second;
  MemoryAmount& faults = rows_[id].allocated;
  faults.count += period_;
  faults.bytes += period_ * page_bytes_;
  // One in `period` is seen, as if by chance: that many times the square of what it stands for, less its own.
  const double bytes = static_cast<double>(period_ * page_bytes_);
  faults.variance += bytes * bytes * (1 - 1 / static_cast<double>(period_));
  if (is_changed_[id]) return;
  is_changed_[id] = true;
  changed_.push_back(id);
}

void FaultCounts::take(RecordingDelta& delta) {
  std::ranges::sort(changed_);  // new rows come in the order of their ids
  for (const uint32_t id : changed_) {
    delta.memory.emplace_back(id, rows_[id]);
    is_changed_[id] = false;
  }
  changed_.clear();
}

}  // namespace strobe::record

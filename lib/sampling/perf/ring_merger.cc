#include "sampling/perf/ring_merger.h"

#include <algorithm>

#include "sampling/perf/perf_record.h"

namespace strobe::sampling {

RingMerger::RingMerger(const std::vector<Bytes>& rings) {
  rings_.reserve(rings.size());
  for (const Bytes ring : rings) rings_.push_back({.reader = RingReader(ring)});
}

bool RingMerger::load(Ring& ring) {
  if (ring.known) return true;
  const Bytes record = ring.reader.front();
  if (record.empty()) return false;
  // A record too short for a time is passed on at once, for the decoder to refuse.
  ring.time_ns = std::max(ring.time_ns, decode_record_time(record).value_or(0));
  ring.known = true;
  return true;
}

std::optional<MergedRecord> RingMerger::next(uint64_t front_ns) {
  size_t oldest = rings_.size();
  for (size_t i = 0; i < rings_.size(); ++i) {
    if (load(rings_[i]) && (oldest == rings_.size() || rings_[i].time_ns < rings_[oldest].time_ns))
      oldest = i;
  }
  if (oldest == rings_.size() || rings_[oldest].time_ns >= front_ns) return std::nullopt;
  Ring& ring = rings_[oldest];
  return MergedRecord{.ring = oldest,
                      .bytes = ring.reader.front(),
                      .time_ns = ring.time_ns,
                      .late = ring.time_ns < delivered_ns_};
}

void RingMerger::pop(const MergedRecord& record) {
  Ring& ring = rings_[record.ring];
  delivered_ns_ = std::max(delivered_ns_, record.time_ns);
  ring.reader.pop();
  ring.known = false;
}

void RingMerger::replace(size_t ring, Bytes data) {
  replaced_corruptions_ += rings_[ring].reader.corruptions();
  rings_[ring].reader = RingReader(data);
  rings_[ring].known = false;
}

uint64_t RingMerger::corruptions() const {
  uint64_t sum = replaced_corruptions_;
  for (const Ring& ring : rings_) sum += ring.reader.corruptions();
  return sum;
}

}  // namespace strobe::sampling

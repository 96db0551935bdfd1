// Merges the records of several rings by time. The rings are the queue: a record stays where it is until its
// turn has come, and nothing is copied.
//
// A ring is in order of time but for a few microseconds, where an interrupt's record overtook the one it
// interrupted; such a record takes the time of the one before it. A record that is older than what was
// already given out from another ring (its writer was slow to publish it) is late, and marked so.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "sampling/perf/ring_reader.h"

namespace strobe::sampling {

struct MergedRecord {
  size_t ring = 0;
  Bytes bytes;           ///< valid until pop()
  uint64_t time_ns = 0;  ///< in order over all rings, but for late records
  bool late = false;
};

class RingMerger {
 public:
  explicit RingMerger(const std::vector<Bytes>& rings);

  [[nodiscard]] RingReader& reader(size_t ring) { return rings_[ring].reader; }
  [[nodiscard]] size_t size() const { return rings_.size(); }

  /// The oldest record of all rings if it is older than `front_ns`.
  [[nodiscard]] std::optional<MergedRecord> next(uint64_t front_ns);

  /// Steps over the record that next() gave.
  void pop(const MergedRecord& record);

  /// Another ring takes the place of one that was read to its end.
  void replace(size_t ring, Bytes data);

  [[nodiscard]] uint64_t corruptions() const;

 private:
  struct Ring {
    RingReader reader;
    uint64_t time_ns = 0;  // of the current record, or of the last one
    bool known = false;    // time_ns is the current record's
  };
  /// Whether the ring has a record; then its time is known.
  static bool load(Ring& ring);

  std::vector<Ring> rings_;
  uint64_t delivered_ns_ = 0;
  uint64_t replaced_corruptions_ = 0;  // of rings that are no longer there
};

}  // namespace strobe::sampling

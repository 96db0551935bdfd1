// Keeps a recording within bounds by dropping its oldest part. The recording is cut into segments that share
// no stacks; each knows what every thread used and what became of its samples, so that a segment can be taken
// out of all sums exactly when its rows are deleted. Sampling thread only.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "model/recording.h"
#include "record/recording_bounds.h"
#include "record/sample_sink.h"

namespace strobe::record {

class BoundedHistory {
 public:
  static constexpr uint64_t kSegments = 8;  ///< in a recording that is as long or as large as allowed

  BoundedHistory(const RecordingBounds& bounds, uint64_t start_ns)
      : bounds_(bounds), segment_start_ns_(start_ns) {}

  [[nodiscard]] bool is_bounded() const { return bounds_.max_bytes != 0 || bounds_.max_age_ns != 0; }
  /// Whether the running segment has its length: to be ended after a report of CPU time.
  [[nodiscard]] bool is_segment_full(uint64_t now_ns, const SampleSink& sink) const;
  /// Whether so much waits that it should be handed over at once: what is stored in one go is in the log as
  /// well for a while.
  [[nodiscard]] bool is_handover_large(const SampleSink& sink) const;
  /// After take_delta(): what comes now belongs to a new segment.
  void end_segment(uint64_t now_ns, SampleSink& sink);

  /// Before take_delta(): takes the oldest segments that are beyond the bounds out of all sums, and says
  /// which rows go with them. `used_bytes`: of the file, once it knows of all that was dropped before; else
  /// none.
  [[nodiscard]] std::optional<DropMark> drop_oldest(uint64_t now_ns, std::optional<uint64_t> used_bytes,
                                                    SampleSink& sink);

  /// Takes what was dropped out of the writer's counts, and says so in the quality.
  void describe(uint64_t recording_start_ns, Quality& quality) const;

 private:
  struct Segment {
    DropMark next;  // rows behind it
    uint64_t end_ns = 0;
    uint64_t bytes = 0;  // roughly
    SampleCensus census;
    std::vector<ThreadUse> uses;
  };
  [[nodiscard]] bool is_large() const;
  [[nodiscard]] bool is_worth_dropping() const;
  void drop(const Segment& segment, SampleSink& sink);

  RecordingBounds bounds_;
  uint64_t segment_start_ns_;
  std::deque<Segment> segments_;    // ended and kept, oldest first
  uint64_t handed_over_bytes_ = 0;  // of the running segment, roughly
  int64_t stored_bytes_ = 0;        // by the last word of the writer, and what was handed over since, roughly
  SampleCensus dropped_;
  uint64_t dropped_cpu_ns_ = 0;
  uint64_t dropped_waited_ns_ = 0;
  uint64_t dropped_switches_ = 0;
  uint64_t dropped_until_ns_ = 0;
  bool too_large_ = false;  // without any samples
};

}  // namespace strobe::record

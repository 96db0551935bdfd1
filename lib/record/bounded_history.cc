#include "record/bounded_history.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/clock.h"

namespace strobe::record {
namespace {

/// Of the bound, kept for the log beside the file and for the names that are found in the end.
constexpr uint64_t kReservedShare = 4;

}  // namespace

bool BoundedHistory::is_segment_full(uint64_t now_ns, const SampleSink& sink) const {
  if (sink.census().samples == 0) return false;
  const bool long_enough =
      bounds_.max_age_ns != 0 && now_ns - segment_start_ns_ >= bounds_.max_age_ns / kSegments;
  return long_enough ||
         (bounds_.max_bytes != 0 && sink.segment_bytes() >= bounds_.max_bytes / (2 * kSegments));
}

void BoundedHistory::end_segment(uint64_t now_ns, SampleSink& sink) {
  segments_.push_back({.next = sink.next_rows(),
                       .end_ns = now_ns,
                       .bytes = sink.segment_bytes(),
                       .census = sink.census(),
                       .uses = sink.tracker().take_segment_use()});
  sink.begin_segment();
  segment_start_ns_ = now_ns;
}

/// Where names, processes and frames alone are nearly too large, dropping samples would leave nothing.
bool BoundedHistory::is_too_large(uint64_t used_bytes) {
  if (bounds_.max_bytes == 0 || used_bytes < bounds_.max_bytes - bounds_.max_bytes / kReservedShare)
    return false;
  uint64_t bytes = 0;
  for (const Segment& segment : segments_) bytes += segment.bytes;
  too_large_ = bytes < bounds_.max_bytes / kSegments;
  return !too_large_;
}

std::optional<DropMark> BoundedHistory::drop_oldest(uint64_t now_ns, std::optional<uint64_t> used_bytes,
                                                    SampleSink& sink) {
  std::optional<DropMark> mark;
  bool too_large = used_bytes && is_too_large(*used_bytes);
  while (!segments_.empty()) {
    Segment& oldest = segments_.front();
    const bool too_old = bounds_.max_age_ns != 0 && now_ns - oldest.end_ns >= bounds_.max_age_ns;
    if (!too_old && !too_large) break;
    too_large = false;  // one at a time: then the file tells how large it is
    mark = oldest.next;
    sink.forget(oldest.census);
    sink.tracker().forget(oldest.uses);
    for (const ThreadUse& use : oldest.uses) dropped_cpu_ns_ += use.cpu_ns;
    dropped_.samples += oldest.census.samples;
    for (size_t i = 0; i < dropped_.by_class.size(); ++i) dropped_.by_class[i] += oldest.census.by_class[i];
    dropped_until_ns_ = oldest.end_ns;
    segments_.pop_front();
  }
  return mark;
}

void BoundedHistory::describe(uint64_t recording_start_ns, Quality& quality) const {
  if (too_large_) {
    quality.warnings.emplace_back(
        "This recording is larger than --max-size: its processes, code addresses and names alone take most "
        "of "
        "that.");
  }
  if (dropped_.samples == 0) return;
  quality.dropped = {dropped_.samples, dropped_cpu_ns_, dropped_until_ns_ - recording_start_ns};
  const auto take = [](uint64_t& count, uint64_t part) { count -= std::min(count, part); };
  take(quality.samples.taken, dropped_.samples);
  take(quality.samples.stored, dropped_.samples);
  for (size_t i = 0; i < dropped_.by_class.size(); ++i)
    take(quality.stacks.by_class[i], dropped_.by_class[i]);
  quality.warnings.push_back(fmt::format(
      "The oldest part of this recording was dropped to keep it within its bounds: {} samples, {:.3f} "
      "CPU seconds. What is kept begins {:.1f} s after the start.",
      dropped_.samples, seconds_of(dropped_cpu_ns_), seconds_of(quality.dropped.until_ns)));
}

}  // namespace strobe::record

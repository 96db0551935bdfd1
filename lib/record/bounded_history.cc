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
  if (sink.census().samples == 0 && sink.census().stretches == 0) return false;
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
  handed_over_bytes_ = 0;
  segment_start_ns_ = now_ns;
}

bool BoundedHistory::is_handover_large(const SampleSink& sink) const {
  return bounds_.max_bytes != 0 &&
         sink.segment_bytes() - handed_over_bytes_ >= bounds_.max_bytes / (8 * kSegments);
}

bool BoundedHistory::is_large() const {
  return bounds_.max_bytes != 0 &&
         stored_bytes_ >= static_cast<int64_t>(bounds_.max_bytes - bounds_.max_bytes / kReservedShare);
}

/// Where names, processes and frames alone are nearly too large, dropping samples would leave nothing.
bool BoundedHistory::is_worth_dropping() const {
  uint64_t bytes = 0;
  for (const Segment& segment : segments_) bytes += segment.bytes;
  return bytes >= bounds_.max_bytes / kSegments;
}

std::optional<DropMark> BoundedHistory::drop_oldest(uint64_t now_ns, std::optional<uint64_t> used_bytes,
                                                    SampleSink& sink) {
  const uint64_t news_bytes = sink.segment_bytes() - handed_over_bytes_;
  handed_over_bytes_ = sink.segment_bytes();
  if (used_bytes) stored_bytes_ = static_cast<int64_t>(*used_bytes);
  // Twice: what is handed over next is in the log first and in the file as well then.
  stored_bytes_ += static_cast<int64_t>(2 * news_bytes);
  std::optional<DropMark> mark;
  while (!segments_.empty()) {
    const Segment& oldest = segments_.front();
    const bool too_old = bounds_.max_age_ns != 0 && now_ns - oldest.end_ns >= bounds_.max_age_ns;
    if (!too_old && !(is_large() && is_worth_dropping())) break;
    stored_bytes_ -= static_cast<int64_t>(oldest.bytes);
    mark = oldest.next;
    drop(oldest, sink);
    segments_.pop_front();
  }
  too_large_ = used_bytes ? !mark && is_large() && !is_worth_dropping() : too_large_;
  return mark;
}

void BoundedHistory::drop(const Segment& segment, SampleSink& sink) {
  sink.forget(segment.census);
  sink.tracker().forget(segment.uses);
  for (const ThreadUse& use : segment.uses) {
    dropped_cpu_ns_ += use.cpu_ns;
    dropped_waited_ns_ += use.waited_ns;
    dropped_switches_ += use.voluntary_switches + use.forced_switches;
  }
  dropped_.stretches += segment.census.stretches;
  dropped_.samples += segment.census.samples;
  for (size_t i = 0; i < dropped_.by_class.size(); ++i) dropped_.by_class[i] += segment.census.by_class[i];
  dropped_until_ns_ = segment.end_ns;
}

void BoundedHistory::describe(uint64_t recording_start_ns, Quality& quality) const {
  if (too_large_) {
    quality.warnings.emplace_back(
        "This recording is larger than --max-size: its processes, code addresses and names alone take most "
        "of "
        "that.");
  }
  if (dropped_until_ns_ == 0) return;
  quality.dropped = {.samples = dropped_.samples,
                     .cpu_ns = dropped_cpu_ns_,
                     .until_ns = dropped_until_ns_ - recording_start_ns,
                     .stretches = dropped_.stretches,
                     .waited_ns = dropped_waited_ns_};
  const auto take = [](uint64_t& count, uint64_t part) { count -= std::min(count, part); };
  take(quality.samples.taken, dropped_.samples);
  take(quality.samples.stored, dropped_.samples);
  take(quality.offcpu.stretches, dropped_switches_);
  take(quality.offcpu.kept, dropped_.stretches);
  for (size_t i = 0; i < dropped_.by_class.size(); ++i)
    take(quality.stacks.by_class[i], dropped_.by_class[i]);
  quality.warnings.push_back(fmt::format(
      "The oldest part of this recording was dropped to keep it within its bounds: {} samples, {:.3f} "
      "CPU seconds. What is kept begins {:.1f} s after the start.",
      dropped_.samples, seconds_of(dropped_cpu_ns_), seconds_of(quality.dropped.until_ns)));
}

}  // namespace strobe::record

// Python's part of the perf engine: gets the frames that belong to samples, by the BPF program in the
// interrupt where that is allowed, else by asking a reader as soon as a sample shows in its ring. One thread.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <unordered_set>
#include <utility>
#include <vector>

#include "model/events.h"
#include "model/python.h"
#include "model/quality.h"
#include "model/raw_sample.h"
#include "sampling/bpf/python_program.h"
#include "sampling/engine.h"
#include "sampling/perf/perf_record.h"
#include "sampling/perf/python_matcher.h"
#include "sampling/perf/ring_set.h"
#include "sampling/perf/running_readers.h"

namespace strobe::sampling {

class PythonFrames final : private bpf::PythonRecordSink {
 public:
  /// Loads the BPF program where the options and the rights allow.
  PythonFrames(const EngineOptions& options, const RecordLayout& layout);

  /// To be attached to every sampling event; null where there is none. Lives as long as this object.
  [[nodiscard]] const bpf::PythonProgram* program() const { return program_.get(); }
  [[nodiscard]] PythonReading reading() const;
  /// Where there was a Python: why its frames are not read by BPF, and what was lost.
  void describe(Quality& quality) const;

  /// A process to be watched will come.
  void expect() { expected_ = true; }
  void watch(const PythonTarget& target);

  /// Becomes readable when fetch() should come soon; -1 where it need not.
  [[nodiscard]] int wake_fd() const;

  /// Whether frames are read beside the running thread: then rings have to wake at every record.
  [[nodiscard]] bool reads_running() const { return readers_ && expected_; }
  /// Where frames are read so, begins with those of the samples of these rings, until they are changed.
  void read_at(RingSet& rings);

  /// Gets the frames of all samples that are visible in the rings, which are refreshed and not read yet.
  /// `sink` may name them.
  void fetch(EventSink& sink);

  /// The frames of a sample that is delivered now, valid until the next call; null where its process is not
  /// watched.
  const PythonCapture* find(const RawSample& sample);

  /// Whether a process of which nothing is known yet had its first sample, since the last call.
  [[nodiscard]] bool take_stranger() { return std::exchange(met_stranger_, false); }

  /// Samples up to this time were delivered.
  void delivered(uint64_t time_ns) { matcher_.forget_before(time_ns); }

 private:
  void on_python(const bpf::PythonRecord& record, std::span<const RawPythonFrame> frames) override;
  std::unique_ptr<bpf::PythonProgram> program_;
  std::unique_ptr<RunningReaders> readers_;  // where there is no program
  std::string refusal_;  // why there is no program; empty where there is, or was not asked for
  bool any_ = false;     // there was a Python
  bool met_stranger_ = false;
  bool expected_ = false;           // or will be
  std::unordered_set<pid_t> pids_;  // watched
  PythonMatcher matcher_;
  PythonCapture unread_;
  EventSink* sink_ = nullptr;  // during fetch()
};

}  // namespace strobe::sampling

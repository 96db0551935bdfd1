#include "sampling/perf/python_frames.h"

#include <fmt/format.h>

#include <utility>

namespace strobe::sampling {
PythonFrames::PythonFrames(const EngineOptions& options, const RecordLayout& layout)
    : matcher_(options.period_ns / 2) {
  if (options.python_in_interrupt) {
    auto program = bpf::load_python_program();
    if (program) {
      program_ = std::move(*program);
      return;
    }
    const Error& error = program.error();
    refusal_ = error.hint.empty() ? error.what : error.what + "; " + error.hint;
  }
  if (options.python_reader != nullptr) {
    readers_ = std::make_unique<RunningReaders>(*options.python_reader, layout);
  }
}

PythonReading PythonFrames::reading() const {
  if (program_) return PythonReading::in_interrupt;
  return readers_ ? PythonReading::running : PythonReading::none;
}

int PythonFrames::wake_fd() const {
  if (program_) return program_->wake_fd();
  return readers_ ? readers_->wake_fd() : -1;
}

void PythonFrames::read_at(RingSet& rings) {
  if (!reads_running()) return;
  for (size_t i = 0; i < rings.size(); ++i) {
    if (readers_->looks_at(i)) continue;
    rings.before_change([this](size_t ring) { readers_->stop(ring); });
    readers_->start(i, {.cpu = rings.cpu(i), .ring = &rings.ring(i), .owner = rings.owner(i).get()});
  }
}

void PythonFrames::watch(const PythonTarget& target) {
  if (target.runtime == 0) {
    pids_.erase(target.pid);
    if (program_) program_->forget(target.pid);
    if (readers_) readers_->forget(target.pid);
    return;
  }
  if (reading() == PythonReading::none) return;
  any_ = expected_ = true;
  pids_.insert(target.pid);
  if (readers_) readers_->watch(target.pid);
  // Refused for an odd layout: its samples come with frames that are said to be unread.
  if (program_) static_cast<void>(program_->watch(target));
}

void PythonFrames::fetch(EventSink& sink) {
  sink_ = &sink;
  if (program_) return program_->drain(*this);
  if (pids_.empty()) return;
  if (!readers_) return;
  for (RunningRead& read : readers_->take()) {
    PythonCapture& capture = matcher_.add(read.tid, read.time_ns);
    std::swap(capture, read.capture);
    sink.on_python(read.pid, capture);
  }
}

void PythonFrames::on_python(const bpf::PythonRecord& record, std::span<const RawPythonFrame> frames) {
  if (record.outcome == bpf::kPythonWalkStranger) {
    met_stranger_ = true;
    return;
  }
  PythonCapture& capture = matcher_.add(static_cast<pid_t>(record.tid), record.time_ns);
  bpf::fill_capture(record, frames, capture);
  sink_->on_python(static_cast<pid_t>(record.pid), capture);
}

const PythonCapture* PythonFrames::find(const RawSample& sample) {
  if (!pids_.contains(sample.pid)) return nullptr;
  if (const PythonCapture* found = matcher_.take(sample.tid, sample.time_ns)) return found;
  unread_.clear();
  unread_.reading = reading();
  unread_.outcome = PythonOutcome::unread;
  return &unread_;
}

void PythonFrames::describe(Quality& quality) const {
  if (!any_) return;
  if (!refusal_.empty()) quality.engine_note += fmt::format("; Python's frames not by BPF ({})", refusal_);
  if (const uint64_t lost = program_ ? program_->lost() : 0; lost != 0) {
    quality.warnings.push_back(
        fmt::format("The kernel had no room for the Python frames of {} samples.", lost));
  }
}

}  // namespace strobe::sampling

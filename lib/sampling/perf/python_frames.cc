#include "sampling/perf/python_frames.h"

#include <fmt/format.h>

#include <utility>
#include <variant>

#include "base/clock.h"

namespace strobe::sampling {
namespace {

// What a thread does later than this after its sample has little to do with it.
constexpr uint64_t kFreshNs = 1'000'000;

}  // namespace

PythonFrames::PythonFrames(const EngineOptions& options, const RecordLayout& layout)
    : layout_(layout), reader_(options.python_reader), matcher_(options.period_ns / 2) {
  if (!options.python_in_interrupt) return;
  auto program = bpf::load_python_program();
  if (program) {
    program_ = std::move(*program);
  } else {
    const Error& error = program.error();
    refusal_ = error.hint.empty() ? error.what : error.what + "; " + error.hint;
  }
}

PythonReading PythonFrames::reading() const {
  if (program_) return PythonReading::in_interrupt;
  return reader_ != nullptr ? PythonReading::running : PythonReading::none;
}

void PythonFrames::watch(const PythonTarget& target) {
  if (target.runtime == 0) {
    pids_.erase(target.pid);
    if (program_) program_->forget(target.pid);
    return;
  }
  if (reading() == PythonReading::none) return;
  any_ = true;
  pids_.insert(target.pid);
  // Refused for an odd layout: its samples come with frames that are said to be unread.
  if (program_) static_cast<void>(program_->watch(target));
}

void PythonFrames::fetch(const RingSet& rings, EventSink& sink) {
  if (pids_.empty()) return;
  sink_ = &sink;
  if (program_) return program_->drain(*this);
  for (size_t i = 0; i < rings.size(); ++i) {
    const Bytes ring = rings.data(i);
    if (peeks_.size() == i) peeks_.push_back({.ring = nullptr, .reader = RingReader(ring)});
    if (peeks_[i].ring != ring.data()) peeks_[i] = {.ring = ring.data(), .reader = RingReader(ring)};
    peeks_[i].reader.extend_to(rings.read_head(i));
    look_at(peeks_[i].reader);
  }
}

void PythonFrames::on_python(const bpf::PythonRecord& record, std::span<const RawPythonFrame> frames) {
  PythonCapture& capture = matcher_.add(static_cast<pid_t>(record.tid), record.time_ns);
  bpf::fill_capture(record, frames, capture);
  sink_->on_python(static_cast<pid_t>(record.pid), capture);
}

void PythonFrames::look_at(RingReader& reader) {
  for (Bytes bytes = reader.front(); !bytes.empty(); reader.pop(), bytes = reader.front()) {
    const auto time_ns = decode_record_time(bytes);
    if (!time_ns || *time_ns + kFreshNs < monotonic_now_ns()) continue;
    const auto record = decode_record(bytes, layout_);
    if (!record) continue;
    const auto* found = std::get_if<SampleRecord>(&*record);
    if (found != nullptr && pids_.contains(found->sample.pid)) read_running(found->sample);
  }
}

void PythonFrames::read_running(const RawSample& sample) {
  PythonCapture& capture = matcher_.add(sample.tid, sample.time_ns);
  if (!reader_->read_frames(sample.pid, sample.tid, false, capture)) return capture.clear();
  sink_->on_python(sample.pid, capture);
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

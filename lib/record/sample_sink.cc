#include "record/sample_sink.h"

#include <algorithm>

#include "base/clock.h"
#include "python/other_interpreters.h"
#include "unwind/core/architecture.h"

namespace strobe::record {

SampleSink::SampleSink(const SampleSinkOptions& options)
    : start_ns_(options.start_ns),
      modules_(strings_),
      tracker_(strings_, modules_, options.start_ns, options.redact_arguments),
      unwinder_(modules_),
      frame_cache_(kFrameCacheSize) {}

void SampleSink::on_fork(const ForkEvent& event) {
  tracker_.on_fork(event);
  if (event.pid != event.parent_pid && !event.existing) python_.forked(event.parent_pid, event.pid);
}

void SampleSink::on_exit(const ExitEvent& event) {
  tracker_.on_exit(event);
  if (!tracker_.has_ended(event.pid)) return;
  python_.gone(event.pid);
  python_threads_.gone(event.pid);
}

void SampleSink::on_comm(const CommEvent& event) {
  tracker_.on_comm(event);
  if (event.exec) python_.gone(event.pid);
}

void SampleSink::on_map(const MapEvent& event) {
  tracker_.on_map(event);
  const AddressSpace& space = tracker_.process(event.pid, event.time_ns).space;
  const Mapping* mapping = space.find(RuntimeAddr{event.start});
  if (mapping == nullptr) return;
  const python::InterpreterModule* interpreter = modules_.find_interpreter(mapping->module);
  if (interpreter == nullptr) {
    const std::string other = python::name_other_interpreter(event.path);
    if (!other.empty()) python_.met_other(event.pid, other);
    return;
  }
  python_.mapped(event.pid, {.runtime = raw(mapping->to_runtime(interpreter->runtime)),
                             .bias = mapping->bias,
                             .file = *interpreter,
                             .module = mapping->module});
}

void SampleSink::on_sample(const RawSample& sample) {
  if (samples_.size() >= kMaxWaitingRows) {
    ++lost_queue_;
    return;
  }
  ProcessState& process = tracker_.process(sample.pid, sample.time_ns);
  const ThreadId thread = tracker_.thread(sample.pid, sample.tid, sample.time_ns);
  unwind(process, sample);
  const bool short_copy =
      unwound_.stack_class == StackClass::completed || unwound_.reason == LossReason::stack_copy_short;
  samples_since_short_copy_ = short_copy ? 0 : samples_since_short_copy_ + 1;
  name_frames(process, sample);

  StackId stack;
  for (auto frame = stack_.frames.rbegin(); frame != stack_.frames.rend(); ++frame) {
    stack = stacks_.intern(stack, *frame);
  }
  const auto& kernel = sample.kernel_frames;
  for (size_t i = kernel.size(); i-- > 0;) {
    const UnwoundFrame frame{RuntimeAddr{kernel[i]},
                             i == 0 ? AddressKind::instruction : AddressKind::return_address};
    stack =
        stacks_.intern(stack, frames_.intern(FrameKind::kernel, modules_.kernel(), raw(lookup_addr(frame))));
  }
  samples_.push_back({sample.time_ns > start_ns_ ? sample.time_ns - start_ns_ : 0, thread,
                      stacks_.recorded(stack), unwound_.stack_class, stack_.state});
  count(sample, thread);
}

void SampleSink::name_frames(const ProcessState& process, const RawSample& sample) {
  stack_.frames.clear();
  stack_.outcome = PythonOutcome::none;
  stack_.state = PythonState::none;
  stack_.reason = LossReason::none;
  for (const UnwoundFrame& frame : unwound_.frames) stack_.frames.push_back(intern_frame(process, frame));
  PythonProcess* python = sample.python == nullptr ? nullptr : python_.find(sample.pid);
  if (python == nullptr) return;
  if (sample.python->named.empty()) {
    capture_ = *sample.python;
    on_python(sample.pid, capture_);
  }
  const PythonCapture& capture = sample.python->named.empty() ? capture_ : *sample.python;
  native_ = stack_.frames;
  python_frames_.merge(
      *python, capture, unwound_, native_,
      {.time_ns = sample.time_ns, .in_kernel = !sample.kernel_frames.empty(), .space = &process.space},
      stack_);
}

void SampleSink::on_python(pid_t pid, PythonCapture& capture) {
  PythonProcess* python = python_.find(pid);
  if (python != nullptr) python_frames_.name(*python, capture);
}

void SampleSink::count(const RawSample& sample, ThreadId thread) {
  tracker_.count_sample(thread);
  ++census_.samples;
  ++census_.by_class[static_cast<size_t>(unwound_.stack_class)];
  if (unwound_.reason != LossReason::none) {
    ++blame_[{unwound_.blame, unwound_.reason}];
    ++census_.blame[{unwound_.blame, unwound_.reason}];
  }
  const PythonProcess* python = sample.python == nullptr ? nullptr : python_.find(sample.pid);
  if (python == nullptr) return;
  python_threads_.seen(sample.pid, sample.tid);
  ++by_python_outcome_[static_cast<size_t>(stack_.outcome)];
  ++census_.by_python_outcome[static_cast<size_t>(stack_.outcome)];
  if (stack_.reason == LossReason::none) return;
  ++python_blame_[{python->interpreter.module, stack_.reason}];
  ++census_.python_blame[{python->interpreter.module, stack_.reason}];
}

void SampleSink::unwind(ProcessState& process, const RawSample& sample) {
  if (process.starting_program && sample.has_registers) {
    if (process.space.find(RuntimeAddr{sample.registers.value[unwind::kArchitecture.program_counter]}) !=
        nullptr) {
      process.starting_program = false;
    } else if (!sample.kernel_frames.empty()) {
      unwound_ = {.stack_class = StackClass::complete};  // inside of exec: there is no user stack
      return;
    }
  }
  unwinder_.unwind({sample, process.space, process.memory ? &*process.memory : nullptr}, unwound_);
}

FrameId SampleSink::intern_frame(const ProcessState& process, const UnwoundFrame& frame) {
  const uint64_t generation = process.space.generation();
  const uint64_t key = raw(frame.address) << 1 | static_cast<uint64_t>(frame.kind);
  CachedFrame& cached = frame_cache_[mix_hash(key, generation) & (kFrameCacheSize - 1)];
  if (cached.generation != generation || cached.address_and_kind != key) {
    cached = {generation, key, resolve_frame(process, frame)};
  }
  return cached.frame;
}

FrameId SampleSink::resolve_frame(const ProcessState& process, const UnwoundFrame& frame) {
  const RuntimeAddr address = lookup_addr(frame);
  const Mapping* mapping = process.space.find(address);
  if (mapping == nullptr) {
    return frames_.intern(FrameKind::native, modules_.pseudo(ModuleKind::unknown, process.id), raw(address));
  }
  return frames_.intern(FrameKind::native, mapping->module, raw(mapping->to_file(address)));
}

void SampleSink::on_lost(const LostEvent&) {
  // Counted by the engine, which reports the sums in describe(); nothing to keep per event.
}

RecordingDelta SampleSink::take_delta() {
  RecordingDelta delta;
  tracker_.take_changes(delta);
  modules_.take_new(delta);
  functions_.take_new(delta);
  frames_.take_new(delta);
  stacks_.take_new(delta);
  strings_.take_new(delta);  // last: the others may have added some
  handed_over_ += samples_.size();
  delta.samples.swap(samples_);
  return delta;
}

void SampleSink::begin_segment() {
  stacks_.forget_all();
  census_ = {};
}

uint64_t SampleSink::segment_bytes() const {
  constexpr uint64_t kSampleBytes = 20;  // on disk, measured
  constexpr uint64_t kStackBytes = 14;
  return census_.samples * kSampleBytes + stacks_.size() * kStackBytes;
}

namespace {

void subtract(const SampleCensus::BlameCounts& part, SampleCensus::BlameCounts& counts) {
  for (const auto& [key, count] : part) {
    if ((counts[key] -= count) == 0) counts.erase(key);
  }
}

}  // namespace

void SampleSink::forget(const SampleCensus& census) {
  subtract(census.blame, blame_);
  subtract(census.python_blame, python_blame_);
  for (size_t i = 0; i < by_python_outcome_.size(); ++i) {
    by_python_outcome_[i] -= census.by_python_outcome[i];
  }
}

std::vector<Blame> SampleSink::list_blame(const SampleCensus::BlameCounts& counts) const {
  std::vector<Blame> rows;
  for (const auto& [key, count] : counts) {
    rows.push_back({key.first.is_none() ? std::string() : modules_.name(key.first), key.second, count});
  }
  std::sort(rows.begin(), rows.end(), [](const Blame& a, const Blame& b) { return a.count > b.count; });
  if (rows.size() > 100) rows.resize(100);
  return rows;
}

PythonCounts SampleSink::python_counts() const {
  PythonCounts counts;
  counts.interpreters = python_.interpreters();
  counts.by_outcome = by_python_outcome_;
  counts.blame = list_blame(python_blame_);
  return counts;
}

}  // namespace strobe::record

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
      frame_cache_(kFrameCacheSize),
      resident_(make_resident_source(), options.start_ns) {}

void SampleSink::record_waits(const WaitOptions& options) {
  waits_ = std::make_unique<WaitRecorder>(
      options, WaitRecorder::Parts{&strings_, &functions_, &frames_, &modules_, &tracker_, &python_, this});
}

void SampleSink::record_memory(const std::string& folder) {
  memory_ = std::make_unique<MemoryRecorder>(folder, start_ns_,
                                             MemoryTables{.tracker = &tracker_,
                                                          .modules = &modules_,
                                                          .namer = this,
                                                          .python = &python_,
                                                          .python_frames = &python_frames_});
}

void SampleSink::on_fork(const ForkEvent& event) {
  tracker_.on_fork(event);
  if (waits_ != nullptr) waits_->began(event);
  if (event.pid == event.parent_pid && !event.existing) return;  // a further thread
  const ProcessId id = tracker_.process(event.pid, event.time_ns).id;
  resident_.began(event.pid, id, event.existing ? 0 : event.parent_pid, event.time_ns);
  if (!event.existing) python_.forked(event.parent_pid, event.pid);
}

void SampleSink::on_exit(const ExitEvent& event) {
  if (waits_ != nullptr) waits_->ended(event);
  if (memory_ != nullptr && tracker_.is_last_thread(event.pid)) {
    memory_->program_ended(event.pid, event.time_ns, false);
  }
  tracker_.on_exit(event);
  if (!tracker_.has_ended(event.pid)) return;
  python_.gone(event.pid);
  python_threads_.gone(event.pid);
  resident_.ended(event.pid);
}

void SampleSink::on_comm(const CommEvent& event) {
  if (event.exec && memory_ != nullptr) {
    memory_->program_ended(event.pid, event.time_ns, true);
    memory_->program_began(event.pid, event.time_ns);
  }
  tracker_.on_comm(event);
  if (!event.exec) return;
  python_.gone(event.pid);
  if (waits_ != nullptr) waits_->executed(event);
  resident_.began(event.pid, tracker_.process(event.pid, event.time_ns).id, 0, event.time_ns);
}

void SampleSink::on_map(const MapEvent& event) {
  if (memory_ != nullptr) memory_->code_is_mapped(event);
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
  for (size_t i = sample.kernel_frames.size(); i-- > 0;) {
    stack = stacks_.intern(stack, intern_kernel(sample, i));
  }
  samples_.push_back({sample.time_ns > start_ns_ ? sample.time_ns - start_ns_ : 0, thread,
                      stacks_.recorded(stack), unwound_.stack_class, stack_.state});
  count(sample, thread);
}

void SampleSink::on_fault_sample(const RawSample& sample) {
  if (!faults_) return;
  name_stack(sample, fault_);
  // The user's code that touched the page is the leaf, and not how the kernel found one for it.
  const auto kernel = static_cast<ptrdiff_t>(sample.kernel_frames.size());
  fault_.frames.erase(fault_.frames.begin(), fault_.frames.begin() + kernel);
  const ProcessId process = tracker_.process(sample.pid, sample.time_ns).id;
  faults_->count(process, fault_.frames.empty() ? StackId{} : intern_stack(fault_.frames));
}

FrameId SampleSink::intern_kernel(const RawSample& sample, size_t depth) {
  const UnwoundFrame frame{RuntimeAddr{sample.kernel_frames[depth]},
                           depth == 0 ? AddressKind::instruction : AddressKind::return_address};
  return frames_.intern(FrameKind::kernel, modules_.kernel(), raw(lookup_addr(frame)));
}

void SampleSink::name_stack(const RawSample& sample, Sight& out) {
  ProcessState& process = tracker_.process(sample.pid, sample.time_ns);
  unwind(process, sample);
  name_frames(process, sample);
  out.frames.clear();
  for (size_t i = 0; i < sample.kernel_frames.size(); ++i) out.frames.push_back(intern_kernel(sample, i));
  out.frames.insert(out.frames.end(), stack_.frames.begin(), stack_.frames.end());
  out.stack_class = unwound_.stack_class;
  out.python = stack_.state;
}

StackId SampleSink::intern_stack(const std::vector<FrameId>& frames) {
  StackId stack;
  for (size_t i = frames.size(); i-- > 0;) stack = stacks_.intern(stack, frames[i]);
  return stacks_.recorded(stack);
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

/// Counted by the engine, which reports the sums in describe().
void SampleSink::on_lost(const LostEvent& event) {
  if (waits_ != nullptr && event.reason == LossReason::ring_full) waits_->lost(event.time_ns);
}

RecordingDelta SampleSink::take_delta() {
  RecordingDelta delta;
  if (waits_ != nullptr) waits_->take(delta);  // first: they add to the tables
  if (memory_ != nullptr) memory_->take(monotonic_now_ns(), delta);
  census_.stretches += delta.stretches.size();
  handed_over_stretches_ += delta.stretches.size();
  tracker_.take_changes(delta);
  modules_.take_new(delta);
  functions_.take_new(delta);
  frames_.take_new(delta);
  stacks_.take_new(delta);
  strings_.take_new(delta);  // last: the others may have added some
  handed_over_ += samples_.size();
  delta.samples.swap(samples_);
  resident_.take(delta.counters);
  if (faults_) faults_->take(delta);
  return delta;
}

void SampleSink::begin_segment() {
  stacks_.forget_all();
  census_ = {};
}

uint64_t SampleSink::segment_bytes() const {
  constexpr uint64_t kSampleBytes = 20;  // on disk, measured
  constexpr uint64_t kStackBytes = 14;
  constexpr uint64_t kStretchBytes = 40;
  return census_.samples * kSampleBytes + census_.stretches * kStretchBytes + stacks_.size() * kStackBytes;
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

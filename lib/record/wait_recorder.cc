#include "record/wait_recorder.h"

#include <algorithm>
#include <utility>

#include "base/clock.h"
#include "os/proc_tasks.h"
#include "os/process_memory.h"
#include "unwind/core/architecture.h"

namespace strobe::record {
namespace {

constexpr uint64_t kLookAfterNs = 1'000'000;
constexpr size_t kLooksAtOnce = 200;
constexpr size_t kStackBytes = size_t{16} * 1024;  // the rest is read while unwinding, where it is needed
constexpr size_t kMaxDelaysAtOnce = 4'000;

std::array<uint64_t, 6> arguments_of(const Registers& registers) {
  const auto& value = registers.value;
  return {value[x86_64::kRdi], value[x86_64::kRsi], value[x86_64::kRdx],
          value[x86_64::kR10], value[x86_64::kR8],  value[x86_64::kR9]};
}

StretchTracker::Seeing seeing_of(const WaitOptions& options) {
  return options.samples_switches ? StretchTracker::Seeing::sampled : StretchTracker::Seeing::looked_at;
}

}  // namespace

WaitRecorder::WaitRecorder(const WaitOptions& options, const Parts& parts)
    : options_(options),
      parts_(parts),
      tracker_(seeing_of(options)),
      kernel_waits_(options.samples_switches ? os::KernelWaits::read() : os::KernelWaits{}),
      frame_pointers_(*parts.modules),
      data_names_(*parts.modules),
      stack_(kStackBytes) {}

void WaitRecorder::began(const ForkEvent& event) {
  const StretchTracker::Who who{.thread = parts_.targets->thread(event.pid, event.tid, event.time_ns),
                                .pid = event.pid,
                                .tid = event.tid};
  if (!options_.reports_switches) return sweep_.began(who, event.time_ns, !event.existing);
  const bool waits_for_exec = event.pid == options_.launched && !program_began_;
  using Place = StretchTracker::Place;
  // A launched child waits for Strobe to let it go on: as if it ran.
  const Place place = waits_for_exec ? Place::on_cpu : event.existing ? Place::unknown : Place::ready;
  tracker_.began(who, event.time_ns, place);
  if (event.existing) observe_delay(who);
}

void WaitRecorder::executed(const CommEvent& event) {
  if (event.pid != options_.launched || program_began_) return;
  program_began_ = true;
  parts_.targets->begin_at(event.pid, event.time_ns);
  if (options_.reports_switches) return;
  sweep_.restart({.thread = parts_.targets->thread(event.pid, event.pid, event.time_ns),
                  .pid = event.pid,
                  .tid = event.pid},
                 event.time_ns);
}

void WaitRecorder::ended(const ExitEvent& event) {
  tracker_.ended(event.tid, event.time_ns);
  sweep_.ended(event.pid, event.tid, event.time_ns);
}

void WaitRecorder::pause(uint64_t time_ns) {
  tracker_.pause(time_ns);
  sweep_.pause(time_ns);
}

void WaitRecorder::close(uint64_t now_ns) {
  tracker_.close(now_ns);
  sweep_.close(now_ns);
}

void WaitRecorder::switched(const SwitchEvent& event) {
  if (!tracker_.knows(event.tid)) {
    const ThreadId thread = parts_.targets->thread(event.pid, event.tid, event.time_ns);
    tracker_.began({.thread = thread, .pid = event.pid, .tid = event.tid}, event.time_ns,
                   StretchTracker::Place::unknown);
  }
  tracker_.switched(event);
}

void WaitRecorder::woke(const WakeEvent& event) {
  if (!tracker_.knows(event.tid)) return;
  const bool by_thread = event.waker_tid != 0;
  tracker_.woke(event.tid, event.time_ns,
                by_thread ? parts_.targets->find_thread(event.waker_pid, event.waker_tid) : ThreadId::none());
}

void WaitRecorder::resume(uint64_t time_ns) {
  tracker_.resume(time_ns);
  sweep_.resume(time_ns);
}

Bytes WaitRecorder::code_before(pid_t pid, uint64_t program_counter) {
  if (program_counter < code_.size()) return {};
  os::ProcessMemory memory(pid);
  return memory.read_memory(program_counter - code_.size(), code_) ? Bytes(code_) : Bytes{};
}

void WaitRecorder::sampled(const RawSample& sample) {
  Sight sight;
  parts_.stacks->name_stack(sample, sight);
  os::WaitEvidence evidence{
      .kernel = kernel_waits_.find(sample.kernel_frames), .call = {}, .arguments = {}, .code = {}};
  if (sample.has_registers) {
    evidence.arguments = arguments_of(sample.registers);
    if (evidence.kernel != os::KernelWait::futex && evidence.kernel != os::KernelWait::sleep) {
      evidence.code = code_before(sample.pid, sample.registers.value[unwind::kArchitecture.program_counter]);
    }
  }
  const StretchTracker::Who who{.thread = {}, .pid = sample.pid, .tid = sample.tid};
  explain(os::find_reason(evidence), who, false, sight);
  if (sample.python != nullptr && sight.state == ThreadState::cond) sight.state = state_in_python(sight);
  tracker_.sampled(sample.tid, std::move(sight));
}

/// `still`: the thread waits at this moment, so that who holds what it waits for can be read.
void WaitRecorder::explain(const os::WaitReason& reason, const StretchTracker::Who& who, bool still,
                           Sight& sight) {
  sight.state = reason.state;
  sight.object_address = reason.futex;
  const uint64_t now_ns = monotonic_now_ns();
  if (reason.descriptor && *reason.descriptor >= 0) {
    const std::string object = objects_.describe(who.pid, *reason.descriptor, now_ns);
    if (!object.empty()) sight.object = parts_.strings->intern(object);
  }
  if (reason.futex == 0) return;
  const std::string name = data_names_.find(parts_.targets->process(who.pid, now_ns).space, reason.futex);
  if (!name.empty()) sight.object = parts_.strings->intern(name);
  pid_t owner = 0;
  PythonProcess* python = parts_.python->find(who.pid);
  const auto gil = python == nullptr ? std::nullopt : gils_.find(*python, reason.futex, now_ns);
  if (gil) {
    sight.state = ThreadState::gil;
    sight.python = PythonState::gil_wait;
    sight.object_address = gil->address;
    owner = gil->holder;
  } else if (reason.mutex_like && objects_.shares_thread_ids(who.pid)) {
    os::ProcessMemory memory(who.pid);
    owner = read_mutex_owner(memory, reason.futex);
  }
  sight.wants_owner = sight.state == ThreadState::gil || reason.mutex_like;
  if (still && owner != 0 && owner != who.tid) sight.owner = parts_.targets->find_thread(who.pid, owner);
}

/// Threads that have just begun a stretch are looked at before they are asleep for long: their records are
/// behind, so they are asleep for 1 ms at least when they are found here.
void WaitRecorder::look(uint64_t now_ns) {
  if (!options_.reports_switches) {
    return sweep_.run(now_ns, [this](const StretchTracker::Who& who) { return see(who); });
  }
  const uint64_t after_ns = options_.samples_switches ? StretchTracker::kAlwaysNs : kLookAfterNs;
  tracker_.take_unseen(now_ns - after_ns, now_ns - kLookAfterNs, kLooksAtOnce, unseen_);
  // Nobody waits for those below 1 ms: they are met by chance, where no stacks of them come.
  if (!options_.samples_switches) {
    random_ = random_ * 6364136223846793005u + 1442695040888963407u;  // Knuth's MMIX
    if (const auto who = tracker_.pick_recent(random_ >> 33)) unseen_.push_back(*who);
  }
  for (const StretchTracker::Who& who : unseen_) {
    if (auto sight = see(who)) tracker_.looked_at(who.tid, look_ns_, std::move(*sight));
  }
}

void WaitRecorder::read_still(const os::BlockedLook& look, const StretchTracker::Who& who) {
  look_ns_ = monotonic_now_ns();
  stack_size_ = os::ProcessMemory(who.pid).read_some(look.thread.stack_pointer, stack_);
  has_python_ = parts_.python->read_frames({.pid = who.pid, .tid = who.tid, .stopped = true}, python_);
  os::WaitEvidence evidence{.kernel_state = look.kernel_state, .call = {}, .arguments = {}, .code = {}};
  if (look.thread.call) {
    evidence.call = look.thread.call;
    evidence.arguments = look.thread.arguments;
  }
  sight_ = {};
  explain(os::find_reason(evidence), who, true, sight_);
}

std::optional<Sight> WaitRecorder::see(const StretchTracker::Who& who) {
  using Outcome = os::BlockedLook::Outcome;
  const os::BlockedLook look =
      os::look_at_blocked(who.pid, who.tid, [&](const os::BlockedLook& seen) { read_still(seen, who); });
  if (look.outcome == Outcome::refused) tracker_.not_seen(who.tid);
  if (look.outcome != Outcome::blocked) return std::nullopt;
  if (!options_.reports_switches && look.kernel_state == 't') return std::nullopt;  // Strobe's own stop
  RawSample sample;
  sample.time_ns = look_ns_;
  sample.pid = who.pid;
  sample.tid = who.tid;
  sample.has_registers = look.thread.stack_pointer != 0;
  sample.registers = os::registers_of(look.thread);
  sample.stack = std::span(stack_).first(stack_size_);
  sample.stack_full = stack_size_ == stack_.size();
  if (has_python_) sample.python = &python_;
  const AddressSpace& space = parts_.targets->process(who.pid, look_ns_).space;
  const uint64_t frame_pointer = sample.has_registers ? frame_pointers_.find_again(sample, space) : 0;
  if (frame_pointer != 0) sample.registers.value[x86_64::kRbp] = frame_pointer;
  const PythonState python = sight_.python;
  parts_.stacks->name_stack(sample, sight_);
  if (python != PythonState::none) sight_.python = python;
  if (has_python_ && sight_.state == ThreadState::cond) sight_.state = state_in_python(sight_);
  return std::move(sight_);
}

ThreadState WaitRecorder::state_in_python(const Sight& sight) const {
  const StringId wait = parts_.strings->intern("wait");
  const StringId condition_wait = parts_.strings->intern("Condition.wait");
  for (const FrameId id : sight.frames) {
    const FrameRow& row = parts_.frames->row(id);
    if (row.kind == FrameKind::kernel || row.kind == FrameKind::interpreter) continue;
    if (row.kind == FrameKind::native) {
      const bool plumbing =
          parts_.modules->is_starter(row.module) || parts_.modules->find_interpreter(row.module) != nullptr;
      if (plumbing) continue;
      return sight.state;  // a library of its own waits
    }
    const FunctionRow& function = parts_.functions->row(row.function);
    if (function.file.is_none()) continue;  // a C function, as Python calls it
    const bool waits = function.name == wait || function.name == condition_wait;
    return waits ? ThreadState::cond : ThreadState::lock;
  }
  return sight.state;
}

void WaitRecorder::observe_delay(const StretchTracker::Who& who) {
  const auto stat = os::read_thread_schedstat(who.pid, who.tid);
  if (stat) tracker_.observe_run_delay(who.tid, stat->wait_ns);
}

StretchRow WaitRecorder::make_row(KeptStretch& stretch) {
  const auto relative = [this](uint64_t time_ns) {
    return time_ns > options_.start_ns ? time_ns - options_.start_ns : 0;
  };
  StretchRow row;
  row.start_ns = relative(stretch.start_ns);
  row.end_ns = std::max(relative(stretch.end_ns), row.start_ns);
  row.thread = stretch.thread;
  row.weight = stretch.weight;
  row.runnable_ns = std::min(stretch.runnable_ns, row.end_ns - row.start_ns);
  row.state = stretch.ready ? ThreadState::runnable : ThreadState::unknown;
  row.waker = stretch.waker;
  if (!stretch.sight) return row;
  const Sight& sight = *stretch.sight;
  row.stack = parts_.stacks->intern_stack(sight.frames);
  row.stack_class = sight.stack_class;
  row.python = sight.python;
  if (stretch.ready) return row;
  row.state = sight.state;
  row.object = sight.object;
  row.object_address = sight.object_address;
  row.owner = sight.owner;
  return row;
}

void WaitRecorder::take(RecordingDelta& delta) {
  std::vector<StretchTracker::Who> delayed = tracker_.take_delayed(kMaxDelaysAtOnce);
  for (const StretchTracker::Who& who : delayed) observe_delay(who);
  over_.clear();
  waits_.clear();
  options_.reports_switches ? tracker_.take(over_, waits_) : sweep_.take(over_, waits_);
  for (const ThreadWaits& waits : waits_) {
    parts_.targets->add_waits({.thread = waits.thread,
                               .waited_ns = waits.waited_ns,
                               .runnable_ns = waits.runnable_ns,
                               .voluntary_switches = waits.voluntary,
                               .forced_switches = waits.forced});
  }
  for (KeptStretch& stretch : over_) delta.stretches.push_back(make_row(stretch));
}

OffCpuCounts WaitRecorder::counts() const {
  return options_.reports_switches ? tracker_.counts() : sweep_.counts();
}

}  // namespace strobe::record

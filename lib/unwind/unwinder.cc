#include "unwind/unwinder.h"

#include <algorithm>
#include <deque>

#include "unwind/call_check.h"
#include "unwind/caller_guess.h"
#include "unwind/core/compact_row.h"
#include "unwind/core/frame_pointer.h"
#include "unwind/core/step.h"
#include "unwind/oracle/libunwind_oracle.h"
#include "unwind/recent_stacks.h"
#include "unwind/stack_memory.h"

namespace strobe::unwind {

namespace {

constexpr size_t kMaxFrames = 16'384;
constexpr size_t kCacheBits = 14;
constexpr size_t kMaxGeneralRows = 1024;

/// How a frame at one address is left.
enum class Way : uint8_t {
  empty,  ///< a free place in the cache
  compact_row,
  general_row,
  outermost,
  signal_trampoline,
  frame_pointer,  ///< no CFI
  bad_cfi,
  no_mapping,
};

/// What was found out about one address of one address space.
struct Resolved {
  uint64_t key = 0;  ///< address looked up, and whether it is a return address
  uint64_t generation = 0;
  ModuleId module;
  Way way = Way::empty;
  bool signal_frame = false;
  bool switches_stack = false;
  bool has_code = false;              ///< without CFI: the instructions can be read
  bool clears_frame_pointer = false;  ///< without CFI: start code, where a zero frame pointer is the end
  PrologueState prologue = PrologueState::unknown;
  CompactRow row;
  uint32_t general = 0;  ///< index into general_rows
};

struct GeneralRow {
  UnwindRow row;
  uint64_t bias = 0;
};

uint64_t key_of(UnwoundFrame frame) {
  return raw(lookup_addr(frame)) << 1 | (frame.kind == AddressKind::return_address ? 1 : 0);
}

RecentStacks::Key key_of(const UnwindRequest& request) {
  return {request.sample.tid, request.space.generation(), request.sample.time_ns};
}

}  // namespace

struct Unwinder::State {
  explicit State(CfiSource& source)
      : cfi(&source), cache(size_t{1} << kCacheBits), callers(source), calls(source) {}

  const Resolved& resolve(const AddressSpace& space, UnwoundFrame frame);
  void resolve_anew(const AddressSpace& space, UnwoundFrame frame, Resolved& out);
  void resolve_without_cfi(const ModuleCfi& module, uint64_t address, UnwoundFrame frame, Resolved& out);
  bool resolve_with_cfi(const ModuleCfi& module, const Mapping& mapping, UnwoundFrame frame, Resolved& out);

  StepResult step(const Resolved& way, const AddressSpace& space, UnwoundFrame frame);
  StepResult step_without_cfi(const Resolved& way, const AddressSpace& space, UnwoundFrame frame);
  StepResult step_by_libunwind(const AddressSpace& space);
  void walk(const UnwindRequest& request, UnwoundStack& out);
  void stop(StepResult result, const Resolved& way, UnwoundStack& out);
  void finish(const UnwindRequest& request, size_t copied_frames, UnwoundStack& out);
  bool calls_fit(const UnwindRequest& request, size_t copied_frames, const UnwoundStack& out);
  void complete_from_recent(const UnwindRequest& request, UnwoundStack& out);
  std::span<const StackedFrame> stacked(const UnwoundStack& out);

  CfiSource* cfi;
  std::vector<Resolved> cache;
  std::deque<GeneralRow> general_rows;
  CallerGuess callers;
  CallCheck calls;
  RecentStacks recent;
  std::vector<StackedFrame> stacked_frames;
  StackMemory memory;
  FrameRegisters registers;
  bool by_frame_pointer = false;  ///< the frame was reached by a frame pointer
};

const Resolved& Unwinder::State::resolve(const AddressSpace& space, UnwoundFrame frame) {
  const uint64_t key = key_of(frame);
  const size_t place = (key * 0x9E3779B97F4A7C15ull) >> (64 - kCacheBits);
  Resolved& entry = cache[place];
  if (entry.key == key && entry.generation == space.generation()) return entry;
  resolve_anew(space, frame, entry);
  entry.key = key;
  entry.generation = space.generation();
  return entry;
}

void Unwinder::State::resolve_anew(const AddressSpace& space, UnwoundFrame frame, Resolved& out) {
  out = {};
  const Mapping* mapping = space.find(lookup_addr(frame));
  if (mapping == nullptr) {
    out.way = Way::no_mapping;
    return;
  }
  out.module = mapping->module;
  out.way = Way::frame_pointer;
  const ModuleCfi* module = cfi->find_cfi(mapping->module);
  if (module == nullptr) return;
  if (resolve_with_cfi(*module, *mapping, frame, out)) return;
  resolve_without_cfi(*module, raw(mapping->to_file(frame.address)), frame, out);
}

bool Unwinder::State::resolve_with_cfi(const ModuleCfi& module, const Mapping& mapping, UnwoundFrame frame,
                                       Resolved& out) {
  GeneralRow general{.bias = mapping.bias};
  const FileAddr address = mapping.to_file(lookup_addr(frame));
  const ModuleCfi::Lookup found = module.find_row(address, general.row);
  if (found == ModuleCfi::Lookup::none) return false;
  if (found == ModuleCfi::Lookup::bad) {
    out.way = Way::bad_cfi;
    return true;
  }
  out.signal_frame = general.row.signal_frame;
  out.switches_stack = general.row.switches_stack;
  if (is_outermost(general.row)) {
    out.way = Way::outermost;
  } else if (make_compact(general.row, raw(address), out.row)) {
    out.way = Way::compact_row;
  } else {
    if (general_rows.size() == kMaxGeneralRows) {
      // Rare rows: start again, and forget every address that points at one.
      general_rows.clear();
      for (Resolved& entry : cache) {
        if (entry.way == Way::general_row) entry = {};
      }
    }
    out.way = Way::general_row;
    out.general = static_cast<uint32_t>(general_rows.size());
    general_rows.push_back(general);
  }
  return true;
}

void Unwinder::State::resolve_without_cfi(const ModuleCfi& module, uint64_t address, UnwoundFrame frame,
                                          Resolved& out) {
  const Bytes code = module.code_at(FileAddr{address});
  const Bytes before = code_before(module, address);
  out.has_code = !code.empty();
  out.clears_frame_pointer = clears_frame_pointer(before);
  if (is_signal_trampoline(code)) {
    out.way = Way::signal_trampoline;
    out.signal_frame = true;
  } else if (module.is_entry_code(FileAddr{address})) {
    out.way = Way::outermost;
  } else if (frame.kind == AddressKind::instruction) {
    out.prologue = find_prologue_state(before, code);
  }
}

StepResult Unwinder::State::step(const Resolved& way, const AddressSpace& space, UnwoundFrame frame) {
  switch (way.way) {
    case Way::compact_row:
      by_frame_pointer = false;
      return step_compact(way.row, memory, registers);
    case Way::general_row: {
      by_frame_pointer = false;
      const GeneralRow& general = general_rows[way.general];
      return step_row(general.row, general.bias, memory, registers);
    }
    case Way::signal_trampoline:
      return step_signal_trampoline(memory, registers);
    case Way::frame_pointer:
      return step_without_cfi(way, space, frame);
    case Way::outermost:
      return StepResult::end_of_stack;
    case Way::bad_cfi:
      return step_by_libunwind(space);
    case Way::empty:
    case Way::no_mapping:
      break;
  }
  return StepResult::bad_info;
}

/// What our reader of CFI refuses, libunwind may know. Where it knows no better it guesses, so that what it
/// finds has to be a return address for certain.
StepResult Unwinder::State::step_by_libunwind(const AddressSpace& space) {
  FrameRegisters caller = registers;
  const OracleRequest request{
      .registers = registers.registers, .space = space, .modules = *cfi, .memory = memory};
  if (!step_with_libunwind(request, caller)) {
    return memory.failure() == StackMemory::Failure::none ? StepResult::bad_info : StepResult::unreadable;
  }
  if (callers.check_return_address(space, caller.pc()) != ReturnCheck::certain) return StepResult::bad_info;
  registers = caller;
  by_frame_pointer = false;
  return StepResult::ok;
}

StepResult Unwinder::State::step_without_cfi(const Resolved& way, const AddressSpace& space,
                                             UnwoundFrame frame) {
  const bool interrupted = frame.kind == AddressKind::instruction;
  const uint64_t fp = registers.fp();
  const bool outermost_mark = registers.is_known(kArchitecture.frame_pointer) && fp == 0;
  if (!interrupted && outermost_mark && (by_frame_pointer || way.clears_frame_pointer)) {
    return StepResult::end_of_stack;
  }
  PrologueState prologue = way.prologue;
  if (interrupted && way.has_code && prologue == PrologueState::unknown)
    prologue = callers.guess_leaf(space, memory, registers);
  by_frame_pointer = prologue == PrologueState::unknown;
  const StepResult result =
      by_frame_pointer ? step_frame_pointer(memory, registers) : step_prologue(prologue, memory, registers);
  if (result != StepResult::ok) return result;
  // Nothing promised that this was a frame: its return address has to be one, and where that cannot be told
  // for certain, its frame pointer has to go on up the stack.
  const uint64_t pc = registers.pc();
  if (pc == 0) return interrupted ? StepResult::bad_info : StepResult::end_of_stack;
  const ReturnCheck check = callers.check_return_address(space, pc);
  const bool goes_up = !by_frame_pointer || registers.fp() == 0 || registers.fp() > fp;
  const bool plausible = check == ReturnCheck::certain || (check == ReturnCheck::possible && goes_up);
  return plausible ? StepResult::ok : StepResult::bad_info;
}

void Unwinder::State::stop(StepResult result, const Resolved& way, UnwoundStack& out) {
  out.stack_class = StackClass::incomplete;
  out.blame = way.module;
  switch (result) {
    case StepResult::ok:
      break;
    case StepResult::end_of_stack:
      out.stack_class = StackClass::complete;
      out.blame = ModuleId::none();
      break;
    case StepResult::unreadable:
      if (memory.failure() == StackMemory::Failure::beyond_copy) {
        out.stack_class = StackClass::truncated;
        out.reason = LossReason::stack_copy_short;
        out.blame = ModuleId::none();
      } else {
        out.reason = LossReason::unreadable_memory;
      }
      break;
    case StepResult::bad_info:
      out.reason = way.way == Way::no_mapping      ? LossReason::no_mapping
                   : way.way == Way::frame_pointer ? LossReason::no_unwind_info
                                                   : LossReason::bad_unwind_info;
      break;
  }
}

void Unwinder::State::walk(const UnwindRequest& request, UnwoundStack& out) {
  UnwoundFrame frame{.address = RuntimeAddr{registers.pc()}};
  size_t copied_frames = 0;
  ModuleId previous;
  while (true) {
    const Resolved& way = resolve(request.space, frame);
    if (way.way == Way::no_mapping && !out.frames.empty()) {
      stop(StepResult::bad_info, way, out);
      out.blame = previous;  // whose caller it should have been
      break;
    }
    if (way.signal_frame) frame.kind = AddressKind::instruction;
    out.frames.push_back(frame);
    out.stack_pointers.push_back(registers.sp());
    if (!memory.used_live()) copied_frames = out.frames.size();
    if (out.frames.size() == kMaxFrames) {
      stop(StepResult::ok, way, out);
      out.reason = LossReason::too_deep;
      break;
    }
    const uint64_t sp = registers.sp();
    memory.enter_frame(sp);
    if (way.switches_stack) memory.goes_on_elsewhere();
    const StepResult result = step(way, request.space, frame);
    if (result != StepResult::ok) {
      stop(result, way, out);
      break;
    }
    if (registers.pc() == 0) {
      stop(StepResult::end_of_stack, way, out);
      break;
    }
    if (way.signal_frame) {
      memory.goes_on_elsewhere();
    } else if (way.switches_stack) {
      // Nothing can be said about the order of two stacks.
    } else if (registers.sp() < sp || (registers.sp() == sp && frame.kind != AddressKind::instruction)) {
      // Only an interrupted function can have its return address in a register (vfork): it leaves the stack
      // pointer where it is.
      stop(StepResult::ok, way, out);
      out.reason = LossReason::loop;
      break;
    }
    previous = way.module;
    frame = {.address = RuntimeAddr{registers.pc()},
             .kind = way.signal_frame ? AddressKind::instruction : AddressKind::return_address};
  }
  if (memory.used_live()) finish(request, copied_frames, out);
  if (out.stack_class == StackClass::truncated && request.live != nullptr) complete_from_recent(request, out);
}

std::span<const StackedFrame> Unwinder::State::stacked(const UnwoundStack& out) {
  stacked_frames.clear();
  for (size_t i = 0; i < out.stack_pointers.size(); ++i)
    stacked_frames.push_back({out.frames[i], out.stack_pointers[i]});
  return stacked_frames;
}

void Unwinder::State::complete_from_recent(const UnwindRequest& request, UnwoundStack& out) {
  const auto rest = recent.find_rest(key_of(request), stacked(out));
  if (rest.empty()) return;
  for (const StackedFrame& frame : rest) out.frames.push_back(frame.frame);
  out.stack_class = StackClass::completed;
  out.reason = LossReason::none;
}

bool Unwinder::State::calls_fit(const UnwindRequest& request, size_t copied_frames, const UnwoundStack& out) {
  for (size_t i = std::max<size_t>(copied_frames, 1); i < out.frames.size(); ++i) {
    const UnwoundFrame& outer = out.frames[i];
    if (outer.kind == AddressKind::return_address &&
        !calls.may_lead_to(request.space, *request.live, outer.address, lookup_addr(out.frames[i - 1]))) {
      return false;
    }
  }
  return true;
}

/// The walk went beyond the copy, into live memory.
void Unwinder::State::finish(const UnwindRequest& request, size_t copied_frames, UnwoundStack& out) {
  if (out.stack_class == StackClass::complete && calls_fit(request, copied_frames, out)) {
    if (memory.confirm_live()) {
      out.stack_class = StackClass::completed;
      recent.remember(key_of(request), stacked(out));
      return;
    }
    recent.compare(key_of(request), stacked(out));
  }
  out.frames.resize(copied_frames);
  out.stack_pointers.resize(copied_frames);
  out.stack_class = StackClass::truncated;
  out.reason = LossReason::stack_copy_short;
  out.blame = ModuleId::none();
}

Unwinder::Unwinder(CfiSource& cfi) : state_(std::make_unique<State>(cfi)) {}

Unwinder::~Unwinder() = default;

void Unwinder::unwind(const UnwindRequest& request, UnwoundStack& out) {
  out.frames.clear();
  out.stack_pointers.clear();
  out.reason = LossReason::none;
  out.blame = ModuleId::none();
  const RawSample& sample = request.sample;
  if (!sample.has_registers) {
    out.stack_class = StackClass::none;
    out.reason = LossReason::no_registers;
    return;
  }
  state_->registers = {.registers = sample.registers};
  state_->by_frame_pointer = false;
  state_->memory.reset(state_->registers.sp(), sample.stack, sample.stack_full, request.live,
                       state_->recent.wants_comparison(key_of(request)));
  state_->walk(request, out);
}

}  // namespace strobe::unwind

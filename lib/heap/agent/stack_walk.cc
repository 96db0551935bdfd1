#include "heap/agent/stack_walk.h"

#include "heap/agent/frame_rows.h"
#include "heap/agent/own_stack.h"
#include "unwind/core/step.h"

namespace strobe::heap::agent {
namespace {

constexpr size_t kKeptOfDeepStacks = 64;

enum class Outcome : uint8_t { start_reached, joined, lost, too_deep, needs_full };

uint64_t code_of(NodeKind kind, uint64_t address) {
  return (address & kAddressMask) | static_cast<uint64_t>(kind) << kNodeKindShift;
}

/// A walk by rules. Known frames lie outermost first, so that those that stay need not be moved.
class QuickWalk {
 public:
  QuickWalk(Thread& thread, OwnStack& stack, const CallSite& site)
      : thread_(&thread), stack_(&stack), known_(stack.is_thread_stack() ? thread.count : 0) {
    frame_.sp = site.sp;
    frame_.return_address = site.return_address;
    frame_.fp = site.fp;
  }

  Outcome run() {
    while (true) {
      if (joins()) return Outcome::joined;
      if (fresh_ == kMaxFrames) return Outcome::too_deep;
      const Outcome outcome = step();
      if (outcome != Outcome::joined) return outcome;  // there: it goes on
    }
  }

  /// The frames that stay known, and how many new ones are in thread.fresh, innermost first.
  [[nodiscard]] size_t known() const { return known_; }
  [[nodiscard]] size_t fresh() const { return fresh_; }

 private:
  [[nodiscard]] bool joins() {
    const KnownFrame* frames = thread_->frames;
    while (known_ > 0 && frames[known_ - 1].sp < frame_.sp) --known_;
    if (known_ == 0) return false;
    const KnownFrame& other = frames[known_ - 1];
    if (other.sp != frame_.sp || other.return_address != frame_.return_address ||
        (other.fp_matters && other.fp != frame_.fp)) {
      return false;
    }
    // The same place with the same registers: what lies further out is the same if the words that led there
    // are.
    for (size_t i = known_ - 1; i > 0; --i) {
      const KnownFrame& outer = frames[i - 1];
      const bool same =
          OwnStack::word_at(outer.sp - 8) == outer.return_address &&
          (frames[i].saved_fp_address == 0 || OwnStack::word_at(frames[i].saved_fp_address) == outer.fp);
      if (!same) {
        known_ = i;
        return false;
      }
    }
    return true;
  }

  /// `joined`: it goes on.
  Outcome step() {
    const FrameRule rule = find_rule(frame_.return_address);
    KnownFrame& kept = thread_->fresh[fresh_++];
    kept = frame_;
    uint64_t cfa = 0;
    switch (rule.way) {
      case Way::outermost:
        return Outcome::start_reached;
      case Way::general:
        return Outcome::needs_full;
      case Way::by_stack_pointer:
        cfa = frame_.sp + uint64_t{rule.cfa_words} * 8;
        break;
      case Way::by_frame_pointer:
        cfa = frame_.fp + uint64_t{rule.cfa_words} * 8;
        kept.uses_fp = true;
        break;
      case Way::without_cfi:
        cfa = frame_.fp + 16;
        kept.uses_fp = true;
        break;
    }
    const int32_t saved = rule.way == Way::without_cfi ? -2 : rule.saved_words;
    if (cfa <= frame_.sp || !stack_->covers(cfa - 8)) return Outcome::lost;
    frame_.return_address = OwnStack::word_at(cfa - 8);
    if (saved != FrameRule::kNotSaved) {
      kept.saved_fp_address = cfa + static_cast<uint64_t>(int64_t{saved} * 8);
      if (!stack_->covers(kept.saved_fp_address)) return Outcome::lost;
      frame_.fp = OwnStack::word_at(kept.saved_fp_address);
    }
    frame_.sp = cfa;
    if (frame_.return_address == 0) return Outcome::start_reached;
    if (rule.way == Way::without_cfi && !is_in_module(frame_.return_address) && frame_.fp <= frame_.sp) {
      return Outcome::lost;
    }
    return Outcome::joined;
  }

  Thread* thread_;
  OwnStack* stack_;
  size_t known_;  // frames that may still be joined
  size_t fresh_ = 0;
  KnownFrame frame_;
};

/// Puts the fresh frames behind `known` ones; without their nodes.
void append(Thread& thread, size_t known, size_t fresh) {
  KnownFrame* frames = thread.frames;
  while (fresh > 0) {
    KnownFrame& frame = thread.fresh[--fresh];
    const bool outer_matters = known > 0 && frames[known - 1].fp_matters;
    frame.fp_matters = (frame.uses_fp && known > 0) || (outer_matters && frame.saved_fp_address == 0);
    if (!outer_matters) frame.saved_fp_address = 0;
    frame.node = StackNodes::kNone;
    frames[known++] = frame;
  }
  thread.count = known;
}

/// The node of the whole stack; that of frames that have theirs is known.
uint32_t intern(Thread& thread, StackNodes& nodes) {
  KnownFrame* frames = thread.frames;
  size_t known = thread.count;
  while (known > 0 && frames[known - 1].node == StackNodes::kNone) --known;
  uint32_t node = known == 0 ? StackNodes::kNone : frames[known - 1].node;
  for (; known < thread.count; ++known) {
    node = nodes.find_or_add(node, code_of(NodeKind::native, frames[known].return_address));
    if (node == StackNodes::kNone) break;
    frames[known].node = node;
  }
  return node;
}

/// Goes from node to node, inwards. As far as a stack is the thread's last one, its nodes are known.
class MixedStack {
 public:
  MixedStack(Thread& thread, StackNodes& nodes) : thread_(&thread), nodes_(&nodes) {}
  MixedStack(const MixedStack&) = delete;
  MixedStack& operator=(const MixedStack&) = delete;
  ~MixedStack() { thread_->mixed_count = count_; }

  [[nodiscard]] uint32_t node() const { return node_; }
  [[nodiscard]] bool add(uint64_t code, uint32_t detail = 0) {
    if (same_ && count_ < thread_->mixed_count) {
      const MixedFrame& frame = thread_->mixed[count_];
      if (frame.code == code && frame.detail == detail) {
        ++count_;
        node_ = frame.node;
        return true;
      }
    }
    same_ = false;
    node_ = nodes_->find_or_add(node_, code, detail);
    if (node_ != StackNodes::kNone && count_ < kMaxFrames) {
      thread_->mixed[count_++] = {.code = code, .detail = detail, .node = node_};
    }
    return node_ != StackNodes::kNone;
  }

 private:
  Thread* thread_;
  StackNodes* nodes_;
  size_t count_ = 0;
  uint32_t node_ = StackNodes::kNone;
  bool same_ = true;
};

bool add_python(MixedStack& stack, const RawPythonFrame& frame, bool by_index) {
  const uint64_t offset = by_index ? frame.instruction & UINT32_MAX : frame.instruction - frame.code;
  PythonPlace place{.instruction = kNoInstruction, .mark = code_mark(frame.identity)};
  if (offset < kNoInstruction && frame.tlbc == 0) place.instruction = static_cast<uint32_t>(offset);
  const Node node = python_node(frame.code, place);
  return stack.add(node.code, node.detail);
}

/// The same with the thread's Python frames, each behind the call of the evaluator that runs it, by the
/// address that came with the oldest frame of the call. kNone where they do not fit the native frames.
uint32_t intern_with_python(Thread& thread, size_t python, bool by_index, StackNodes& nodes) {
  MixedStack stack(thread, nodes);
  for (size_t i = 0; i < thread.count; ++i) {
    const KnownFrame& frame = thread.frames[i];
    if (!stack.add(code_of(NodeKind::native, frame.return_address))) return StackNodes::kNone;
    const uint64_t end = i == 0 ? UINT64_MAX : thread.frames[i - 1].sp;
    while (python > 0 && frame.sp <= thread.python[python - 1].anchor &&
           thread.python[python - 1].anchor < end) {
      do {
        if (!add_python(stack, thread.python[--python], by_index)) return StackNodes::kNone;
      } while (python > 0 && thread.python[python - 1].anchor == 0);
    }
  }
  return python == 0 ? stack.node() : StackNodes::kNone;
}

/// The stack without its outer part, which nothing can be joined to.
FoundStack cut_stack(Thread& thread, size_t fresh, StackNodes& nodes) {
  uint32_t node = StackNodes::kNone;
  for (size_t i = fresh; i > 0; --i) {
    node = nodes.find_or_add(node, thread.fresh[i - 1].code);
    if (node == StackNodes::kNone) break;
  }
  return {.node = node, .cut = true};
}

/// A walk with all registers and every kind of rule, from this very function outwards.
class FullWalk {
 public:
  FullWalk(Thread& thread, OwnStack& stack, const CallSite& site)
      : thread_(&thread), stack_(&stack), site_(&site) {}

  __attribute__((noinline)) Outcome run() {
    OwnStack inner(*thread_, reinterpret_cast<uint64_t>(__builtin_frame_address(0)) - 256);
    take_registers();
    bool counted = false;  // the agent's own frames are left out
    bool interrupted = true;
    while (true) {
      counted = counted || (registers_.sp() >= site_->sp);
      if (fresh_ == kMaxFrames) return Outcome::too_deep;
      if (counted) {
        thread_->fresh[fresh_++].code =
            code_of(interrupted ? NodeKind::interrupted : NodeKind::native, registers_.pc());
      }
      const uint64_t sp = registers_.sp();
      MemoryReader& memory = counted ? *stack_ : inner;
      switch (step(interrupted, memory)) {
        case unwind::StepResult::ok:
          break;
        case unwind::StepResult::end_of_stack:
          return Outcome::start_reached;
        default:
          return Outcome::lost;
      }
      if (registers_.pc() == 0) return Outcome::start_reached;
      if (registers_.sp() <= sp && !interrupted) return Outcome::lost;
    }
  }

  [[nodiscard]] size_t fresh() const { return fresh_; }

 private:
  __attribute__((always_inline)) void take_registers() {
    uint64_t* value = registers_.registers.value.data();
    asm volatile(
        "movq %%rbx, %[rbx]\n\tmovq %%rbp, %[rbp]\n\tmovq %%rsp, %[rsp]\n\t"
        "movq %%r12, %[r12]\n\tmovq %%r13, %[r13]\n\tmovq %%r14, %[r14]\n\tmovq %%r15, %[r15]\n\t"
        "leaq 0(%%rip), %%rax\n\tmovq %%rax, %[rip]"
        : [rbx] "=m"(value[x86_64::kRbx]), [rbp] "=m"(value[x86_64::kRbp]), [rsp] "=m"(value[x86_64::kRsp]),
          [r12] "=m"(value[x86_64::kR12]), [r13] "=m"(value[x86_64::kR13]), [r14] "=m"(value[x86_64::kR14]),
          [r15] "=m"(value[x86_64::kR15]), [rip] "=m"(value[x86_64::kRip])
        :
        : "rax");
    registers_.known = unwind::kArchitecture.callee_saved;
  }

  unwind::StepResult step(bool& interrupted, MemoryReader& memory) {
    unwind::UnwindRow row;
    if (find_full_row(registers_.pc() - (interrupted ? 0 : 1), row)) {
      interrupted = row.signal_frame;
      return unwind::step_row(row, 0, memory, registers_);
    }
    if (interrupted) return unwind::StepResult::bad_info;
    uint64_t words[2];
    const uint64_t fp = registers_.fp();
    if (fp < registers_.sp() || !memory.read_memory(fp, std::as_writable_bytes(std::span(words)))) {
      return unwind::StepResult::unreadable;
    }
    registers_.set(x86_64::kRbp, words[0]);
    registers_.set(x86_64::kRip, words[1]);
    registers_.set(x86_64::kRsp, fp + 16);
    return unwind::StepResult::ok;
  }

  Thread* thread_;
  OwnStack* stack_;
  const CallSite* site_;
  unwind::FrameRegisters registers_;
  size_t fresh_ = 0;
};

__attribute__((noinline)) FoundStack find_by_full_walk(Thread& thread, OwnStack& stack, const CallSite& site,
                                                       StackNodes& nodes) {
  FullWalk walk(thread, stack, site);
  const Outcome outcome = walk.run();
  thread.count = 0;
  size_t fresh = walk.fresh();
  if (outcome == Outcome::too_deep && fresh > kKeptOfDeepStacks) fresh = kKeptOfDeepStacks;
  FoundStack found = cut_stack(thread, fresh, nodes);
  found.cut = outcome != Outcome::start_reached;
  return found;
}

}  // namespace

FoundStack find_stack(Thread& thread, const CallSite& site, StackNodes& nodes, PythonReader& python) {
  OwnStack stack(thread, site.sp);
  QuickWalk walk(thread, stack, site);
  const Outcome outcome = walk.run();
  if (outcome == Outcome::needs_full) return find_by_full_walk(thread, stack, site, nodes);
  if (outcome == Outcome::joined || outcome == Outcome::start_reached) {
    const size_t known = outcome == Outcome::joined ? walk.known() : 0;
    if (known + walk.fresh() <= kMaxFrames) {
      append(thread, known, walk.fresh());
      FoundStack found;
      const size_t frames = python.read(thread);
      if (frames != 0) found.node = intern_with_python(thread, frames, python.by_index(), nodes);
      if (found.node == StackNodes::kNone) found.node = intern(thread, nodes);
      if (!stack.is_thread_stack()) thread.count = 0;
      return found;
    }
  }
  // Cut stacks share nothing with others; of very deep ones little is kept, or each would be one of its own.
  thread.count = 0;
  size_t fresh = walk.fresh();
  if (outcome != Outcome::lost && fresh > kKeptOfDeepStacks) fresh = kKeptOfDeepStacks;
  for (size_t i = 0; i < fresh; ++i) {
    thread.fresh[i].code = code_of(NodeKind::native, thread.fresh[i].return_address);
  }
  return cut_stack(thread, fresh, nodes);
}

}  // namespace strobe::heap::agent

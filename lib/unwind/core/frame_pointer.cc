#include "unwind/core/frame_pointer.h"

#include <algorithm>
#include <array>

namespace strobe::unwind {

namespace {

bool read_word(MemoryReader& memory, uint64_t address, uint64_t& out) {
  return memory.read_memory(address, std::as_writable_bytes(std::span(&out, 1)));
}

template <size_t N>
bool begins_with(Bytes code, const std::array<uint8_t, N>& pattern) {
  return code.size() >= N && std::memcmp(code.data(), pattern.data(), N) == 0;
}

template <size_t N>
bool ends_with(Bytes code, const std::array<uint8_t, N>& pattern) {
  return code.size() >= N && std::memcmp(code.data() + code.size() - N, pattern.data(), N) == 0;
}

constexpr std::array<uint8_t, 1> kPushRbp{0x55};
constexpr std::array<uint8_t, 3> kMoveRspRbp{0x48, 0x89, 0xe5};
constexpr std::array<uint8_t, 3> kMoveRspRbpOther{0x48, 0x8b, 0xec};  // the other encoding of the same
constexpr std::array<uint8_t, 1> kReturn{0xc3};
// push and jmp *disp32(%rip), which the lazy PLT begins with (psABI 5.2).
constexpr std::array<uint8_t, 2> kPushSlot{0xff, 0x35};
constexpr std::array<uint8_t, 2> kJumpThroughSlot{0xff, 0x25};
constexpr size_t kSlotInstruction = 6;
constexpr std::array<uint8_t, 4> kEndBranch{0xf3, 0x0f, 0x1e, 0xfa};

bool begins_with_move(Bytes code) {
  return begins_with(code, kMoveRspRbp) || begins_with(code, kMoveRspRbpOther);
}

/// After this step only the frame pointer, the stack pointer and the pc are known.
void enter_caller(FrameRegisters& frame, uint64_t fp, uint64_t sp, uint64_t pc, bool keeps_callee_saved) {
  frame.known = keeps_callee_saved ? frame.known & kArchitecture.callee_saved : 0;
  frame.set(kArchitecture.frame_pointer, fp);
  frame.set(kArchitecture.stack_pointer, sp);
  frame.set(kArchitecture.program_counter, pc);
}

}  // namespace

PrologueState find_prologue_state(Bytes before, Bytes code) {
  if (begins_with(code, kReturn)) return PrologueState::at_stack_pointer;
  if (begins_with(code, kEndBranch)) return PrologueState::at_stack_pointer;
  if (begins_with(code, kPushRbp) && begins_with_move(code.subspan(1))) {
    return PrologueState::at_stack_pointer;
  }
  if (ends_with(before, kPushRbp) && begins_with_move(code)) return PrologueState::frame_pointer_pushed;
  if (begins_with(code, kJumpThroughSlot) && before.size() >= kSlotInstruction &&
      begins_with(before.last(kSlotInstruction), kPushSlot)) {
    return PrologueState::two_words_above;
  }
  return PrologueState::unknown;
}

bool is_signal_trampoline(Bytes code) {
  constexpr std::array<uint8_t, 9> kLong{0x48, 0xc7, 0xc0, 0x0f, 0, 0, 0, 0x0f, 0x05};
  constexpr std::array<uint8_t, 7> kShort{0xb8, 0x0f, 0, 0, 0, 0x0f, 0x05};  // mov $15, %eax
  return begins_with(code, kLong) || begins_with(code, kShort);
}

bool ends_in_call(Bytes before) {
  const size_t size = before.size();
  const auto at = [&](size_t back) { return static_cast<uint8_t>(before[size - back]); };
  if (size >= 5 && at(5) == 0xe8) return true;  // call rel32
  // call *r/m64 (FF /2): two to seven bytes by its ModRM, SIB and displacement.
  for (size_t length = 2; length <= 7 && length <= size; ++length) {
    if (at(length) != 0xff || (at(length - 1) & 0x38) != 0x10) continue;
    const uint8_t mod = at(length - 1) >> 6;
    const uint8_t rm = at(length - 1) & 7;
    const bool sib = mod != 3 && rm == 4;
    size_t displacement = mod == 1 ? 1 : mod == 2 ? 4 : 0;
    if (mod == 0 && (rm == 5 || (sib && (at(length - 2) & 7) == 5))) displacement = 4;
    if (length == 2 + (sib ? 1u : 0u) + displacement) return true;
  }
  return false;
}

std::optional<uint64_t> find_call_target(Bytes before, uint64_t return_address) {
  constexpr size_t kLength = 5;
  if (before.size() < kLength || before[before.size() - kLength] != std::byte{0xe8}) return std::nullopt;
  int32_t displacement = 0;
  std::memcpy(&displacement, before.data() + before.size() - sizeof displacement, sizeof displacement);
  return return_address + static_cast<uint64_t>(int64_t{displacement});
}

bool clears_frame_pointer(Bytes before) {
  constexpr std::array<uint8_t, 2> kXor{0x31, 0xed};  // xor %ebp, %ebp; 48 before it for %rbp
  const auto* begin = before.data();
  const auto* end = begin + before.size();
  return std::search(begin, end, kXor.begin(), kXor.end(),
                     [](std::byte a, uint8_t b) { return static_cast<uint8_t>(a) == b; }) != end;
}

StepResult step_signal_trampoline(MemoryReader& memory, FrameRegisters& frame) {
  // At the trampoline rsp is at the ucontext: flags, link and stack_t are 40 bytes, then the registers.
  constexpr uint64_t kRegistersOffset = 40;
  constexpr std::array<uint8_t, 17> kOrder{
      x86_64::kR8,  x86_64::kR9,  x86_64::kR10, x86_64::kR11, x86_64::kR12, x86_64::kR13,
      x86_64::kR14, x86_64::kR15, x86_64::kRdi, x86_64::kRsi, x86_64::kRbp, x86_64::kRbx,
      x86_64::kRdx, x86_64::kRax, x86_64::kRcx, x86_64::kRsp, x86_64::kRip};
  std::array<uint64_t, kOrder.size()> values{};
  const auto bytes = std::as_writable_bytes(std::span(values));
  if (!frame.is_known(kArchitecture.stack_pointer) ||
      !memory.read_memory(frame.sp() + kRegistersOffset, bytes)) {
    return StepResult::unreadable;
  }
  for (size_t i = 0; i < kOrder.size(); ++i) frame.set(kOrder[i], values[i]);
  return StepResult::ok;
}

StepResult step_frame_pointer(MemoryReader& memory, FrameRegisters& frame) {
  if (!frame.is_known(kArchitecture.frame_pointer)) return StepResult::bad_info;
  const uint64_t fp = frame.fp();
  if (fp % 8 != 0 || fp < frame.sp() || fp > UINT64_MAX - 16) return StepResult::bad_info;
  std::array<uint64_t, 2> pair{};
  if (!memory.read_memory(fp, std::as_writable_bytes(std::span(pair)))) return StepResult::unreadable;
  enter_caller(frame, pair[0], fp + 16, pair[1], false);
  return StepResult::ok;
}

StepResult step_prologue(PrologueState state, MemoryReader& memory, FrameRegisters& frame) {
  const uint64_t sp = frame.sp();
  const uint64_t words = state == PrologueState::at_stack_pointer  ? 0
                         : state == PrologueState::two_words_above ? 2
                                                                   : 1;
  uint64_t fp = frame.fp();
  uint64_t return_address = 0;
  if (!read_word(memory, sp + 8 * words, return_address) ||
      (state == PrologueState::frame_pointer_pushed && !read_word(memory, sp, fp))) {
    return StepResult::unreadable;
  }
  enter_caller(frame, fp, sp + 8 * (words + 1), return_address, true);
  return StepResult::ok;
}

}  // namespace strobe::unwind

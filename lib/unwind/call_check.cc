#include "unwind/call_check.h"

#include <algorithm>
#include <cstring>

namespace strobe::unwind {

namespace {

constexpr size_t kAnswers = 1024;
constexpr size_t kLongestDirectCall = 6;
constexpr size_t kMaxFunctions = 16;
constexpr int kMaxJumps = 4;  // PLT stub, jump table of a linker's making, …

// Opcodes of the Intel SDM, volume 2.
constexpr uint8_t kCallRelative = 0xe8;
constexpr uint8_t kJumpRelative = 0xe9;
constexpr uint8_t kJumpShort = 0xeb;
constexpr uint8_t kConditionalShort = 0x70;  // to 0x7f
constexpr uint8_t kTwoByteOpcode = 0x0f;
constexpr uint8_t kConditionalNear = 0x80;  // second byte, to 0x8f
constexpr uint8_t kGroup5 = 0xff;           // with a ModRM byte: call or jump
constexpr int kGroup5Jump = 4;
constexpr uint8_t kCallThroughSlot = 0x15;  // *disp32(%rip)
constexpr uint8_t kJumpThroughSlot = 0x25;  // *disp32(%rip)

uint8_t byte_at(Bytes code, size_t offset) { return static_cast<uint8_t>(code[offset]); }

/// Where an instruction that ends in a 32-bit displacement at `offset` of `code` leads.
uint64_t target_at(Bytes code, size_t offset, uint64_t code_address) {
  int32_t displacement = 0;
  std::memcpy(&displacement, code.data() + offset, sizeof displacement);
  return code_address + offset + sizeof displacement + static_cast<uint64_t>(int64_t{displacement});
}

bool read_slot(MemoryReader& live, uint64_t slot, uint64_t& target) {
  return live.read_memory(slot, std::as_writable_bytes(std::span(&target, 1)));
}

/// endbr64 and the bnd prefix, which stand before the jump of a PLT stub.
size_t skip_markers(Bytes code) {
  constexpr uint8_t kEndBranch[] = {0xf3, 0x0f, 0x1e, 0xfa};
  size_t offset = 0;
  if (code.size() >= sizeof kEndBranch && std::memcmp(code.data(), kEndBranch, sizeof kEndBranch) == 0) {
    offset = sizeof kEndBranch;
  }
  if (offset < code.size() && byte_at(code, offset) == 0xf2) ++offset;
  return offset;
}

}  // namespace

CallCheck::CallCheck(CfiSource& cfi) : cfi_(&cfi), answers_(kAnswers) {}

bool CallCheck::may_lead_to(const AddressSpace& space, MemoryReader& live, RuntimeAddr return_address,
                            RuntimeAddr inner) {
  const uint64_t hash = (raw(return_address) * 31 + raw(inner)) * 0x9E3779B97F4A7C15ull;
  Answer& answer = answers_[hash >> 54];
  static_assert(kAnswers == size_t{1} << (64 - 54));
  if (answer.generation != space.generation() || answer.return_address != return_address ||
      answer.inner != inner) {
    answer = {space.generation(), return_address, inner, look(space, live, raw(return_address), raw(inner))};
  }
  return answer.possible;
}

Bytes CallCheck::code_at(const AddressSpace& space, uint64_t address) const {
  const Mapping* mapping = space.find(RuntimeAddr{address});
  const ModuleCfi* module = mapping == nullptr ? nullptr : cfi_->find_cfi(mapping->module);
  return module == nullptr ? Bytes{} : module->code_at(mapping->to_file(RuntimeAddr{address}));
}

std::optional<CallCheck::Function> CallCheck::function_at(const AddressSpace& space, uint64_t address) const {
  const Mapping* mapping = space.find(RuntimeAddr{address});
  const ModuleCfi* module = mapping == nullptr ? nullptr : cfi_->find_cfi(mapping->module);
  Fde fde;
  if (module == nullptr ||
      module->find_fde(mapping->to_file(RuntimeAddr{address}), fde) != ModuleCfi::Lookup::found) {
    return std::nullopt;
  }
  const Bytes code = module->code_at(FileAddr{fde.pc_begin});
  const uint64_t size = fde.pc_end - fde.pc_begin;
  if (code.size() < size) return std::nullopt;
  return Function{.begin = fde.pc_begin + mapping->bias,
                  .end = fde.pc_end + mapping->bias,
                  .code = code.first(static_cast<size_t>(size))};
}

std::optional<uint64_t> CallCheck::called_address(const AddressSpace& space, MemoryReader& live,
                                                  uint64_t return_address, const Function& inside) const {
  const uint64_t begin = return_address - kLongestDirectCall;
  const Bytes code = code_at(space, begin);
  if (code.size() < kLongestDirectCall) return std::nullopt;
  uint64_t target = target_at(code, 2, begin);
  if (byte_at(code, 0) == kGroup5 && byte_at(code, 1) == kCallThroughSlot) {
    if (!read_slot(live, target, target)) return std::nullopt;
  } else if (byte_at(code, 1) != kCallRelative) {
    return std::nullopt;
  }
  return through_stubs(space, live, target, inside);
}

/// The code behind PLT stubs and functions that are a jump only; the beginning of `inside` once it is
/// reached.
std::optional<uint64_t> CallCheck::through_stubs(const AddressSpace& space, MemoryReader& live,
                                                 uint64_t target, const Function& inside) const {
  for (int jumps = 0; jumps < kMaxJumps; ++jumps) {
    if (inside.contains(target)) return inside.begin;
    const Bytes code = code_at(space, target);
    const size_t jump = skip_markers(code);
    if (code.size() < jump + kLongestDirectCall) return std::nullopt;
    if (byte_at(code, jump) == kGroup5 && byte_at(code, jump + 1) == kJumpThroughSlot) {
      if (!read_slot(live, target_at(code, jump + 2, target), target)) return std::nullopt;
    } else if (byte_at(code, jump) == kJumpRelative) {
      target = target_at(code, jump + 1, target);
    } else {
      return target;
    }
  }
  return std::nullopt;
}

/// Where a jump that begins at `offset` of the function leads; nullopt where no direct jump begins there.
std::optional<uint64_t> CallCheck::Function::jump_target(size_t offset) const {
  const uint8_t byte = byte_at(code, offset);
  const uint8_t next = byte_at(code, offset + 1);
  if (byte == kJumpShort || (byte & 0xf0) == kConditionalShort) {
    return begin + offset + 2 + static_cast<uint64_t>(int64_t{static_cast<int8_t>(next)});
  }
  size_t displacement = 0;
  if (byte == kJumpRelative) displacement = offset + 1;
  if (byte == kTwoByteOpcode && (next & 0xf0) == kConditionalNear) displacement = offset + 2;
  if (displacement == 0 || displacement + sizeof(int32_t) > code.size()) return std::nullopt;
  return target_at(code, displacement, begin);
}

/// Whether control can get from `function` to `inside` by jumps: tail calls, and parts of a function that the
/// compiler put elsewhere. Bytes are looked at wherever an instruction might begin: too many jumps are found
/// rather than too few. Where this gets long, it is taken as possible.
bool CallCheck::may_jump_to(const AddressSpace& space, MemoryReader& live, const Function& function,
                            const Function& inside) const {
  std::vector<Function> reached{function};
  for (size_t visited = 0; visited < reached.size(); ++visited) {
    if (visited == kMaxFunctions) return true;
    const Function current = reached[visited];
    for (size_t i = 0; i + 1 < current.code.size(); ++i) {
      const int operation = byte_at(current.code, i + 1) >> 3 & 7;
      if (byte_at(current.code, i) == kGroup5 && operation == kGroup5Jump) return true;
      const auto jump = current.jump_target(i);
      if (!jump || current.contains(*jump)) continue;
      const auto target = through_stubs(space, live, *jump, inside);
      if (!target) continue;
      if (*target == inside.begin) return true;
      const auto known = [&](const Function& other) { return other.contains(*target); };
      if (std::any_of(reached.begin(), reached.end(), known)) continue;
      if (auto other = function_at(space, *target)) reached.push_back(*other);
    }
  }
  return false;
}

bool CallCheck::look(const AddressSpace& space, MemoryReader& live, uint64_t return_address,
                     uint64_t inner) const {
  const auto inside = function_at(space, inner);
  if (!inside) return true;
  const auto target = called_address(space, live, return_address, *inside);
  if (!target || *target == inside->begin) return true;
  const auto called = function_at(space, *target);
  // Something else than the beginning of a known function proves nothing: a PLT not bound yet, a call
  // instruction that only looks like one.
  if (!called || called->begin != *target) return true;
  return may_jump_to(space, live, *called, *inside);
}

}  // namespace strobe::unwind

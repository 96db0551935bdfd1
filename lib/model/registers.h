// A thread's user registers at a sample, by DWARF register number of its architecture
// (x86-64 psABI 3.6.2: 0 rax 1 rdx 2 rcx 3 rbx 4 rsi 5 rdi 6 rbp 7 rsp 8-15 r8-r15 16 return address/rip;
// aarch64: 0-30 x0-x30, 31 sp, 32 pc).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace strobe {

struct Registers {
  static constexpr size_t kCapacity = 33;  // the larger architecture's count
  std::array<uint64_t, kCapacity> value{};
};

namespace x86_64 {
enum DwarfRegister : uint8_t {
  kRax,
  kRdx,
  kRcx,
  kRbx,
  kRsi,
  kRdi,
  kRbp,
  kRsp,
  kR8,
  kR9,
  kR10,
  kR11,
  kR12,
  kR13,
  kR14,
  kR15,
  kRip,
};
}  // namespace x86_64

}  // namespace strobe

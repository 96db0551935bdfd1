#include <asm/perf_regs.h>

#include <array>

#include "sampling/perf/perf_record.h"

namespace strobe::sampling {
namespace {

struct RegisterPair {
  unsigned perf;
  x86_64::DwarfRegister dwarf;
};

// In the order of the kernel's bits, which is the order of the values in a record.
constexpr std::array<RegisterPair, 17> kRegisters{{
    {PERF_REG_X86_AX, x86_64::kRax},
    {PERF_REG_X86_BX, x86_64::kRbx},
    {PERF_REG_X86_CX, x86_64::kRcx},
    {PERF_REG_X86_DX, x86_64::kRdx},
    {PERF_REG_X86_SI, x86_64::kRsi},
    {PERF_REG_X86_DI, x86_64::kRdi},
    {PERF_REG_X86_BP, x86_64::kRbp},
    {PERF_REG_X86_SP, x86_64::kRsp},
    {PERF_REG_X86_IP, x86_64::kRip},
    {PERF_REG_X86_R8, x86_64::kR8},
    {PERF_REG_X86_R9, x86_64::kR9},
    {PERF_REG_X86_R10, x86_64::kR10},
    {PERF_REG_X86_R11, x86_64::kR11},
    {PERF_REG_X86_R12, x86_64::kR12},
    {PERF_REG_X86_R13, x86_64::kR13},
    {PERF_REG_X86_R14, x86_64::kR14},
    {PERF_REG_X86_R15, x86_64::kR15},
}};

constexpr uint64_t register_mask() {
  uint64_t mask = 0;
  for (const RegisterPair& pair : kRegisters) mask |= uint64_t{1} << pair.perf;
  return mask;
}

}  // namespace

const uint64_t kUserRegisterMask = register_mask();

Registers decode_user_registers(ByteReader& reader) {
  Registers registers;
  for (const RegisterPair& pair : kRegisters) registers.value[pair.dwarf] = reader.read_u64();
  return registers;
}

}  // namespace strobe::sampling

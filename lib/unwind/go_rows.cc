#include "unwind/go_rows.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <string_view>

namespace strobe::unwind {
namespace {

constexpr std::string_view kAbiSuffix = ".abi0";

/// A goroutine's first function returns to goexit. Threads begin in mstart (below it clone or C code), the
/// program in rt0_go. The others run their callee on another stack (the thread's g0, or a goroutine's), whose
/// outermost frame they are; Go's own tracebacks of that stack end there as well.
bool is_outermost_function(std::string_view name) {
  constexpr std::string_view kNames[] = {"goexit",
                                         "mstart",
                                         "rt0_go",
                                         "clone",
                                         "mcall",
                                         "systemstack",
                                         "morestack",
                                         "asmcgocall",
                                         "asmcgocall_no_g",
                                         "cgocallback",
                                         "cgocallback_gofunc"};
  return std::ranges::find(kNames, name) != std::end(kNames);
}

/// They call the vDSO on the thread's own stack: the stack pointer says nothing then, the frame pointer does.
bool calls_vdso(std::string_view name) {
  constexpr std::string_view kNames[] = {"runtime.nanotime1", "runtime.walltime", "runtime.walltime1",
                                         "time.now"};
  return std::ranges::find(kNames, name) != std::end(kNames);
}

UnwindRow row_of(uint8_t register_number, int64_t offset) {
  UnwindRow row;
  row.return_address_register = kArchitecture.program_counter;
  row.cfa = {.kind = CfaRule::Kind::register_offset, .register_number = register_number, .offset = offset};
  row.rules[kArchitecture.program_counter] = {.kind = RuleKind::offset, .value = -8};
  return row;
}

/// Whether the frame pointer is this function's: the instructions that begin to move the stack pointer set
/// it, in at most ten bytes, and the last but one, `add $n, %rsp`, comes when it is the caller's again.
bool has_frame_pointer(const elf::GoTable& table, const elf::GoFunction& function, FileAddr address,
                       Bytes code) {
  constexpr std::array<uint8_t, 3> kAddToStackPointer{0x48, 0x83, 0xc4};
  if (code.size() >= kAddToStackPointer.size() &&
      std::memcmp(code.data(), kAddToStackPointer.data(), kAddToStackPointer.size()) == 0) {
    return false;
  }
  constexpr uint64_t kPrologueBytes = 10;
  if (raw(address) - raw(function.begin) < kPrologueBytes) return false;
  return table.stack_bytes(function, FileAddr{raw(address) - kPrologueBytes}).value_or(0) > 0;
}

}  // namespace

std::optional<UnwindRow> find_go_row(const elf::GoTable& table, FileAddr address, Bytes code) {
  const auto function = table.find_function(address);
  if (!function) return std::nullopt;
  const auto stack_bytes = table.stack_bytes(*function, address);
  if (!stack_bytes || *stack_bytes < 0) return std::nullopt;

  std::string_view name = function->name;
  if (name.ends_with(kAbiSuffix)) name.remove_suffix(kAbiSuffix.size());
  constexpr std::string_view kRuntime = "runtime.";
  if (name.starts_with(kRuntime) && is_outermost_function(name.substr(kRuntime.size()))) {
    UnwindRow row;
    row.return_address_register = kArchitecture.program_counter;
    row.rules[kArchitecture.program_counter] = {.kind = RuleKind::undefined};
    return row;
  }
  if (calls_vdso(name) && has_frame_pointer(table, *function, address, code)) {
    UnwindRow row = row_of(kArchitecture.frame_pointer, 16);
    row.switches_stack = true;
    return row;
  }
  return row_of(kArchitecture.stack_pointer, int64_t{*stack_bytes} + 8);
}

}  // namespace strobe::unwind

// Hostile unwind information: the input is a whole ELF file, or, where it is none, .eh_frame bytes, an
// .eh_frame_hdr and a DWARF expression at once. Nothing may crash, read outside or fail to end.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "unwind/core/cfi_program.h"
#include "unwind/core/compact_row.h"
#include "unwind/core/dwarf_expression.h"
#include "unwind/core/frame_pointer.h"
#include "unwind/core/step.h"
#include "unwind/module_cfi.h"

namespace {

using namespace strobe;
using namespace strobe::unwind;

/// Every word is its own address, so that pointers lead somewhere.
class EchoMemory final : public MemoryReader {
 public:
  bool read_memory(uint64_t address, std::span<std::byte> out) override {
    if (address < 4096) return false;
    for (size_t i = 0; i < out.size(); ++i) out[i] = static_cast<std::byte>(address >> (i % 8 * 8));
    return true;
  }
  bool read_u64(uint64_t address, uint64_t& out) {
    out = address;
    return address >= 4096;
  }
};

FrameRegisters some_registers() {
  FrameRegisters frame;
  for (size_t i = 0; i < kArchitecture.register_count; ++i) frame.set(i, 0x7000 + i * 0x1000);
  return frame;
}

void step_both_ways(const UnwindRow& row, uint64_t pc) {
  EchoMemory memory;
  FrameRegisters frame = some_registers();
  static_cast<void>(step_row(row, 0x1000, memory, frame));
  CompactRow compact;
  frame = some_registers();
  if (make_compact(row, pc, compact)) static_cast<void>(step_compact(compact, memory, frame));
}

void walk_section(const CfiSection& section) {
  uint64_t offset = 0;
  for (int records = 0; records < 4096 && offset < section.bytes.size(); ++records) {
    Fde fde;
    RecordKind kind = RecordKind::terminator;
    uint64_t next = 0;
    if (decode_record(section, offset, kind, fde, next) && kind == RecordKind::fde) {
      for (const uint64_t pc :
           {fde.pc_begin, fde.pc_begin + (fde.pc_end - fde.pc_begin) / 2, fde.pc_end - 1}) {
        UnwindRow row;
        if (decode_row(fde, pc, row)) step_both_ways(row, pc);
      }
    }
    if (next <= offset) break;
    offset = next;
  }
}

void look_up(const ModuleCfi& module) {
  for (const elf::Segment& segment : module.elf().segments()) {
    const uint64_t step = segment.memory_size / 64 + 1;
    for (uint64_t i = 0; i < 64; ++i) {
      const FileAddr address{raw(segment.address) + i * step};
      UnwindRow row;
      if (module.find_row(address, row) == ModuleCfi::Lookup::found) step_both_ways(row, raw(address));
      const Bytes code = module.code_at(address);
      static_cast<void>(find_prologue_state({}, code));
      static_cast<void>(ends_in_call(code.first(std::min<size_t>(code.size(), 32))));
      static_cast<void>(module.is_entry_code(address));
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const Bytes bytes(reinterpret_cast<const std::byte*>(data), size);
  auto module = ModuleCfi::make(MappedFile::own(std::vector<std::byte>(bytes.begin(), bytes.end())));
  if (module) {
    look_up(**module);
    return 0;
  }
  walk_section({.bytes = bytes, .address = 0x10000, .format = CfiSection::Format::eh_frame});
  walk_section({.bytes = bytes, .address = 0, .format = CfiSection::Format::debug_frame});
  EhFrameHeader header;
  if (decode_eh_frame_header(bytes, 0x20000, header)) static_cast<void>(header.find_fde_address(0x10100));
  const FrameRegisters frame = some_registers();
  EchoMemory memory;
  uint64_t value = 0;
  static_cast<void>(evaluate_expression(bytes, {.registers = frame, .memory = memory}, nullptr, value));
  return 0;
}

// The records of .eh_frame and .debug_frame: a CIE (what many functions share) and an FDE (one function).
// Sources: DWARF 5, 6.4.1; Linux Standard Base, "Exception Frames". Freestanding: no allocation.
#pragma once

#include <cstdint>

#include "base/byte_reader.h"
#include "unwind/core/eh_pointer.h"

namespace strobe::unwind {

/// The bytes of one CFI section, borrowed.
struct CfiSection {
  enum class Format : uint8_t { eh_frame, debug_frame };
  Bytes bytes;
  uint64_t address = 0;  ///< file address of the first byte
  Format format = Format::eh_frame;
};

struct Cie {
  uint64_t code_alignment = 1;
  int64_t data_alignment = 1;
  uint8_t return_address_register = 0;
  uint8_t pointer_encoding = eh_pe::kAbsolute;  ///< of the FDEs' addresses
  bool has_augmentation_data = false;
  bool signal_frame = false;
  Bytes instructions;
};

struct Fde {
  Cie cie;
  uint64_t pc_begin = 0;  ///< file addresses
  uint64_t pc_end = 0;    ///< exclusive
  Bytes instructions;
  uint64_t instructions_address = 0;  ///< file addresses of the instructions, for pc-relative set_loc
  uint64_t cie_instructions_address = 0;

  [[nodiscard]] bool contains(uint64_t pc) const { return pc_begin <= pc && pc < pc_end; }
};

enum class RecordKind : uint8_t { fde, cie, terminator };

/// The record at `offset`. For an FDE `fde` is filled. `next_offset` is always past `offset`, so that walking
/// a section ends. False where the record is corrupt; `next_offset` is then 0 if the walk cannot go on.
[[nodiscard]] bool decode_record(const CfiSection& section, uint64_t offset, RecordKind& kind, Fde& fde,
                                 uint64_t& next_offset);

/// The FDE at `offset`; false where there is none or it is corrupt.
[[nodiscard]] bool decode_fde(const CfiSection& section, uint64_t offset, Fde& fde);

/// The binary search table of .eh_frame_hdr.
struct EhFrameHeader {
  uint64_t address = 0;           ///< file address of the header
  uint64_t eh_frame_address = 0;  ///< file address of .eh_frame
  Bytes table;                    ///< pairs of int32: function, FDE, relative to `address`; may be empty

  /// The file address of the FDE of the last function that begins at or before `pc`; 0 where there is none.
  [[nodiscard]] uint64_t find_fde_address(uint64_t pc) const;
};

/// False where the header is corrupt or without the address of .eh_frame. A table of another form than the
/// one linkers write (sdata4, data-relative) is left out.
[[nodiscard]] bool decode_eh_frame_header(Bytes bytes, uint64_t address, EhFrameHeader& out);

}  // namespace strobe::unwind

#include "unwind/core/cfi_entry.h"

#include <string_view>

#include "unwind/core/architecture.h"

namespace strobe::unwind {

namespace {

constexpr uint32_t kDwarf64Escape = 0xffffffff;
constexpr uint64_t kTableEntrySize = 8;

/// The frame of a record: where its content begins and ends, and which CIE it names.
struct RecordHeader {
  uint64_t body = 0;  ///< offset behind the CIE pointer
  uint64_t end = 0;
  uint64_t id_offset = 0;
  uint64_t id = 0;
  bool dwarf64 = false;
};

bool read_header(const CfiSection& section, uint64_t offset, RecordHeader& out) {
  ByteReader reader(section.bytes);
  reader.seek(offset);
  uint64_t length = reader.read_u32();
  out.dwarf64 = length == kDwarf64Escape;
  if (out.dwarf64) length = reader.read_u64();
  if (!reader.ok() || length > reader.remaining()) return false;
  out.id_offset = reader.offset();
  out.end = reader.offset() + length;
  if (length == 0) {
    out.body = out.end;
    return true;
  }
  // .eh_frame keeps a 4-byte id in the 64-bit format as well (as libgcc and libunwind read it, 8 bytes).
  out.id = out.dwarf64 ? reader.read_u64() : reader.read_u32();
  out.body = reader.offset();
  return reader.ok() && out.body <= out.end;
}

bool is_cie(const CfiSection& section, const RecordHeader& header) {
  if (section.format == CfiSection::Format::eh_frame) return header.id == 0;
  return header.id == (header.dwarf64 ? UINT64_MAX : uint64_t{UINT32_MAX});
}

bool read_augmentation(ByteReader& reader, std::string_view augmentation, uint64_t section_address,
                       Cie& out) {
  if (augmentation.empty()) return true;
  if (augmentation.front() != 'z') return false;  // without its size, unknown data cannot be skipped
  out.has_augmentation_data = true;
  const uint64_t size = reader.read_uleb128();
  if (!reader.ok() || size > reader.remaining()) return false;
  const size_t end = reader.offset() + static_cast<size_t>(size);
  for (const char letter : augmentation.substr(1)) {
    uint64_t ignored = 0;
    if (letter == 'R') {
      out.pointer_encoding = reader.read_u8();
    } else if (letter == 'P') {
      const uint8_t encoding = reader.read_u8();
      if (!read_eh_pointer(reader, encoding, {.section = section_address}, ignored)) return false;
    } else if (letter == 'L') {
      reader.skip(1);
    } else if (letter == 'S') {
      out.signal_frame = true;
    } else if (letter != 'B') {  // 'B' (aarch64: signed with the B key) has no data
      break;                     // an unknown letter: the size says where its data ends
    }
  }
  if (!reader.ok() || reader.offset() > end) return false;
  reader.seek(end);
  return reader.ok();
}

bool decode_cie(const CfiSection& section, uint64_t offset, Cie& out, uint64_t& instructions_address) {
  RecordHeader header;
  if (!read_header(section, offset, header) || header.body == header.end || !is_cie(section, header)) {
    return false;
  }
  ByteReader reader(section.bytes.first(static_cast<size_t>(header.end)));
  reader.seek(header.body);
  const uint8_t version = reader.read_u8();
  if (version != 1 && version != 3 && version != 4) return false;
  const std::string_view augmentation = reader.read_c_string();
  if (version == 4) {
    const uint8_t address_size = reader.read_u8();
    const uint8_t segment_size = reader.read_u8();
    if (address_size != 8 || segment_size != 0) return false;
  }
  out.code_alignment = reader.read_uleb128();
  out.data_alignment = reader.read_sleb128();
  const uint64_t return_address = version == 1 ? reader.read_u8() : reader.read_uleb128();
  if (!reader.ok() || return_address >= kArchitecture.register_count) return false;
  out.return_address_register = static_cast<uint8_t>(return_address);
  if (!read_augmentation(reader, augmentation, section.address, out)) return false;
  instructions_address = section.address + reader.offset();
  out.instructions = reader.read_bytes(reader.remaining());
  return reader.ok();
}

bool decode_fde_body(const CfiSection& section, const RecordHeader& header, Fde& fde) {
  const bool eh_frame = section.format == CfiSection::Format::eh_frame;
  if (eh_frame && header.id > header.id_offset) return false;
  const uint64_t cie_offset = eh_frame ? header.id_offset - header.id : header.id;
  fde.cie = {};
  if (!decode_cie(section, cie_offset, fde.cie, fde.cie_instructions_address)) return false;

  ByteReader reader(section.bytes.first(static_cast<size_t>(header.end)));
  reader.seek(header.body);
  const PointerBase base{.section = section.address};
  uint64_t size = 0;
  if (!read_eh_pointer(reader, fde.cie.pointer_encoding, base, fde.pc_begin)) return false;
  // The size has the same format but is never relative.
  if (!read_eh_pointer(reader, fde.cie.pointer_encoding & eh_pe::kFormatMask, base, size)) return false;
  if (size > UINT64_MAX - fde.pc_begin) return false;
  fde.pc_end = fde.pc_begin + size;
  if (fde.cie.has_augmentation_data) {
    const uint64_t augmentation_size = reader.read_uleb128();
    if (!reader.ok() || augmentation_size > reader.remaining()) return false;
    reader.skip(static_cast<size_t>(augmentation_size));
  }
  fde.instructions_address = section.address + reader.offset();
  fde.instructions = reader.read_bytes(reader.remaining());
  return reader.ok();
}

}  // namespace

bool decode_record(const CfiSection& section, uint64_t offset, RecordKind& kind, Fde& fde,
                   uint64_t& next_offset) {
  next_offset = 0;
  RecordHeader header;
  if (!read_header(section, offset, header)) return false;
  next_offset = header.end;
  if (header.body == header.end && header.id_offset == header.end) {
    kind = RecordKind::terminator;
    return true;
  }
  if (is_cie(section, header)) {
    kind = RecordKind::cie;
    return true;
  }
  kind = RecordKind::fde;
  return decode_fde_body(section, header, fde);
}

bool decode_fde(const CfiSection& section, uint64_t offset, Fde& fde) {
  RecordKind kind = RecordKind::terminator;
  uint64_t next_offset = 0;
  return decode_record(section, offset, kind, fde, next_offset) && kind == RecordKind::fde;
}

uint64_t EhFrameHeader::find_fde_address(uint64_t pc) const {
  const auto field = [this](uint64_t index, uint64_t part) {
    int32_t value = 0;
    std::memcpy(&value, table.data() + index * kTableEntrySize + part, sizeof value);
    return address + static_cast<uint64_t>(int64_t{value});
  };
  uint64_t low = 0;
  uint64_t high = table.size() / kTableEntrySize;
  while (low < high) {
    const uint64_t middle = low + (high - low) / 2;
    if (field(middle, 0) <= pc) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low == 0 ? 0 : field(low - 1, 4);
}

bool decode_eh_frame_header(Bytes bytes, uint64_t address, EhFrameHeader& out) {
  ByteReader reader(bytes);
  const uint8_t version = reader.read_u8();
  const uint8_t eh_frame_encoding = reader.read_u8();
  const uint8_t count_encoding = reader.read_u8();
  const uint8_t table_encoding = reader.read_u8();
  if (!reader.ok() || version != 1 || eh_frame_encoding == eh_pe::kOmit) return false;
  const PointerBase base{.section = address, .data = address};
  out = {.address = address};
  if (!read_eh_pointer(reader, eh_frame_encoding, base, out.eh_frame_address)) return false;
  uint64_t count = 0;
  if (count_encoding == eh_pe::kOmit || table_encoding != (eh_pe::kDataRelative | eh_pe::kSdata4))
    return true;
  if (!read_eh_pointer(reader, count_encoding, base, count)) return true;
  if (count > reader.remaining() / kTableEntrySize) return true;  // a lie: no table rather than half a table
  out.table = reader.read_bytes(static_cast<size_t>(count * kTableEntrySize));
  return true;
}

}  // namespace strobe::unwind

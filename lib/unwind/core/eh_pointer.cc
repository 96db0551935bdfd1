#include "unwind/core/eh_pointer.h"

namespace strobe::unwind {

namespace {

bool read_format(ByteReader& reader, uint8_t format, uint64_t& out) {
  switch (format) {
    case eh_pe::kAbsolute:  // a pointer's natural size
    case eh_pe::kUdata8:
    case eh_pe::kSdata8:
      out = reader.read_u64();
      break;
    case eh_pe::kUleb128:
      out = reader.read_uleb128();
      break;
    case eh_pe::kUdata2:
      out = reader.read_u16();
      break;
    case eh_pe::kUdata4:
      out = reader.read_u32();
      break;
    case eh_pe::kSleb128:
      out = static_cast<uint64_t>(reader.read_sleb128());
      break;
    case eh_pe::kSdata2:
      out = static_cast<uint64_t>(int64_t{reader.read<int16_t>()});
      break;
    case eh_pe::kSdata4:
      out = static_cast<uint64_t>(int64_t{reader.read<int32_t>()});
      break;
    default:
      return false;
  }
  return reader.ok();
}

}  // namespace

bool read_eh_pointer(ByteReader& reader, uint8_t encoding, const PointerBase& base, uint64_t& out) {
  if (encoding == eh_pe::kOmit) {
    out = 0;
    return true;
  }
  const uint64_t place = base.section + reader.offset();
  if (!read_format(reader, encoding & eh_pe::kFormatMask, out)) return false;
  switch (encoding & eh_pe::kApplicationMask) {
    case 0:
      return true;
    case eh_pe::kPcRelative:
      out += place;
      return true;
    case eh_pe::kDataRelative:
      out += base.data;
      return true;
    default:
      return false;
  }
}

}  // namespace strobe::unwind

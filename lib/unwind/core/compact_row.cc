#include "unwind/core/compact_row.h"

namespace strobe::unwind {

namespace {

constexpr uint8_t kBreg0 = 0x70;
constexpr uint8_t kDeref = 0x06;
constexpr uint8_t kLit0 = 0x30;

/// `DW_OP_breg<number> offset`, all that is left in the reader but for `tail` further bytes.
bool read_breg(ByteReader& reader, size_t tail, uint8_t& number, int64_t& offset) {
  const uint8_t opcode = reader.read_u8();
  offset = reader.read_sleb128();
  number = static_cast<uint8_t>(opcode - kBreg0);
  return reader.ok() && number < kArchitecture.register_count && reader.remaining() == tail;
}

/// The row that linkers write for lazy PLT entries: rsp + 8, and 8 more behind the push of the entry's index:
/// breg7 8; breg16 0; lit15; and; lit<n>; ge; lit3; shl; plus.
bool match_plt(Bytes expression, uint64_t pc, int64_t& cfa_offset) {
  constexpr uint8_t kHead[] = {kBreg0 + x86_64::kRsp, 8, kBreg0 + x86_64::kRip, 0, kLit0 + 15, 0x1a};
  constexpr uint8_t kTail[] = {0x2a, kLit0 + 3, 0x24, 0x22};
  if (expression.size() != sizeof kHead + 1 + sizeof kTail) return false;
  if (std::memcmp(expression.data(), kHead, sizeof kHead) != 0) return false;
  if (std::memcmp(expression.data() + sizeof kHead + 1, kTail, sizeof kTail) != 0) return false;
  const auto limit = static_cast<uint8_t>(expression[sizeof kHead]);
  if (limit < kLit0 || limit > kLit0 + 15) return false;
  cfa_offset = 8 + ((pc & 15) >= static_cast<uint64_t>(limit - kLit0) ? 8 : 0);
  return true;
}

bool make_compact_cfa(const CfaRule& cfa, uint64_t pc, CompactRow& out) {
  int64_t offset = cfa.offset;
  out.cfa_register = cfa.register_number;
  if (cfa.kind == CfaRule::Kind::expression) {
    ByteReader reader(cfa.expression);
    if (match_plt(cfa.expression, pc, offset)) {
      out.cfa_register = x86_64::kRsp;
    } else if (read_breg(reader, 1, out.cfa_register, offset) && reader.read_u8() == kDeref) {
      out.indirect = true;
    } else {
      return false;
    }
  } else if (cfa.kind != CfaRule::Kind::register_offset) {
    return false;
  }
  out.cfa_offset = static_cast<int32_t>(offset);
  return out.cfa_offset == offset;
}

bool make_compact_save(const RegisterRule& rule, size_t index, CompactRow& out) {
  int64_t offset = rule.value;
  if (rule.kind == RuleKind::expression) {
    ByteReader reader(rule.expression_bytes());
    uint8_t number = 0;
    if (!out.indirect || !read_breg(reader, 0, number, offset) || number != out.cfa_register) return false;
  } else if (rule.kind != RuleKind::offset || out.indirect) {
    return false;
  }
  if (offset % 8 != 0 || offset / 8 < INT16_MIN || offset / 8 > INT16_MAX) return false;
  out.saved[index] = static_cast<int16_t>(offset / 8);
  out.saved_mask = static_cast<uint8_t>(out.saved_mask | 1u << index);
  return true;
}

bool keeps_value(RuleKind kind) { return kind == RuleKind::unspecified || kind == RuleKind::same_value; }

}  // namespace

bool make_compact(const UnwindRow& row, uint64_t pc, CompactRow& out) {
  out = {};
  if (row.signal_frame || row.return_address_register != kArchitecture.program_counter) return false;
  const RegisterRule& return_address = row.rules[kArchitecture.program_counter];
  if (return_address.kind != RuleKind::offset || return_address.value != -8) return false;
  if (!make_compact_cfa(row.cfa, pc, out)) return false;
  uint64_t handled = uint64_t{1} << kArchitecture.program_counter;
  for (size_t index = 0; index < kSavedRegisters.size(); ++index) {
    const RegisterRule& rule = row.rules[kSavedRegisters[index]];
    handled |= uint64_t{1} << kSavedRegisters[index];
    if (!keeps_value(rule.kind) && !make_compact_save(rule, index, out)) return false;
  }
  for (size_t number = 0; number < row.rules.size(); ++number) {
    if ((handled >> number & 1) == 0 && row.rules[number].kind != RuleKind::unspecified) return false;
  }
  return true;
}

}  // namespace strobe::unwind

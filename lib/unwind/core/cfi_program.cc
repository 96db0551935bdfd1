#include "unwind/core/cfi_program.h"

#include "unwind/core/architecture.h"

namespace strobe::unwind {

namespace {

// DW_CFA_*: DWARF 5, 7.24; GNU extensions as in binutils.
enum : uint8_t {
  kNop = 0x00,
  kSetLoc = 0x01,
  kAdvanceLoc1 = 0x02,
  kAdvanceLoc2 = 0x03,
  kAdvanceLoc4 = 0x04,
  kOffsetExtended = 0x05,
  kRestoreExtended = 0x06,
  kUndefined = 0x07,
  kSameValue = 0x08,
  kRegister = 0x09,
  kRememberState = 0x0a,
  kRestoreState = 0x0b,
  kDefCfa = 0x0c,
  kDefCfaRegister = 0x0d,
  kDefCfaOffset = 0x0e,
  kDefCfaExpression = 0x0f,
  kExpression = 0x10,
  kOffsetExtendedSf = 0x11,
  kDefCfaSf = 0x12,
  kDefCfaOffsetSf = 0x13,
  kValOffset = 0x14,
  kValOffsetSf = 0x15,
  kValExpression = 0x16,
  kGnuArgsSize = 0x2e,
  kGnuNegativeOffsetExtended = 0x2f,
  kAdvanceLoc = 0x40,  // these three carry an operand in their low six bits
  kOffset = 0x80,
  kRestore = 0xc0,
};

/// GCC and LLVM nest by one; hand-written code by two or three.
constexpr int kMaxRemembered = 8;

int64_t wrapping_multiply(uint64_t a, int64_t b) {
  return static_cast<int64_t>(a * static_cast<uint64_t>(b));
}

class Program {
 public:
  Program(const Cie& cie, uint64_t target, uint64_t location, UnwindRow& row)
      : cie_(&cie), target_(target), location_(location), row_(&row) {}

  /// Runs until the location passes the target or the instructions end. `initial` is what `restore` goes
  /// back to; nullptr while running the CIE's own instructions.
  bool run(Bytes instructions, uint64_t address, const UnwindRow* initial) {
    ByteReader reader(instructions);
    address_ = address;
    initial_ = initial;
    while (!reader.at_end() && location_ <= target_) {
      if (!step(reader) || !reader.ok()) return false;
    }
    return true;
  }

 private:
  bool step(ByteReader& reader) {
    const uint8_t byte = reader.read_u8();
    const uint8_t operand = byte & 0x3f;
    switch (byte & 0xc0) {
      case kAdvanceLoc:
        return advance(operand);
      case kOffset:
        return set_offset(operand, wrapping_multiply(reader.read_uleb128(), cie_->data_alignment));
      case kRestore:
        return restore(operand);
      default:
        break;
    }
    switch (byte) {
      case kNop:
        return true;
      case kSetLoc:
        return set_location(reader);
      case kAdvanceLoc1:
        return advance(reader.read_u8());
      case kAdvanceLoc2:
        return advance(reader.read_u16());
      case kAdvanceLoc4:
        return advance(reader.read_u32());
      case kRememberState:
        return remember();
      case kRestoreState:
        return restore_remembered();
      case kGnuArgsSize:
        static_cast<void>(reader.read_uleb128());
        return true;
      case kDefCfa:
      case kDefCfaSf:
      case kDefCfaRegister:
      case kDefCfaOffset:
      case kDefCfaOffsetSf:
      case kDefCfaExpression:
        return define_cfa(byte, reader);
      default:
        return define_register(byte, reader);
    }
  }

  bool advance(uint64_t delta) {
    location_ += delta * cie_->code_alignment;
    return true;
  }

  bool set_location(ByteReader& reader) {
    return read_eh_pointer(reader, cie_->pointer_encoding, {.section = address_}, location_);
  }

  bool remember() {
    if (remembered_count_ == kMaxRemembered) return false;
    remembered_[remembered_count_++] = *row_;
    return true;
  }

  // Restores the CFA rule too: the standard is silent, compilers and all other unwinders agree.
  bool restore_remembered() {
    if (remembered_count_ == 0) return false;
    *row_ = remembered_[--remembered_count_];
    return true;
  }

  bool define_cfa(uint8_t opcode, ByteReader& reader) {
    CfaRule& cfa = row_->cfa;
    const bool sets_register = opcode == kDefCfa || opcode == kDefCfaSf || opcode == kDefCfaRegister;
    if (opcode == kDefCfaExpression) {
      const uint64_t size = reader.read_uleb128();
      cfa = {.kind = CfaRule::Kind::expression};
      cfa.expression = size <= reader.remaining() ? reader.read_bytes(static_cast<size_t>(size)) : Bytes{};
      return !cfa.expression.empty();
    }
    if (sets_register) {
      const uint64_t number = reader.read_uleb128();
      if (number >= kArchitecture.register_count) return false;
      cfa.register_number = static_cast<uint8_t>(number);
    } else if (cfa.kind != CfaRule::Kind::register_offset) {
      return false;  // an offset alone needs a register to add to
    }
    if (opcode == kDefCfa || opcode == kDefCfaOffset) {
      cfa.offset = static_cast<int64_t>(reader.read_uleb128());
    } else if (opcode == kDefCfaSf || opcode == kDefCfaOffsetSf) {
      cfa.offset = wrapping_multiply(static_cast<uint64_t>(reader.read_sleb128()), cie_->data_alignment);
    }
    cfa.kind = CfaRule::Kind::register_offset;
    return true;
  }

  bool define_register(uint8_t opcode, ByteReader& reader) {
    const uint64_t number = reader.read_uleb128();
    switch (opcode) {
      case kRestoreExtended:
        return restore(number);
      case kUndefined:
        return set(number, RuleKind::undefined, 0);
      case kSameValue:
        return set(number, RuleKind::same_value, 0);
      case kRegister: {
        const uint64_t source = reader.read_uleb128();
        return source < kArchitecture.register_count &&
               set(number, RuleKind::other_register, static_cast<int64_t>(source));
      }
      case kOffsetExtended:
        return set_offset(number, wrapping_multiply(reader.read_uleb128(), cie_->data_alignment));
      case kGnuNegativeOffsetExtended:
        return set_offset(number, wrapping_multiply(0 - reader.read_uleb128(), cie_->data_alignment));
      case kOffsetExtendedSf:
        return set_offset(number, read_signed_offset(reader));
      case kValOffset:
        return set(number, RuleKind::value_offset,
                   wrapping_multiply(reader.read_uleb128(), cie_->data_alignment));
      case kValOffsetSf:
        return set(number, RuleKind::value_offset, read_signed_offset(reader));
      case kExpression:
        return set_expression(number, RuleKind::expression, reader);
      case kValExpression:
        return set_expression(number, RuleKind::value_expression, reader);
      default:
        return false;
    }
  }

  int64_t read_signed_offset(ByteReader& reader) {
    return wrapping_multiply(static_cast<uint64_t>(reader.read_sleb128()), cie_->data_alignment);
  }

  bool set_offset(uint64_t number, int64_t offset) { return set(number, RuleKind::offset, offset); }

  bool set(uint64_t number, RuleKind kind, int64_t value) {
    if (number >= kArchitecture.register_count) return true;  // vector registers and the like: not tracked
    RegisterRule& rule = row_->rules[static_cast<size_t>(number)];
    rule.kind = kind;
    rule.value = value;
    return true;
  }

  bool set_expression(uint64_t number, RuleKind kind, ByteReader& reader) {
    const uint64_t size = reader.read_uleb128();
    if (!reader.ok() || size == 0 || size > reader.remaining()) return false;
    const Bytes expression = reader.read_bytes(static_cast<size_t>(size));
    if (number >= kArchitecture.register_count) return true;
    RegisterRule& rule = row_->rules[static_cast<size_t>(number)];
    rule.kind = kind;
    rule.expression_size = static_cast<uint32_t>(expression.size());
    rule.expression = expression.data();
    return true;
  }

  bool restore(uint64_t number) {
    if (initial_ == nullptr) return false;
    if (number < kArchitecture.register_count) {
      row_->rules[static_cast<size_t>(number)] = initial_->rules[static_cast<size_t>(number)];
    }
    return true;
  }

  const Cie* cie_;
  uint64_t target_;
  uint64_t location_;
  uint64_t address_ = 0;
  UnwindRow* row_;
  const UnwindRow* initial_ = nullptr;
  int remembered_count_ = 0;
  UnwindRow remembered_[kMaxRemembered];
};

}  // namespace

bool decode_row(const Fde& fde, uint64_t pc, UnwindRow& row) {
  row = {};
  Program program(fde.cie, pc, fde.pc_begin, row);
  if (!program.run(fde.cie.instructions, fde.cie_instructions_address, nullptr)) return false;
  const UnwindRow initial = row;
  if (!program.run(fde.instructions, fde.instructions_address, &initial)) return false;
  row.return_address_register = fde.cie.return_address_register;
  row.signal_frame = fde.cie.signal_frame;
  return row.cfa.kind != CfaRule::Kind::undefined;
}

}  // namespace strobe::unwind

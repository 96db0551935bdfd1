#include "unwind/core/dwarf_expression.h"

#include <utility>

namespace strobe::unwind {

namespace {

// DW_OP_*: DWARF 5, 7.7.1.
enum : uint8_t {
  kAddr = 0x03,
  kDeref = 0x06,
  kConst1u = 0x08,
  kConst1s = 0x09,
  kConst2u = 0x0a,
  kConst2s = 0x0b,
  kConst4u = 0x0c,
  kConst4s = 0x0d,
  kConst8u = 0x0e,
  kConst8s = 0x0f,
  kConstu = 0x10,
  kConsts = 0x11,
  kDup = 0x12,
  kDrop = 0x13,
  kOver = 0x14,
  kPick = 0x15,
  kSwap = 0x16,
  kRot = 0x17,
  kAbs = 0x19,
  kAnd = 0x1a,
  kDiv = 0x1b,
  kMinus = 0x1c,
  kMod = 0x1d,
  kMul = 0x1e,
  kNeg = 0x1f,
  kNot = 0x20,
  kOr = 0x21,
  kPlus = 0x22,
  kPlusUconst = 0x23,
  kShl = 0x24,
  kShr = 0x25,
  kShra = 0x26,
  kXor = 0x27,
  kBra = 0x28,
  kEq = 0x29,
  kGe = 0x2a,
  kGt = 0x2b,
  kLe = 0x2c,
  kLt = 0x2d,
  kNe = 0x2e,
  kSkip = 0x2f,
  kLit0 = 0x30,
  kReg0 = 0x50,
  kBreg0 = 0x70,
  kBreg31 = 0x8f,
  kBregx = 0x92,
  kDerefSize = 0x94,
  kNop = 0x96,
};

constexpr size_t kMaxStack = 64;
constexpr int kMaxSteps = 1024;

bool binary(uint8_t opcode, uint64_t a, uint64_t b, uint64_t& out) {
  const auto sa = static_cast<int64_t>(a);
  const auto sb = static_cast<int64_t>(b);
  switch (opcode) {
    case kAnd:
      out = a & b;
      return true;
    case kDiv:
      if (b == 0 || (sa == INT64_MIN && sb == -1)) return false;
      out = static_cast<uint64_t>(sa / sb);
      return true;
    case kMinus:
      out = a - b;
      return true;
    case kMod:
      if (b == 0) return false;
      out = a % b;
      return true;
    case kMul:
      out = a * b;
      return true;
    case kOr:
      out = a | b;
      return true;
    case kPlus:
      out = a + b;
      return true;
    case kShl:
      out = b < 64 ? a << b : 0;
      return true;
    case kShr:
      out = b < 64 ? a >> b : 0;
      return true;
    case kShra:
      out = static_cast<uint64_t>(sa >> (b < 64 ? b : 63));
      return true;
    case kXor:
      out = a ^ b;
      return true;
    case kEq:
      out = a == b;
      return true;
    case kGe:
      out = sa >= sb;
      return true;
    case kGt:
      out = sa > sb;
      return true;
    case kLe:
      out = sa <= sb;
      return true;
    case kLt:
      out = sa < sb;
      return true;
    case kNe:
      out = a != b;
      return true;
    default:
      return false;
  }
}

class Machine {
 public:
  Machine(Bytes expression, const ExpressionContext& context) : reader_(expression), context_(&context) {}

  bool run(const uint64_t* initial, uint64_t& out) {
    if (initial != nullptr && !push(*initial)) return false;
    for (int steps = 0; !reader_.at_end(); ++steps) {
      if (steps == kMaxSteps || !step(reader_.read_u8()) || !reader_.ok()) return false;
    }
    return pop(out);
  }

 private:
  bool push(uint64_t value) {
    if (size_ == kMaxStack) return false;
    stack_[size_++] = value;
    return true;
  }
  bool pop(uint64_t& value) {
    if (size_ == 0) return false;
    value = stack_[--size_];
    return true;
  }

  bool step(uint8_t opcode) {
    if (opcode >= kLit0 && opcode < kReg0) return push(static_cast<uint64_t>(opcode - kLit0));
    if (opcode >= kBreg0 && opcode <= kBreg31) return push_register(static_cast<uint64_t>(opcode - kBreg0));
    if (opcode >= kConst1u && opcode <= kConsts) return push_constant(opcode);
    switch (opcode) {
      case kNop:
        return true;
      case kAddr:
        return push(reader_.read_u64() + context_->bias);
      case kBregx:
        return push_register(reader_.read_uleb128());
      case kDeref:
        return dereference(8);
      case kDerefSize:
        return dereference(reader_.read_u8());
      case kSkip:
        return jump(reader_.read<int16_t>());
      case kBra:
        return branch();
      default:
        break;
    }
    return opcode <= kRot ? shuffle(opcode) : compute(opcode);
  }

  bool push_register(uint64_t number) {
    const int64_t offset = reader_.read_sleb128();
    if (number >= kArchitecture.register_count || !context_->registers.is_known(number)) return false;
    return push(context_->registers.get(static_cast<size_t>(number)) + static_cast<uint64_t>(offset));
  }

  bool push_constant(uint8_t opcode) {
    switch (opcode) {
      case kConst1u:
        return push(reader_.read_u8());
      case kConst1s:
        return push(static_cast<uint64_t>(int64_t{reader_.read<int8_t>()}));
      case kConst2u:
        return push(reader_.read_u16());
      case kConst2s:
        return push(static_cast<uint64_t>(int64_t{reader_.read<int16_t>()}));
      case kConst4u:
        return push(reader_.read_u32());
      case kConst4s:
        return push(static_cast<uint64_t>(int64_t{reader_.read<int32_t>()}));
      case kConst8u:
      case kConst8s:
        return push(reader_.read_u64());
      case kConstu:
        return push(reader_.read_uleb128());
      default:
        return push(static_cast<uint64_t>(reader_.read_sleb128()));
    }
  }

  bool dereference(size_t size) {
    uint64_t address = 0;
    uint64_t value = 0;
    if ((size != 1 && size != 2 && size != 4 && size != 8) || !pop(address)) return false;
    const std::span<std::byte> out(reinterpret_cast<std::byte*>(&value), size);  // little-endian
    return context_->memory.read_memory(address, out) && push(value);
  }

  bool jump(int64_t distance) {
    const int64_t target = static_cast<int64_t>(reader_.offset()) + distance;
    if (!reader_.ok() || target < 0) return false;
    reader_.seek(static_cast<size_t>(target));
    return reader_.ok();
  }

  bool branch() {
    const int16_t distance = reader_.read<int16_t>();
    uint64_t condition = 0;
    if (!pop(condition)) return false;
    return condition == 0 || jump(distance);
  }

  bool shuffle(uint8_t opcode) {
    const auto pick = [this](uint64_t index) {
      return index < size_ && push(stack_[size_ - 1 - static_cast<size_t>(index)]);
    };
    uint64_t ignored = 0;
    switch (opcode) {
      case kDup:
        return pick(0);
      case kDrop:
        return pop(ignored);
      case kOver:
        return pick(1);
      case kPick:
        return pick(reader_.read_u8());
      case kSwap:
        if (size_ < 2) return false;
        std::swap(stack_[size_ - 1], stack_[size_ - 2]);
        return true;
      case kRot: {  // the top goes below the next two
        if (size_ < 3) return false;
        const uint64_t top = stack_[size_ - 1];
        stack_[size_ - 1] = stack_[size_ - 2];
        stack_[size_ - 2] = stack_[size_ - 3];
        stack_[size_ - 3] = top;
        return true;
      }
      default:
        return false;
    }
  }

  bool compute(uint8_t opcode) {
    uint64_t b = 0;
    if (!pop(b)) return false;
    switch (opcode) {
      case kAbs:
        return push(static_cast<int64_t>(b) < 0 ? 0 - b : b);
      case kNeg:
        return push(0 - b);
      case kNot:
        return push(~b);
      case kPlusUconst:
        return push(b + reader_.read_uleb128());
      default:
        break;
    }
    uint64_t a = 0;
    uint64_t value = 0;
    return pop(a) && binary(opcode, a, b, value) && push(value);
  }

  ByteReader reader_;
  const ExpressionContext* context_;
  size_t size_ = 0;
  uint64_t stack_[kMaxStack];
};

}  // namespace

bool evaluate_expression(Bytes expression, const ExpressionContext& context, const uint64_t* initial,
                         uint64_t& out) {
  return Machine(expression, context).run(initial, out);
}

}  // namespace strobe::unwind

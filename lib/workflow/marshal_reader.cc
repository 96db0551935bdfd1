#include "workflow/marshal_reader.h"

#include <charconv>
#include <cmath>

namespace strobe::workflow {

namespace {

constexpr size_t kMaxDepth = 32;        // a profile has five levels
constexpr size_t kMaxValues = 1 << 23;  // a hundred thousand functions have a few million
constexpr uint8_t kReferenceFlag = 0x80;
constexpr uint32_t kNoValue = UINT32_MAX;
constexpr const char* kCutShort = "it is cut short";

/// A number as text, of versions 0 and 1.
double parse_real(std::string_view text) {
  double value = std::nan("");
  static_cast<void>(std::from_chars(text.data(), text.data() + text.size(), value));
  return value;
}

}  // namespace

/// Values are appended when they are whole, so parts come before what they are part of.
class MarshalParser {
 public:
  explicit MarshalParser(Bytes bytes) : reader_(bytes) {}

  Result<MarshalTree> run() {
    const uint32_t root = read_value(0);
    if (root == kNoValue || !ok())
      return fail(ErrorCode::malformed, problem_ != nullptr ? problem_ : kCutShort);
    if (root + 1 != tree_.values_.size()) {  // a reference to nothing else: cannot be, but is cheap to hold
      const MarshalValue copy = tree_.values_[root];
      tree_.values_.push_back(copy);
    }
    return std::move(tree_);
  }

 private:
  using Kind = MarshalValue::Kind;

  [[nodiscard]] bool ok() const { return reader_.ok() && problem_ == nullptr; }
  uint32_t give_up(const char* problem) {
    if (ok()) problem_ = problem;
    return kNoValue;
  }
  uint32_t add(const MarshalValue& value) {
    if (tree_.values_.size() >= kMaxValues) return give_up("it has too many values");
    tree_.values_.push_back(value);
    return static_cast<uint32_t>(tree_.values_.size() - 1);
  }

  /// The index of the next value; kNoValue where there is none, and at the end of a dictionary.
  uint32_t read_value(size_t depth) {
    if (depth > kMaxDepth) return give_up("it is nested too deeply");
    const uint8_t byte = reader_.read_u8();
    const auto type = static_cast<char>(byte & ~kReferenceFlag);
    size_t reference = references_.size();
    // Python numbers a value when it begins, before its parts.
    const bool is_kept = (byte & kReferenceFlag) != 0;
    if (is_kept) references_.push_back(kNoValue);
    const uint32_t value = read_content(type, depth);
    if (is_kept && value != kNoValue) references_[reference] = value;
    return value;
  }

  uint32_t read_content(char type, size_t depth) {
    switch (type) {
      case '0':  // the end of a dictionary
        return kNoValue;
      case 'N':
        return add({});
      case 'F':
      case 'T':
        return add({.kind = Kind::integer, .integer = type == 'T' ? 1 : 0});
      case '(':
      case '[':
        return read_sequence(reader_.read_u32(), depth);
      case ')':
        return read_sequence(reader_.read_u8(), depth);
      case '{':
        return read_dictionary(depth);
      case 'r':
        return find(references_, reader_.read_u32());
      case 'R':  // Python 2: a text that was there before
        return find(interned_, reader_.read_u32());
      default:
        return read_plain(type);
    }
  }

  uint32_t read_plain(char type) {
    switch (type) {
      case 'i':
        return add({.kind = Kind::integer, .integer = reader_.read<int32_t>()});
      case 'I':
        return add({.kind = Kind::integer, .integer = reader_.read<int64_t>()});
      case 'l':
        return read_long();
      case 'g':
        return add({.kind = Kind::real, .real = reader_.read<double>()});
      case 'f':
        return add({.kind = Kind::real, .real = parse_real(read_text(reader_.read_u8()))});
      case 's':
      case 'u':
      case 'a':
      case 'A':
      case 't':
        return add_text(type, reader_.read_u32());
      case 'z':
      case 'Z':
        return add_text(type, reader_.read_u8());
      default:
        return give_up("it holds a value that no profile has");
    }
  }

  std::string_view read_text(size_t size) {
    const Bytes bytes = reader_.read_bytes(size);
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
  }

  uint32_t add_text(char type, size_t size) {
    const uint32_t value = add({.kind = Kind::text, .text = read_text(size)});
    if (type == 't') interned_.push_back(value);
    return value;
  }

  /// Digits of 15 bits, the number of them negative for negative numbers.
  uint32_t read_long() {
    const auto count = int64_t{reader_.read<int32_t>()};
    const bool negative = count < 0;
    double real = 0;
    double scale = 1;
    int64_t integer = 0;
    const int64_t digits = negative ? -count : count;
    for (int64_t i = 0; i < digits && reader_.ok(); ++i) {
      const uint16_t digit = reader_.read_u16();
      if (digit > 0x7fff) return give_up("it holds a damaged number");
      if (i < 4) integer |= int64_t{digit} << (15 * i);
      real += digit * scale;
      scale *= 0x8000;
    }
    if (digits <= 4) return add({.kind = Kind::integer, .integer = negative ? -integer : integer});
    return add({.kind = Kind::real, .real = negative ? -real : real});
  }

  uint32_t read_sequence(uint32_t size, size_t depth) {
    const size_t begin = pending_.size();
    for (uint32_t i = 0; i < size; ++i) {  // every part takes a byte at least: the input bounds it
      const uint32_t part = read_value(depth + 1);
      if (part == kNoValue) return give_up(kCutShort);
      pending_.push_back(part);
    }
    return add_parts(Kind::sequence, begin);
  }

  uint32_t read_dictionary(size_t depth) {
    const size_t begin = pending_.size();
    while (true) {
      const uint32_t key = read_value(depth + 1);
      if (key == kNoValue) break;
      const uint32_t value = read_value(depth + 1);
      if (value == kNoValue) return give_up(kCutShort);
      pending_.push_back(key);
      pending_.push_back(value);
    }
    if (!ok()) return kNoValue;
    return add_parts(Kind::dictionary, begin);
  }

  /// Takes what is pending from `begin` on.
  uint32_t add_parts(Kind kind, size_t begin) {
    const auto first = static_cast<uint32_t>(tree_.parts_.size());
    const auto count = static_cast<uint32_t>(pending_.size() - begin);
    tree_.parts_.insert(tree_.parts_.end(), pending_.begin() + static_cast<ptrdiff_t>(begin), pending_.end());
    pending_.resize(begin);
    return add({.kind = kind, .first_part = first, .part_count = count});
  }

  uint32_t find(const std::vector<uint32_t>& known, uint32_t index) {
    if (index >= known.size() || known[index] == kNoValue) return give_up("it refers to nothing");
    return known[index];
  }

  ByteReader reader_;
  MarshalTree tree_;
  std::vector<uint32_t> references_;  // by number, the value; none yet while it is read
  std::vector<uint32_t> interned_;    // texts of Python 2 that may be referred to
  std::vector<uint32_t> pending_;     // parts of what is being read
  const char* problem_ = nullptr;     // the first one that is not that the input ends
};

Result<MarshalTree> MarshalTree::parse(Bytes bytes) { return MarshalParser(bytes).run(); }

}  // namespace strobe::workflow

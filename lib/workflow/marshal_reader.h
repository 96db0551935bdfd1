// Python's marshal format as a tree of values: numbers, texts, tuples, lists and dictionaries, which is what
// profiles are made of (code objects and sets are refused). Versions 0 to 5, of Python 2.7 and 3. Input is
// hostile: depth, number of values and every length are checked. Pure. Format: CPython's Python/marshal.c.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "base/byte_reader.h"
#include "base/result.h"

namespace strobe::workflow {

struct MarshalValue {
  enum class Kind : uint8_t { none, integer, real, text, sequence, dictionary } kind = Kind::none;
  int64_t integer = 0;  ///< integers beyond 63 bits are read as real
  double real = 0;
  std::string_view text;    ///< as stored: UTF-8, Latin-1 or whatever Python 2 had; borrowed from the input
  uint32_t first_part = 0;  ///< sequence: its parts; dictionary: keys and values in turn
  uint32_t part_count = 0;
};

/// Values refer to each other by index, so that what is shared in the file is shared here.
class MarshalTree {
 public:
  /// `bytes` have to live as long as the tree. Bytes behind the first value are ignored, as Python does.
  static Result<MarshalTree> parse(Bytes bytes);

  [[nodiscard]] const MarshalValue& root() const { return values_.back(); }
  [[nodiscard]] size_t size_of(const MarshalValue& value) const { return value.part_count; }
  /// `index` is below size_of(value).
  [[nodiscard]] const MarshalValue& part(const MarshalValue& value, size_t index) const {
    return values_[parts_[value.first_part + index]];
  }

 private:
  friend class MarshalParser;
  std::vector<MarshalValue> values_;  ///< the root is the last
  std::vector<uint32_t> parts_;
};

}  // namespace strobe::workflow

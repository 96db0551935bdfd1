// Hand-made CFI bytes for tests: little-endian fields one after the other.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <vector>

#include "base/byte_reader.h"

namespace strobe::unwind::test {

class ByteWriter {
 public:
  ByteWriter& u8(std::initializer_list<int> values) {
    for (const int value : values) bytes_.push_back(static_cast<std::byte>(value));
    return *this;
  }
  template <class T>
  ByteWriter& put(T value) {
    const size_t at = bytes_.size();
    bytes_.resize(at + sizeof value);
    std::memcpy(bytes_.data() + at, &value, sizeof value);
    return *this;
  }
  ByteWriter& text(const char* text) {
    for (; *text != '\0'; ++text) bytes_.push_back(static_cast<std::byte>(*text));
    return u8({0});
  }
  ByteWriter& append(const std::vector<std::byte>& bytes) {
    bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
    return *this;
  }
  /// The record `body` with its length before it.
  ByteWriter& record(const ByteWriter& body) {
    put(static_cast<uint32_t>(body.bytes_.size()));
    return append(body.bytes_);
  }
  [[nodiscard]] const std::vector<std::byte>& bytes() const { return bytes_; }
  [[nodiscard]] size_t size() const { return bytes_.size(); }

 private:
  std::vector<std::byte> bytes_;
};

/// The CIE that GCC writes for x86-64: "zR", pc-relative sdata4; CFA = rsp + 8, return address at CFA - 8.
inline ByteWriter usual_cie(const char* augmentation = "zR") {
  ByteWriter cie;
  cie.put(uint32_t{0}).u8({1}).text(augmentation).u8({1, 0x78, 16, 1, 0x1b});
  return cie.u8({0x0c, 7, 8, 0x90, 1});
}

/// .eh_frame at `section_address` with the usual CIE and one FDE for [begin, begin + size).
inline std::vector<std::byte> one_function(uint64_t section_address, uint64_t begin, uint32_t size,
                                           const ByteWriter& instructions, const char* augmentation = "zR") {
  ByteWriter section;
  section.record(usual_cie(augmentation));
  const size_t id_place = section.size() + 4;
  const uint64_t pc_place = section_address + id_place + 4;
  ByteWriter fde;
  fde.put(static_cast<uint32_t>(id_place)).put(static_cast<int32_t>(begin - pc_place)).put(size).u8({0});
  fde.append(instructions.bytes());
  return section.record(fde).bytes();
}

}  // namespace strobe::unwind::test

// Checked reading of foreign bytes: every read is bounds-checked, nothing is trusted. After the first
// failed read the reader stays failed, so that a decoder can read a group of fields and ask ok() once.
// Little-endian only: both supported architectures are. Does not allocate; usable in freestanding cores.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>
#include <type_traits>

namespace strobe {

using Bytes = std::span<const std::byte>;

class ByteReader {
 public:
  explicit ByteReader(Bytes bytes) : bytes_(bytes) {}

  [[nodiscard]] bool ok() const { return ok_; }
  [[nodiscard]] size_t offset() const { return offset_; }
  [[nodiscard]] size_t remaining() const { return bytes_.size() - offset_; }
  [[nodiscard]] bool at_end() const { return remaining() == 0; }

  /// A trivially copyable value at the current offset; zero, and failed, beyond the end.
  template <class T>
  [[nodiscard]] T read() {
    static_assert(std::is_trivially_copyable_v<T>);
    T value{};
    if (!take(sizeof(T))) return value;
    std::memcpy(&value, bytes_.data() + offset_ - sizeof(T), sizeof(T));
    return value;
  }
  [[nodiscard]] uint8_t read_u8() { return read<uint8_t>(); }
  [[nodiscard]] uint16_t read_u16() { return read<uint16_t>(); }
  [[nodiscard]] uint32_t read_u32() { return read<uint32_t>(); }
  [[nodiscard]] uint64_t read_u64() { return read<uint64_t>(); }

  /// DWARF LEB128 (DWARF 5, 7.6); bits beyond 64 are dropped, more than 10 bytes fail.
  [[nodiscard]] uint64_t read_uleb128() {
    uint64_t value = 0;
    for (unsigned shift = 0; shift < 70; shift += 7) {
      const uint8_t byte = read_u8();
      if (!ok_) return 0;
      if (shift < 64) value |= static_cast<uint64_t>(byte & 0x7f) << shift;
      if ((byte & 0x80) == 0) return value;
    }
    ok_ = false;
    return 0;
  }
  [[nodiscard]] int64_t read_sleb128() {
    uint64_t value = 0;
    for (unsigned shift = 0; shift < 70; shift += 7) {
      const uint8_t byte = read_u8();
      if (!ok_) return 0;
      if (shift < 64) value |= static_cast<uint64_t>(byte & 0x7f) << shift;
      if ((byte & 0x80) == 0) {
        if (shift + 7 < 64 && (byte & 0x40) != 0) value |= ~uint64_t{0} << (shift + 7);
        return static_cast<int64_t>(value);
      }
    }
    ok_ = false;
    return 0;
  }

  /// The next `size` bytes, borrowed; empty, and failed, beyond the end.
  [[nodiscard]] Bytes read_bytes(size_t size) {
    if (!take(size)) return {};
    return bytes_.subspan(offset_ - size, size);
  }
  /// A NUL-terminated string, borrowed, without its NUL; failed where no NUL follows.
  [[nodiscard]] std::string_view read_c_string() {
    const auto* begin = reinterpret_cast<const char*>(bytes_.data()) + offset_;
    const auto* end =
        ok_ && remaining() > 0 ? static_cast<const char*>(std::memchr(begin, 0, remaining())) : nullptr;
    if (end == nullptr) {
      ok_ = false;
      return {};
    }
    const auto size = static_cast<size_t>(end - begin);
    offset_ += size + 1;
    return {begin, size};
  }
  void skip(size_t size) { static_cast<void>(take(size)); }
  void seek(size_t offset) {
    if (offset > bytes_.size()) {
      ok_ = false;
    } else {
      offset_ = offset;
    }
  }

 private:
  bool take(size_t size) {
    if (!ok_ || size > remaining()) {
      ok_ = false;
      return false;
    }
    offset_ += size;
    return true;
  }

  Bytes bytes_;
  size_t offset_ = 0;
  bool ok_ = true;
};

/// A part of `bytes`, or empty where it does not lie wholly inside.
[[nodiscard]] inline Bytes checked_subspan(Bytes bytes, uint64_t offset, uint64_t size) {
  if (offset > bytes.size() || size > bytes.size() - offset) return {};
  return bytes.subspan(static_cast<size_t>(offset), static_cast<size_t>(size));
}

}  // namespace strobe

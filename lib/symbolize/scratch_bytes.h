// Room for what is unpacked from large files: a file that has no name, on a disk, so that it takes memory
// only while it is looked at. Gone with its owner, or with us. Any thread, for reading.
#pragma once

#include <cstddef>
#include <optional>
#include <span>

#include "base/byte_reader.h"

namespace strobe::symbolize {

class ScratchBytes {
 public:
  /// nullopt where no disk has so much room.
  static std::optional<ScratchBytes> make(size_t size);

  ScratchBytes(ScratchBytes&& other) noexcept;
  ScratchBytes& operator=(ScratchBytes&& other) = delete;
  ~ScratchBytes();

  [[nodiscard]] std::span<std::byte> bytes() const { return bytes_; }
  /// Gives the memory back; the content stays.
  void drop_pages() const;

 private:
  explicit ScratchBytes(std::span<std::byte> bytes) : bytes_(bytes) {}
  std::span<std::byte> bytes_;  // our mapping
};

}  // namespace strobe::symbolize

// Reads the records of one perf ring in place. Pure over the ring's bytes: the caller says how far the kernel
// has written, and gives back to the kernel what lies before position(). A record that wraps around the end
// of the ring is put together in a buffer of the reader.
#pragma once

#include <cstdint>
#include <vector>

#include "base/byte_reader.h"

namespace strobe::sampling {

class RingReader {
 public:
  /// `data` is the ring, a power of two of bytes; borrowed.
  explicit RingReader(Bytes data);

  /// Everything before `head` may be read now.
  void extend_to(uint64_t head);

  /// The next record begins at `position`; what is before it is left out.
  void skip_to(uint64_t position);

  /// The current record with its header, or empty where there is none. Valid until pop().
  [[nodiscard]] Bytes front();

  /// Steps over the current record.
  void pop();

  /// Where the current record begins; everything before it is no longer needed.
  [[nodiscard]] uint64_t position() const { return position_; }

  /// How often the ring held nonsense; what was there up to the head was skipped.
  [[nodiscard]] uint64_t corruptions() const { return corruptions_; }

 private:
  [[nodiscard]] size_t offset_of(uint64_t position) const {
    return static_cast<size_t>(position & (data_.size() - 1));
  }

  Bytes data_;
  uint64_t position_ = 0;
  uint64_t head_ = 0;
  Bytes current_;                  // empty: not looked at yet
  std::vector<uint64_t> wrapped_;  // 64-bit words keep the alignment that decoding asks for
  uint64_t corruptions_ = 0;
};

}  // namespace strobe::sampling

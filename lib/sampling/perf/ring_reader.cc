#include "sampling/perf/ring_reader.h"

#include <linux/perf_event.h>

#include <algorithm>
#include <bit>
#include <cstring>

#include "base/check.h"

namespace strobe::sampling {

RingReader::RingReader(Bytes data) : data_(data) { STROBE_CHECK(std::has_single_bit(data.size())); }

void RingReader::extend_to(uint64_t head) { head_ = head; }

void RingReader::skip_to(uint64_t position) {
  position_ = position;
  head_ = std::max(head_, position);
  current_ = {};
}

Bytes RingReader::front() {
  if (!current_.empty() || position_ == head_) return current_;
  const uint64_t available = head_ - position_;
  const size_t offset = offset_of(position_);
  // Records are multiples of 8 bytes, so that a header never wraps.
  perf_event_header header{};
  if (offset % sizeof header == 0) std::memcpy(&header, data_.data() + offset, sizeof header);
  if (available > data_.size() || header.size < sizeof header || header.size % 8 != 0 ||
      header.size > available) {
    ++corruptions_;
    position_ = head_;
    return {};
  }
  const size_t size = header.size;
  const size_t until_end = data_.size() - offset;
  if (size <= until_end) {
    current_ = data_.subspan(offset, size);
    return current_;
  }
  wrapped_.resize(size / sizeof(uint64_t));
  auto* out = reinterpret_cast<std::byte*>(wrapped_.data());
  std::memcpy(out, data_.data() + offset, until_end);
  std::memcpy(out + until_end, data_.data(), size - until_end);
  current_ = Bytes(out, size);
  return current_;
}

void RingReader::pop() {
  position_ += current_.size();
  current_ = {};
}

}  // namespace strobe::sampling

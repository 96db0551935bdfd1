// Hand-made records of a perf ring for tests, as the kernel lays them out (perf_event_open(2)).
#pragma once

#include <linux/perf_event.h>

#include <cstdint>
#include <cstring>
#include <string_view>
#include <vector>

#include "base/byte_reader.h"

namespace strobe::sampling::test {

class RecordWriter {
 public:
  explicit RecordWriter(uint32_t type, uint16_t misc = 0) : header_{.type = type, .misc = misc, .size = 0} {}

  template <class T>
  RecordWriter& put(T value) {
    const size_t at = body_.size();
    body_.resize(at + sizeof value);
    std::memcpy(body_.data() + at, &value, sizeof value);
    return *this;
  }
  /// With its NUL, filled up to eight bytes.
  RecordWriter& text(std::string_view text) {
    const size_t at = body_.size();
    body_.resize(at + (text.size() / 8 + 1) * 8);
    std::memcpy(body_.data() + at, text.data(), text.size());
    return *this;
  }
  /// What ends every record but samples.
  RecordWriter& trailer(int32_t pid, int32_t tid, uint64_t time_ns, uint64_t event_id = 7) {
    return put(pid).put(tid).put(time_ns).put(uint64_t{0}).put(event_id);
  }
  /// The record in 64-bit words.
  [[nodiscard]] std::vector<uint64_t> words() const {
    perf_event_header header = header_;
    header.size = static_cast<uint16_t>(sizeof header + body_.size());
    std::vector<uint64_t> out((header.size + 7u) / 8);
    std::memcpy(out.data(), &header, sizeof header);
    std::memcpy(reinterpret_cast<std::byte*>(out.data()) + sizeof header, body_.data(), body_.size());
    return out;
  }

 private:
  perf_event_header header_;
  std::vector<std::byte> body_;
};

[[nodiscard]] inline Bytes bytes_of(const std::vector<uint64_t>& words) {
  return std::as_bytes(std::span(words));
}

/// A record that is told by its time and its count.
[[nodiscard]] inline std::vector<uint64_t> lost_record(uint64_t time_ns, uint64_t records) {
  return RecordWriter(PERF_RECORD_LOST).put(uint64_t{7}).put(records).trailer(1, 1, time_ns).words();
}

}  // namespace strobe::sampling::test

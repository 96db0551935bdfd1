// Hostile perf rings: the input is one record, and the contents of two rings that are read and merged as the
// engine does it. Nothing may be read outside, every ring comes to its end, and what a record lends lies in
// it.
#include <linux/perf_event.h>

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <vector>

#include "sampling/perf/perf_record.h"
#include "sampling/perf/ring_merger.h"
#include "sampling/perf/wake_record.h"

namespace {

using namespace strobe;
using namespace strobe::sampling;

void require(bool condition) {
  if (!condition) std::abort();
}

/// Bytes in 64-bit words: rings and records are aligned to them.
class AlignedBytes {
 public:
  explicit AlignedBytes(Bytes bytes) : words_((bytes.size() + 7) / 8), size_(bytes.size()) {
    if (!bytes.empty()) std::memcpy(words_.data(), bytes.data(), bytes.size());
  }
  [[nodiscard]] std::byte* data() { return reinterpret_cast<std::byte*>(words_.data()); }
  [[nodiscard]] Bytes bytes() { return {data(), size_}; }

 private:
  std::vector<uint64_t> words_;
  size_t size_;
};

bool lies_in(Bytes inner, Bytes outer) {
  return inner.empty() ||
         (inner.data() >= outer.data() && inner.data() + inner.size() <= outer.data() + outer.size());
}

void decode(Bytes bytes, const RecordLayout& layout) {
  static_cast<void>(decode_record_time(bytes));
  static_cast<void>(decode_sample_id(bytes));
  for (const size_t pid_offset : {size_t{24}, bytes.size(), SIZE_MAX})
    static_cast<void>(decode_wake(bytes, pid_offset));
  const auto record = decode_record(bytes, layout);
  if (!record) return;
  if (const auto* sample = std::get_if<SampleRecord>(&*record)) {
    require(lies_in(sample->sample.stack, bytes));
    require(lies_in(std::as_bytes(sample->sample.kernel_frames), bytes));
  } else if (const auto* map = std::get_if<MapEvent>(&*record)) {
    require(lies_in(std::as_bytes(std::span(map->path)), bytes) && lies_in(map->build_id, bytes));
  } else if (const auto* comm = std::get_if<CommEvent>(&*record)) {
    require(lies_in(std::as_bytes(std::span(comm->name)), bytes));
  }
}

void merge(Bytes bytes, uint64_t offset, const RecordLayout& layout) {
  const size_t size = std::bit_floor(bytes.size() / 2);
  if (size < 64) return;
  AlignedBytes first(bytes.first(size));
  AlignedBytes second(bytes.subspan(size, size));
  RingMerger merger({first.bytes(), second.bytes()});
  uint64_t head = 0;
  for (int round = 0; round < 3; ++round) {
    // Also heads that the kernel would not give: not on a record, beyond the ring.
    head += size / 2 + (round == 1 ? offset : 0);
    for (size_t ring = 0; ring < merger.size(); ++ring) merger.reader(ring).extend_to(head);
    size_t records = 0;
    while (const auto merged = merger.next(UINT64_MAX)) {
      require(!merged->bytes.empty() && ++records <= size);
      decode(merged->bytes, layout);
      merger.pop(*merged);
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 16) return 0;
  const RecordLayout layout{.kernel_chain = (data[0] & 1) != 0, .user_stack = (data[0] & 2) != 0};
  const uint64_t offset = data[1];
  const Bytes rest(reinterpret_cast<const std::byte*>(data) + 8, size - 8);
  AlignedBytes record(rest.first(std::min<size_t>(rest.size() & ~size_t{7}, UINT16_MAX & ~7)));
  if (record.bytes().size() >= sizeof(perf_event_header)) {
    decode(record.bytes(), layout);
    const auto length = static_cast<uint16_t>(record.bytes().size());  // a size that fits gets further
    std::memcpy(record.data() + offsetof(perf_event_header, size), &length, sizeof length);
    decode(record.bytes(), layout);
  }
  merge(rest, offset, layout);
  return 0;
}

// Decoding what the kernel writes into a ring: samples with kernel frames, registers and a 16 KiB stack, and
// the merging of two such rings.
#include <benchmark/benchmark.h>

#include <bit>
#include <cstring>
#include <vector>

#include "sampling/perf/perf_record.h"
#include "sampling/perf/ring_merger.h"

namespace strobe::sampling {
namespace {

constexpr RecordLayout kLayout{.kernel_chain = true, .user_stack = true};
constexpr size_t kStackBytes = 16 * 1024;
constexpr size_t kRingBytes = size_t{4} << 20;

/// Records as the kernel lays them out, in 64-bit words.
class RecordWords {
 public:
  void add(uint64_t word) { words_.push_back(word); }
  void add_pair(uint32_t low, uint32_t high) { add(uint64_t{high} << 32 | low); }
  void add_zeros(size_t bytes) { words_.resize(words_.size() + bytes / sizeof(uint64_t)); }
  [[nodiscard]] const std::vector<uint64_t>& words() const { return words_; }
  [[nodiscard]] size_t bytes() const { return words_.size() * sizeof(uint64_t); }

 private:
  std::vector<uint64_t> words_;
};

std::vector<uint64_t> make_sample(uint64_t time_ns) {
  RecordWords record;
  record.add(0);  // header, when the size is known
  record.add(11);
  record.add(0x401000);
  record.add_pair(100, 101);
  record.add(time_ns);
  record.add_pair(0, 0);
  constexpr uint64_t kKernelFrames = 8;
  record.add(kKernelFrames + 1);
  record.add(static_cast<uint64_t>(PERF_CONTEXT_KERNEL));
  for (uint64_t i = 0; i < kKernelFrames; ++i) record.add(0xffffffff81000000 + i);
  record.add(kRegistersAbi64);
  for (int i = 0; i < std::popcount(kUserRegisterMask); ++i) record.add(0x7ffc00001000);
  record.add(kStackBytes);
  record.add_zeros(kStackBytes);
  record.add(kStackBytes / 2);
  std::vector<uint64_t> words = record.words();
  perf_event_header header{};
  header.type = PERF_RECORD_SAMPLE;
  header.size = static_cast<uint16_t>(record.bytes());
  std::memcpy(words.data(), &header, sizeof header);
  return words;
}

void decode_one_sample(benchmark::State& state) {
  const std::vector<uint64_t> words = make_sample(1'000'000);
  const Bytes bytes = std::as_bytes(std::span(words));
  for (auto _ : state) {
    auto record = decode_record(bytes, kLayout);
    if (!record) return state.SkipWithError("does not decode");
    benchmark::DoNotOptimize(record);
  }
  state.SetItemsProcessed(static_cast<int64_t>(state.iterations()));
}
BENCHMARK(decode_one_sample);

/// A ring full of samples, the n-th at time `first_ns` + 2n: two of them interleave.
std::vector<uint64_t> make_ring(uint64_t first_ns, uint64_t& head) {
  std::vector<uint64_t> ring;
  for (uint64_t time_ns = first_ns;; time_ns += 2) {
    const std::vector<uint64_t> record = make_sample(time_ns);
    if ((ring.size() + record.size()) * sizeof(uint64_t) > kRingBytes) break;
    ring.insert(ring.end(), record.begin(), record.end());
  }
  head = ring.size() * sizeof(uint64_t);
  ring.resize(kRingBytes / sizeof(uint64_t));
  return ring;
}

void drain_two_rings(benchmark::State& state) {
  uint64_t heads[2];
  const std::vector<uint64_t> first = make_ring(1000, heads[0]);
  const std::vector<uint64_t> second = make_ring(1001, heads[1]);
  uint64_t records = 0;
  for (auto _ : state) {
    RingMerger merger({std::as_bytes(std::span(first)), std::as_bytes(std::span(second))});
    for (size_t i = 0; i < merger.size(); ++i) merger.reader(i).extend_to(heads[i]);
    while (const auto merged = merger.next(UINT64_MAX)) {
      auto record = decode_record(merged->bytes, kLayout);
      benchmark::DoNotOptimize(record);
      merger.pop(*merged);
      ++records;
    }
  }
  if (records == 0) state.SkipWithError("nothing decoded");
  state.SetItemsProcessed(static_cast<int64_t>(records));
}
BENCHMARK(drain_two_rings);

}  // namespace
}  // namespace strobe::sampling

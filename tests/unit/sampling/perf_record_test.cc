// Records of a perf ring: every kind, and none that lies about its lengths is believed.
#include "sampling/perf/perf_record.h"

#include <gtest/gtest.h>

#include "unit/sampling/record_bytes.h"

namespace strobe::sampling {
namespace {

using test::bytes_of;
using test::RecordWriter;

constexpr RecordLayout kPlain{};
constexpr RecordLayout kFull{.kernel_chain = true, .user_stack = true};

template <class T>
T decode_as(const std::vector<uint64_t>& words, const RecordLayout& layout = kPlain) {
  const auto record = decode_record(bytes_of(words), layout);
  EXPECT_TRUE(record) << (record ? "" : record.error().what);
  if (!record || !std::holds_alternative<T>(*record)) {
    ADD_FAILURE() << "another kind of record";
    return {};
  }
  return std::get<T>(*record);
}

struct SampleShape {
  std::vector<uint64_t> chain;
  uint64_t abi = PERF_SAMPLE_REGS_ABI_64;
  uint64_t stack_size = 16;
  uint64_t stack_used = 16;
  uint64_t chain_count = UINT64_MAX;  ///< as it says; by default as it is
};

std::vector<uint64_t> sample_record(const SampleShape& shape) {
  RecordWriter record(PERF_RECORD_SAMPLE);
  record.put(uint64_t{7}).put(uint64_t{0x400100}).put(int32_t{10}).put(int32_t{11}).put(uint64_t{1234});
  record.put(uint32_t{3}).put(uint32_t{0});
  record.put(shape.chain_count == UINT64_MAX ? uint64_t{shape.chain.size()} : shape.chain_count);
  for (const uint64_t frame : shape.chain) record.put(frame);
  record.put(shape.abi);
  if (shape.abi != PERF_SAMPLE_REGS_ABI_NONE) {
    for (uint64_t i = 0; i < 17; ++i) record.put(0x1000 + i);
  }
  record.put(shape.stack_size);
  if (shape.stack_size == 0) return record.words();
  for (uint64_t i = 0; i < 2; ++i) record.put(0x2000 + i);
  return record.put(shape.stack_used).words();
}

constexpr auto kKernel = static_cast<uint64_t>(PERF_CONTEXT_KERNEL);
constexpr auto kUser = static_cast<uint64_t>(PERF_CONTEXT_USER);

TEST(PerfRecord, Sample) {
  const auto words =
      sample_record({.chain = {kKernel, 0xffffffff81000001, 0xffffffff81000002, kUser, 0x400100}});
  const auto record = decode_as<SampleRecord>(words, kFull);
  const RawSample& sample = record.sample;
  EXPECT_EQ(record.event_id, 7u);
  EXPECT_EQ(sample.pid, 10);
  EXPECT_EQ(sample.tid, 11);
  EXPECT_EQ(sample.time_ns, 1234u);
  EXPECT_EQ(sample.cpu, 3u);
  ASSERT_EQ(sample.kernel_frames.size(), 2u);
  EXPECT_EQ(sample.kernel_frames[0], 0xffffffff81000001u);
  ASSERT_TRUE(sample.has_registers);
  // The kernel's order is ax bx cx dx si di bp sp ip r8…r15.
  EXPECT_EQ(sample.registers.value[x86_64::kRax], 0x1000u);
  EXPECT_EQ(sample.registers.value[x86_64::kRbx], 0x1001u);
  EXPECT_EQ(sample.registers.value[x86_64::kRsp], 0x1007u);
  EXPECT_EQ(sample.registers.value[x86_64::kRip], 0x1008u);
  EXPECT_EQ(sample.registers.value[x86_64::kR15], 0x1010u);
  EXPECT_EQ(sample.stack.size(), 16u);
  EXPECT_TRUE(sample.stack_full);
}

TEST(PerfRecord, SampleWithLessInIt) {
  const auto half = sample_record({.stack_used = 8});
  const auto partly = decode_as<SampleRecord>(half, kFull).sample;
  EXPECT_EQ(partly.stack.size(), 8u);
  EXPECT_FALSE(partly.stack_full) << "the stack ended before the copy";
  const auto none = sample_record({.stack_size = 0});
  EXPECT_TRUE(decode_as<SampleRecord>(none, kFull).sample.stack.empty());
  const auto code32 = sample_record({.abi = PERF_SAMPLE_REGS_ABI_32});
  const auto no_registers = sample_record({.abi = PERF_SAMPLE_REGS_ABI_NONE, .stack_used = 8});
  for (const auto& words : {code32, no_registers}) {
    const auto sample = decode_as<SampleRecord>(words, kFull).sample;
    EXPECT_FALSE(sample.has_registers);
    EXPECT_TRUE(sample.stack.empty()) << "bytes without an address";
  }
  const auto user_only = sample_record({.chain = {kUser, 0x400100}});
  EXPECT_TRUE(decode_as<SampleRecord>(user_only, kFull).sample.kernel_frames.empty());
}

TEST(PerfRecord, SamplesThatLieAreRefused) {
  const struct {
    const char* name;
    SampleShape shape;
  } cases[] = {
      {"chain longer than the record", {.chain_count = 1000}},
      {"chain whose bytes overflow", {.chain_count = UINT64_MAX / 8 + 1}},
      {"stack longer than the record", {.stack_size = 1 << 20}},
      {"stack of all memory", {.stack_size = UINT64_MAX}},
      {"more used than copied", {.stack_used = 17}},
  };
  for (const auto& c : cases) {
    const auto words = sample_record(c.shape);
    EXPECT_FALSE(decode_record(bytes_of(words), kFull)) << c.name;
  }
}

TEST(PerfRecord, ForkAndExit) {
  const auto body = [](uint32_t type) {
    return RecordWriter(type)
        .put(int32_t{21})
        .put(int32_t{20})
        .put(int32_t{23})
        .put(int32_t{22})
        .put(uint64_t{99})
        .trailer(20, 22, 99)
        .words();
  };
  const auto fork = decode_as<ForkEvent>(body(PERF_RECORD_FORK));
  EXPECT_EQ(fork.pid, 21);
  EXPECT_EQ(fork.parent_pid, 20);
  EXPECT_EQ(fork.tid, 23);
  EXPECT_EQ(fork.parent_tid, 22);
  EXPECT_EQ(fork.time_ns, 99u);
  const auto exit = decode_as<ExitEvent>(body(PERF_RECORD_EXIT));
  EXPECT_EQ(exit.pid, 21);
  EXPECT_EQ(exit.tid, 23);
}

TEST(PerfRecord, CommAndMappings) {
  const auto comm_words = RecordWriter(PERF_RECORD_COMM, PERF_RECORD_MISC_COMM_EXEC)
                              .put(int32_t{5})
                              .put(int32_t{6})
                              .text("a name")
                              .trailer(5, 6, 44)
                              .words();
  const auto comm = decode_as<CommEvent>(comm_words);
  EXPECT_EQ(comm.name, "a name");
  EXPECT_TRUE(comm.exec);
  EXPECT_EQ(comm.time_ns, 44u);

  RecordWriter map(PERF_RECORD_MMAP2);
  map.put(int32_t{5}).put(int32_t{6}).put(uint64_t{0x7000}).put(uint64_t{0x2000}).put(uint64_t{0x1000});
  map.put(uint32_t{8})
      .put(uint32_t{1})
      .put(uint64_t{1234})
      .put(uint64_t{0})
      .put(uint32_t{5})
      .put(uint32_t{2});
  const auto map_words = map.text("/lib/x.so").trailer(5, 6, 45).words();
  const auto plain = decode_as<MapEvent>(map_words);
  EXPECT_EQ(plain.start, 0x7000u);
  EXPECT_EQ(plain.size, 0x2000u);
  EXPECT_EQ(plain.file_offset, 0x1000u);
  EXPECT_EQ(plain.inode, 1234u);
  EXPECT_EQ(plain.path, "/lib/x.so");
  EXPECT_TRUE(plain.build_id.empty());
}

std::vector<uint64_t> map_with_build_id(uint8_t size) {
  RecordWriter map(PERF_RECORD_MMAP2, PERF_RECORD_MISC_MMAP_BUILD_ID);
  map.put(int32_t{5}).put(int32_t{6}).put(uint64_t{0x7000}).put(uint64_t{0x2000}).put(uint64_t{0x1000});
  map.put(size).put(uint8_t{0}).put(uint16_t{0});
  for (uint8_t i = 0; i < 20; ++i) map.put(i);
  return map.put(uint32_t{5}).put(uint32_t{2}).text("/lib/y.so").trailer(5, 6, 46).words();
}

TEST(PerfRecord, BuildIdsOfAnySizeStayInTheRecord) {
  for (const int size : {0, 1, 20, 21, 255}) {
    const auto words = map_with_build_id(static_cast<uint8_t>(size));
    const auto event = decode_as<MapEvent>(words);
    EXPECT_EQ(event.build_id.size(), size <= 20 ? static_cast<size_t>(size) : 0u);
    EXPECT_EQ(event.path, "/lib/y.so");
    EXPECT_EQ(event.inode, 0u);
  }
}

TEST(PerfRecord, CountsAndLosses) {
  const auto read = decode_as<ReadRecord>(RecordWriter(PERF_RECORD_READ)
                                              .put(int32_t{5})
                                              .put(int32_t{6})
                                              .put(uint64_t{777})
                                              .trailer(5, 6, 50, 9)
                                              .words());
  EXPECT_EQ(read.count, 777u);
  EXPECT_EQ(read.tid, 6);
  EXPECT_EQ(read.event_id, 9u);
  EXPECT_EQ(decode_as<LostRecord>(test::lost_record(60, 12)).records, 12u);
  const auto samples = RecordWriter(PERF_RECORD_LOST_SAMPLES).put(uint64_t{3}).trailer(0, 0, 61).words();
  EXPECT_EQ(decode_as<LostRecord>(samples).records, 3u);
  EXPECT_EQ(decode_as<OtherRecord>(RecordWriter(999).trailer(0, 0, 1).words()).type, 999u);
}

TEST(PerfRecord, EveryTruncationIsRefusedOrWhole) {
  const std::vector<std::vector<uint64_t>> records{
      sample_record({.chain = {kKernel, 1, 2}}), map_with_build_id(20), test::lost_record(1, 2),
      RecordWriter(PERF_RECORD_COMM).put(int32_t{5}).put(int32_t{6}).text("name").trailer(5, 6, 44).words()};
  for (const auto& whole : records) {
    ASSERT_TRUE(decode_record(bytes_of(whole), kFull));
    for (size_t size = 0; size < whole.size(); ++size) {
      std::vector<uint64_t> cut(whole.begin(), whole.begin() + static_cast<ptrdiff_t>(size));
      EXPECT_FALSE(decode_record(bytes_of(cut), kFull)) << "the header says another size";
      static_cast<void>(decode_record_time(bytes_of(cut)));
      if (cut.empty()) continue;
      perf_event_header header{};
      std::memcpy(&header, cut.data(), sizeof header);
      header.size = static_cast<uint16_t>(size * 8);
      std::memcpy(cut.data(), &header, sizeof header);
      // Cut names and bodies may still make sense, but lend nothing outside of the record.
      const auto decoded = decode_record(bytes_of(cut), kFull);
      if (!decoded) continue;
      const auto* map = std::get_if<MapEvent>(&*decoded);
      if (map != nullptr && !map->path.empty()) {
        EXPECT_LE(static_cast<const void*>(map->path.data() + map->path.size()),
                  static_cast<const void*>(cut.data() + cut.size()));
      }
    }
  }
}

TEST(PerfRecord, UnalignedBytesAreRefused) {
  const auto words = test::lost_record(1, 2);
  std::vector<uint64_t> room(words.size() + 1);
  auto* shifted = reinterpret_cast<std::byte*>(room.data()) + 4;
  std::memcpy(shifted, words.data(), words.size() * 8);
  EXPECT_FALSE(decode_record({shifted, words.size() * 8}, kPlain));
}

TEST(PerfRecord, TimeWithoutDecoding) {
  EXPECT_EQ(decode_record_time(bytes_of(sample_record({}))), 1234u);
  EXPECT_EQ(decode_record_time(bytes_of(test::lost_record(77, 1))), 77u);
  EXPECT_EQ(decode_record_time({}), std::nullopt);
}

}  // namespace
}  // namespace strobe::sampling

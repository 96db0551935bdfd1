// Reading rings: records that wrap, nonsense, and several rings in one order of time.
#include <gtest/gtest.h>

#include "sampling/perf/perf_record.h"
#include "sampling/perf/ring_merger.h"
#include "unit/sampling/record_bytes.h"

namespace strobe::sampling {
namespace {

/// A ring as the kernel fills it: `head` grows for ever, bytes go round.
class FakeRing {
 public:
  explicit FakeRing(size_t size) : words_(size / 8) {}
  void write(const std::vector<uint64_t>& record) {
    for (const uint64_t word : record) {
      words_[head_ / 8 % words_.size()] = word;
      head_ += 8;
    }
  }
  [[nodiscard]] Bytes bytes() const { return test::bytes_of(words_); }
  [[nodiscard]] uint64_t head() const { return head_; }

 private:
  std::vector<uint64_t> words_;
  uint64_t head_ = 0;
};

uint64_t count_in(Bytes record) {
  const auto decoded = decode_record(record, {});
  return decoded ? std::get<LostRecord>(*decoded).records : 0;
}

TEST(RingReader, RecordsThatWrapAroundTheEnd) {
  FakeRing ring(128);  // records of 56 bytes: they wrap at ever other places
  RingReader reader(ring.bytes());
  for (uint64_t i = 1; i <= 100; ++i) {
    ring.write(test::lost_record(i, i));
    EXPECT_TRUE(reader.front().empty()) << "not before the head says so";
    reader.extend_to(ring.head());
    ASSERT_EQ(count_in(reader.front()), i);
    ASSERT_EQ(count_in(reader.front()), i) << "looked at twice";
    reader.pop();
    EXPECT_EQ(reader.position(), ring.head());
  }
  EXPECT_TRUE(reader.front().empty());
  EXPECT_EQ(reader.corruptions(), 0u);
}

TEST(RingReader, NonsenseIsSkippedToTheHeadAndCounted) {
  for (const uint16_t size : std::initializer_list<uint16_t>{0, 4, 7, 12, 4096}) {
    SCOPED_TRACE(size);
    FakeRing ring(256);
    auto record = test::lost_record(1, 1);
    perf_event_header header{.type = PERF_RECORD_LOST, .misc = 0, .size = size};
    std::memcpy(record.data(), &header, sizeof header);
    ring.write(record);
    RingReader reader(ring.bytes());
    reader.extend_to(ring.head());
    EXPECT_TRUE(reader.front().empty());
    EXPECT_EQ(reader.corruptions(), 1u);
    ring.write(test::lost_record(2, 2));
    reader.extend_to(ring.head());
    EXPECT_EQ(count_in(reader.front()), 2u) << "what comes later is read";
  }
}

TEST(RingReader, WhatIsSkippedIsNotRead) {
  FakeRing ring(128);
  RingReader reader(ring.bytes());
  ring.write(test::lost_record(1, 1));
  reader.extend_to(ring.head());
  ASSERT_EQ(count_in(reader.front()), 1u);
  ring.write(test::lost_record(2, 2));
  reader.skip_to(ring.head());
  EXPECT_TRUE(reader.front().empty());
  ring.write(test::lost_record(3, 3));
  reader.extend_to(ring.head());
  EXPECT_EQ(count_in(reader.front()), 3u);
  EXPECT_EQ(reader.corruptions(), 0u);
}

TEST(RingReader, AHeadBeyondTheRingIsNonsense) {
  const FakeRing ring(64);
  RingReader reader(ring.bytes());
  reader.extend_to(1000);
  EXPECT_TRUE(reader.front().empty());
  EXPECT_EQ(reader.corruptions(), 1u);
  EXPECT_EQ(reader.position(), 1000u);
}

struct Delivered {
  uint64_t count;
  bool late;
  friend bool operator==(const Delivered&, const Delivered&) = default;
};
void PrintTo(const Delivered& delivered, std::ostream* out) {
  *out << delivered.count << (delivered.late ? " late" : "");
}

class Rings {
 public:
  explicit Rings(size_t count) : rings_(count, FakeRing(1024)), merger_(bytes()) {}
  void write(size_t ring, uint64_t time_ns, uint64_t count) {
    rings_[ring].write(test::lost_record(time_ns, count));
    merger_.reader(ring).extend_to(rings_[ring].head());
  }
  std::vector<Delivered> deliver(uint64_t front_ns) {
    std::vector<Delivered> out;
    while (const auto record = merger_.next(front_ns)) {
      out.push_back({count_in(record->bytes), record->late});
      merger_.pop(*record);
    }
    return out;
  }

 private:
  std::vector<Bytes> bytes() const {
    std::vector<Bytes> all;
    for (const FakeRing& ring : rings_) all.push_back(ring.bytes());
    return all;
  }
  std::vector<FakeRing> rings_;
  RingMerger merger_;
};

using Order = std::vector<Delivered>;

TEST(RingMerger, OrdersByTimeAndWaitsForTheFront) {
  Rings rings(3);
  rings.write(0, 10, 1);
  rings.write(0, 40, 4);
  rings.write(1, 20, 2);
  rings.write(2, 30, 3);
  EXPECT_EQ(rings.deliver(30), (Order{{1, false}, {2, false}})) << "30 itself is not older than the front";
  EXPECT_EQ(rings.deliver(100), (Order{{3, false}, {4, false}}));
  EXPECT_EQ(rings.deliver(100), Order{});
}

TEST(RingMerger, OneThatWasOvertakenInItsRingTakesItsPlaceThere) {
  Rings rings(2);
  rings.write(0, 50, 1);
  rings.write(0, 45, 2);  // interrupted while it was written
  rings.write(1, 47, 3);
  EXPECT_EQ(rings.deliver(100), (Order{{3, false}, {1, false}, {2, false}}));
}

TEST(RingMerger, OneBehindTheDeliveredFrontIsLate) {
  Rings rings(2);
  rings.write(0, 50, 1);
  EXPECT_EQ(rings.deliver(100), (Order{{1, false}}));
  rings.write(1, 30, 2);
  rings.write(1, 60, 3);
  EXPECT_EQ(rings.deliver(100), (Order{{2, true}, {3, false}}));
}

}  // namespace
}  // namespace strobe::sampling

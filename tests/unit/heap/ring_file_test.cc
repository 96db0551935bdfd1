// The reader's side of a ring: what was committed comes in order, lap after lap; hostile files are refused,
// hostile words are harmless.
#include "heap/ring_file.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <functional>
#include <vector>

#include "support/temporary_folder.h"

namespace strobe::heap {
namespace {

constexpr uint64_t kSlots = 8;
constexpr uint64_t kNodes = 4;

/// A ring as an agent makes it.
class WrittenRing {
 public:
  explicit WrittenRing(const std::string& path, const std::function<void(RingHeader&)>& change = {}) {
    fd_ = UniqueFd(::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
    EXPECT_EQ(::ftruncate(fd_.get(), static_cast<off_t>(ring_bytes(kSlots, kNodes))), 0);
    memory_ = ::mmap(nullptr, ring_bytes(kSlots, kNodes), PROT_READ | PROT_WRITE, MAP_SHARED, fd_.get(), 0);
    RingHeader& header = *this->header();
    header.mode = static_cast<uint32_t>(Mode::all);
    header.pid = 42;
    header.slot_count = kSlots;
    header.node_capacity = kNodes;
    header.nodes_ready = kNodes;
    header.node_count = 1;
    header.magic = kMagic;
    if (change) change(header);
  }
  WrittenRing(const WrittenRing&) = delete;
  WrittenRing& operator=(const WrittenRing&) = delete;
  ~WrittenRing() { ::munmap(memory_, ring_bytes(kSlots, kNodes)); }

  [[nodiscard]] RingHeader* header() { return static_cast<RingHeader*>(memory_); }
  [[nodiscard]] uint64_t reserve() { return header()->reserved.fetch_add(1); }
  void commit(uint64_t number, uint64_t address, uint32_t stack = 0) {
    auto* slots = reinterpret_cast<Slot*>(static_cast<char*>(memory_) + kHeaderBytes);
    Slot& slot = slots[number % kSlots];
    slot.body = 5 | uint64_t{stack} << kStackShift;
    slot.head = address | static_cast<uint64_t>(EventKind::allocate) << kKindShift |
                uint64_t{3} << kThreadShift | phase_of(number, kSlots) << kPhaseShift;
  }
  void write(uint64_t address, uint32_t stack = 0) { commit(reserve(), address, stack); }

 private:
  UniqueFd fd_;
  void* memory_ = nullptr;
};

class RingFileTest : public ::testing::Test {
 protected:
  [[nodiscard]] std::string path() const { return folder_.file("1.ring"); }
  [[nodiscard]] RingFile open() const {
    auto ring = RingFile::open(path());
    EXPECT_TRUE(ring && *ring);
    return std::move(**ring);
  }
  static std::vector<uint64_t> take(RingFile& ring) {
    std::vector<uint64_t> addresses;
    ring.drain([&](const Event& event) { addresses.push_back(event.address); });
    return addresses;
  }

 private:
  test::TemporaryFolder folder_;
};

TEST_F(RingFileTest, GivesWhatWasCommittedInOrder) {
  WrittenRing written(path());
  RingFile ring = open();
  EXPECT_EQ(ring.pid(), 42);
  EXPECT_TRUE(take(ring).empty());
  uint64_t address = 1;
  for (int lap = 0; lap < 5; ++lap) {
    std::vector<uint64_t> expected;
    for (int i = 0; i < 7; ++i) {
      written.write(address);
      expected.push_back(address++);
    }
    EXPECT_EQ(take(ring), expected);
    EXPECT_EQ(written.header()->consumed, address - 1);
  }
}

TEST_F(RingFileTest, WaitsForASlotThatIsNotCommitted) {
  WrittenRing written(path());
  RingFile ring = open();
  written.write(1);
  const uint64_t late = written.reserve();
  written.write(3);
  EXPECT_EQ(take(ring), std::vector<uint64_t>{1});
  written.commit(late, 2);
  EXPECT_EQ(take(ring), (std::vector<uint64_t>{2, 3}));
}

TEST_F(RingFileTest, OfAProcessThatIsGoneTakesAllButTheHoles) {
  WrittenRing written(path());
  RingFile ring = open();
  written.write(1);
  static_cast<void>(written.reserve());
  written.write(3);
  static_cast<void>(written.reserve());
  std::vector<uint64_t> addresses;
  EXPECT_EQ(ring.drain_rest([&](const Event& event) { addresses.push_back(event.address); }), 2U);
  EXPECT_EQ(addresses, (std::vector<uint64_t>{1, 3}));
}

TEST_F(RingFileTest, AStackThatIsNotThereIsNone) {
  WrittenRing written(path());
  RingFile ring = open();
  written.header()->node_count = 3;
  written.write(1, 2);
  written.write(2, 3);
  written.write(3, 0xffffff);
  std::vector<uint32_t> stacks;
  ring.drain([&](const Event& event) { stacks.push_back(event.stack); });
  EXPECT_EQ(stacks, (std::vector<uint32_t>{2, 0, 0}));
  written.header()->node_count = UINT32_MAX;
  EXPECT_EQ(ring.node_count(), kNodes);
}

TEST_F(RingFileTest, KnowsWhichNodesAreOfCodeThatIsGone) {
  WrittenRing written(path());
  RingFile ring = open();
  RingHeader& header = *written.header();
  header.node_count = 4;
  EXPECT_EQ(ring.nodes_gone_by(UINT64_MAX), 0U);
  header.closings[0].nodes = 2;
  header.closings[0].time_ns = 100;
  header.closings[1].nodes = 3;
  header.closings[1].time_ns = 200;
  EXPECT_EQ(ring.nodes_gone_by(99), 0U);
  EXPECT_EQ(ring.nodes_gone_by(100), 2U);
  EXPECT_EQ(ring.nodes_gone_by(300), 3U);
  header.closings[5].nodes = UINT32_MAX;
  header.closings[5].time_ns = 300;
  EXPECT_EQ(ring.nodes_gone_by(300), 4U) << "as many as there are";
}

TEST_F(RingFileTest, WhatTheHeaderSaysLaterDoesNotMatter) {
  WrittenRing written(path());
  RingFile ring = open();
  written.header()->slot_count = uint64_t{1} << 60;
  written.header()->node_capacity = uint64_t{1} << 60;
  written.header()->reserved = UINT64_MAX;
  EXPECT_EQ(ring.drain_rest([](const Event&) {}), kSlots);
}

TEST_F(RingFileTest, IsNotReadyBeforeItsMark) {
  WrittenRing written(path(), [](RingHeader& header) { header.magic = 0; });
  const auto ring = RingFile::open(path());
  ASSERT_TRUE(ring);
  EXPECT_FALSE(*ring);
}

TEST_F(RingFileTest, RefusesHeadersThatMakeNoSense) {
  const std::vector<std::function<void(RingHeader&)>> lies = {
      [](RingHeader& header) { header.magic = 7; },
      [](RingHeader& header) { header.mode = 0; },
      [](RingHeader& header) { header.mode = 9; },
      [](RingHeader& header) { header.mode = static_cast<uint32_t>(Mode::sampled); },  // without an interval
      [](RingHeader& header) { header.slot_count = 0; },
      [](RingHeader& header) { header.slot_count = 7; },
      [](RingHeader& header) { header.slot_count = 16; },
      [](RingHeader& header) { header.slot_count = uint64_t{1} << 60; },
      [](RingHeader& header) { header.node_capacity = uint64_t{1} << 60; },
      [](RingHeader& header) { header.node_capacity = 5; },
  };
  for (size_t i = 0; i < lies.size(); ++i) {
    const WrittenRing written(path(), lies[i]);
    EXPECT_FALSE(RingFile::open(path())) << i;
    ::unlink(path().c_str());
  }
}

TEST_F(RingFileTest, RefusesWhatIsNoFile) {
  ASSERT_EQ(::symlink("/etc/passwd", path().c_str()), 0);
  EXPECT_FALSE(RingFile::open(path()));
  ::unlink(path().c_str());
  ASSERT_EQ(::mkfifo(path().c_str(), 0600), 0);
  EXPECT_FALSE(RingFile::open(path()));
}

TEST(PythonNode, HasItsPartsBesideEachOther) {
  for (const PythonPlace place : {PythonPlace{}, PythonPlace{.instruction = 7, .mark = 1},
                                  PythonPlace{.instruction = kNoInstruction, .mark = (1U << 18) - 1},
                                  PythonPlace{.instruction = 1U << 21, .mark = 1U << 17}}) {
    const Node node = python_node(kAddressMask, place);
    EXPECT_EQ(kind_of(node), NodeKind::python);
    EXPECT_EQ(address_of(node), kAddressMask);
    EXPECT_EQ(python_place_of(node).instruction, place.instruction);
    EXPECT_EQ(python_place_of(node).mark, place.mark);
  }
}

}  // namespace
}  // namespace strobe::heap

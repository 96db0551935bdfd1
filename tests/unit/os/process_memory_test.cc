// Several pieces of memory in one call, in this process's own memory.
#include "os/process_memory.h"

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <array>
#include <vector>

namespace strobe::os {
namespace {

std::span<std::byte> bytes_of(uint32_t& number) { return std::as_writable_bytes(std::span(&number, 1)); }

TEST(ProcessMemory, ReadsManyPieces) {
  std::vector<uint32_t> numbers(1000);
  for (uint32_t i = 0; i < numbers.size(); ++i) numbers[i] = i * i;
  std::vector<uint32_t> copies(numbers.size());
  std::vector<MemoryPiece> pieces;
  for (size_t i = 0; i < numbers.size(); ++i) {  // more than fit one call
    const size_t from = numbers.size() - 1 - i;
    pieces.push_back({reinterpret_cast<uint64_t>(&numbers[from]), bytes_of(copies[i])});
  }
  ProcessMemory memory(::getpid());
  EXPECT_EQ(memory.read_many(pieces), pieces.size());
  for (size_t i = 0; i < numbers.size(); ++i) ASSERT_EQ(copies[i], numbers[numbers.size() - 1 - i]);
}

TEST(ProcessMemory, SaysHowManyPiecesWereThere) {
  const long page = ::sysconf(_SC_PAGESIZE);
  void* hole = ::mmap(nullptr, static_cast<size_t>(page), PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  ASSERT_NE(hole, MAP_FAILED);
  uint32_t number = 7;
  std::array<uint32_t, 4> copies{};
  const auto here = reinterpret_cast<uint64_t>(&number);
  const auto absent = reinterpret_cast<uint64_t>(hole);
  const std::array pieces{MemoryPiece{here, bytes_of(copies[0])}, MemoryPiece{here, bytes_of(copies[1])},
                          MemoryPiece{absent, bytes_of(copies[2])}, MemoryPiece{here, bytes_of(copies[3])}};
  ProcessMemory memory(::getpid());
  EXPECT_EQ(memory.read_many(pieces), 2U);
  EXPECT_EQ(copies[1], 7U);
  EXPECT_EQ(memory.read_many({}), 0U);
  ::munmap(hole, static_cast<size_t>(page));
}

}  // namespace
}  // namespace strobe::os

// n3 WORK: ten million malloc and free at a depth of about 15 frames; 20,000 blocks live, one in a thousand
// is never freed.
#include <array>
#include <cstring>

#include "recursion.h"
#include "self_report.h"

namespace {

std::array<void*, 20000> live_blocks;

size_t block_size(uint64_t random) {
  if (random % 16 == 0) return 1000 + random % 7000;  // few large blocks
  if (random % 16 < 3) return 250 + random % 750;
  return 16 + random % 240;
}

[[gnu::noinline]] void* allocate(uint64_t random) {
  const size_t size = block_size(random >> 16);
  void* block = std::malloc(size);
  if (block != nullptr) std::memset(block, static_cast<int>(random & 0xff), size < 64 ? size : 64);
  return block;
}

[[gnu::noinline]] void leak(uint64_t random) {
  // Through volatile, or the allocation may be removed as unused.
  void* volatile lost = allocate(random);
  (void)lost;
}

[[gnu::noinline]] void replace_one(uint64_t random) {
  void*& slot = live_blocks[(random >> 32) % live_blocks.size()];
  std::free(slot);
  slot = allocate(random);
  if (random % 1000 == 0) leak(random);
}

template <int kDepth>
[[gnu::noinline]] void descend(uint64_t random) {
  if constexpr (kDepth == 0) {
    replace_one(random);
  } else {
    descend<kDepth - 1>(random ^ kDepth);
    asm volatile("" ::: "memory");  // no tail call: every level keeps its frame
  }
}

}  // namespace

int main(int argc, char** argv) {
  const SelfReport report("n3");
  const auto rounds = static_cast<uint64_t>(1e7 * amount_of_work(argc, argv));
  for (uint64_t i = 0; i < rounds; ++i) descend<12>(recursion::scramble(i));
  for (void* block : live_blocks) std::free(block);
  report.print(rounds);
  return 0;
}

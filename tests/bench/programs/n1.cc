// n1 WORK [PADDING]: one thread, about 40 frames of mutual recursion without frame pointers; PADDING bytes
// are added to every frame of `first` (1000 makes about 20 KB of stack).
#include "recursion.h"
#include "self_report.h"

int main(int argc, char** argv) {
  const SelfReport report("n1");
  const auto rounds = static_cast<uint64_t>(600000 * amount_of_work(argc, argv));
  const size_t padding = argc > 2 ? static_cast<size_t>(std::atol(argv[2])) : 0;
  uint64_t result = 0;
  for (uint64_t i = 0; i < rounds; ++i) result ^= recursion::first(37, i, padding);
  report.print(result);
  return 0;
}

// throwing WORK: half a million exceptions, each through eight functions.
#include "self_report.h"

namespace {

template <int kDepth>
[[gnu::noinline]] void descend(int value) {
  if constexpr (kDepth == 0) {
    if (value >= 0) throw value;
  } else {
    descend<kDepth - 1>(value);
    asm volatile("" ::: "memory");  // no tail call: every level keeps its frame
  }
}

}  // namespace

int main(int argc, char** argv) {
  const SelfReport report("throwing");
  const auto count = static_cast<int>(5e5 * amount_of_work(argc, argv));
  uint64_t caught = 0;
  for (int i = 0; i < count; ++i) {
    try {
      descend<8>(i & 1);
    } catch (int value) {
      caught += static_cast<uint64_t>(value) + 1;
    }
  }
  report.print(caught);
  return 0;
}

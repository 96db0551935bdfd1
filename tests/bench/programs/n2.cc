// n2 WORK: eight threads that compute and now and then take one mutex.
#include <mutex>
#include <thread>
#include <vector>

#include "recursion.h"
#include "self_report.h"

namespace {

struct Shared {
  std::mutex mutex;
  uint64_t value = 0;
};

[[gnu::noinline]] void under_the_mutex(Shared& shared, uint64_t value) {
  const std::lock_guard<std::mutex> lock(shared.mutex);
  shared.value ^= recursion::scramble_often(value, 300);
}

[[gnu::noinline]] void work(Shared& shared, uint64_t seed, uint64_t rounds) {
  for (uint64_t i = 0; i < rounds; ++i) {
    const uint64_t value = recursion::first(12, i + seed, 0);
    if (i % 4 == 0) under_the_mutex(shared, value);
  }
}

}  // namespace

int main(int argc, char** argv) {
  const SelfReport report("n2");
  const auto rounds = static_cast<uint64_t>(130000 * amount_of_work(argc, argv));
  Shared shared;
  std::vector<std::thread> threads;
  for (uint64_t seed = 0; seed < 8; ++seed) threads.emplace_back(work, std::ref(shared), seed, rounds);
  for (std::thread& thread : threads) thread.join();
  report.print(shared.value);
  return 0;
}

// sleepers WORK [THREADS]: a thousand threads that sleep until the end, 2 × WORK seconds.
#include <time.h>

#include <thread>
#include <vector>

#include "self_report.h"

int main(int argc, char** argv) {
  const SelfReport report("sleepers");
  const double seconds = 2 * amount_of_work(argc, argv);
  const int count = argc > 2 ? std::atoi(argv[2]) : 1000;
  const auto sleep = [seconds] {
    const timespec time{
        .tv_sec = static_cast<time_t>(seconds),
        .tv_nsec = static_cast<long>((seconds - static_cast<double>(static_cast<long>(seconds))) * 1e9)};
    nanosleep(&time, nullptr);
  };
  std::vector<std::thread> threads;
  threads.reserve(static_cast<size_t>(count));
  for (int i = 0; i < count; ++i) threads.emplace_back(sleep);
  for (std::thread& thread : threads) thread.join();
  report.print(static_cast<uint64_t>(count));
  return 0;
}

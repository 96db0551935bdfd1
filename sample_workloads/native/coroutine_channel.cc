// Producers and consumers as C++20 coroutines on one thread, with a bounded channel between them.
// Build:  g++ -std=c++20 -O2 -g -fno-optimize-sibling-calls coroutine_channel.cc
// Run:    coroutine_channel [SECONDS=1]
// Hot:    produce 40 %, consume 60 % (self, two producers and one consumer)
// Stacks: main > Scheduler::run > produce | consume. Who waits for whom is in the coroutines' frames, on
//         the heap; the stack shows only which one runs.
// Prints: one JSON line, CPU seconds by function: "functions" self, "totals" with callees.
#include <coroutine>
#include <deque>
#include <exception>

#include "stopwatch.h"

// Runs what is ready, in order; it ends when everybody waits for somebody else or is done.
class Scheduler {
 public:
  void make_ready(std::coroutine_handle<> coroutine) { ready_.push_back(coroutine); }
  NAMED void run() {
    while (!ready_.empty()) {
      const std::coroutine_handle<> next = ready_.front();
      ready_.pop_front();
      next.resume();
    }
  }

 private:
  std::deque<std::coroutine_handle<>> ready_;
};

// A coroutine that nobody waits for: it frees itself at its end.
struct Task {
  struct promise_type {
    Task get_return_object() { return {std::coroutine_handle<promise_type>::from_promise(*this)}; }
    std::suspend_always initial_suspend() noexcept { return {}; }
    std::suspend_never final_suspend() noexcept { return {}; }
    void return_void() {}
    void unhandled_exception() { std::terminate(); }
  };
  std::coroutine_handle<> coroutine;
};

// Who waits here is suspended until it opens, and then looks again.
class Gate {
 public:
  bool await_ready() { return false; }
  void await_suspend(std::coroutine_handle<> coroutine) { waiting_.push_back(coroutine); }
  void await_resume() {}
  void open(Scheduler& scheduler) {
    for (const std::coroutine_handle<> coroutine : waiting_) scheduler.make_ready(coroutine);
    waiting_.clear();
  }

 private:
  std::deque<std::coroutine_handle<>> waiting_;
};

struct Channel {
  static constexpr size_t kCapacity = 4;
  std::deque<uint64_t> items;
  long producers = 0;
  Gate room;
  Gate data;
};

double produce_s, consume_s, run_s;

Task produce(Scheduler& scheduler, Channel& channel, long count) {
  uint64_t x = 88172645463325252ULL;
  for (long i = 0; i < count; i++) {
    {
      const Stopwatch watch(produce_s);
      CHURN(x, 2 * ROUNDS_PER_MS)  // HOT: produce [resume]
    }
    while (channel.items.size() >= Channel::kCapacity) co_await channel.room;
    channel.items.push_back(x);
    channel.data.open(scheduler);
  }
  channel.producers--;
  channel.data.open(scheduler);
}

Task consume(Scheduler& scheduler, Channel& channel, uint64_t& sum) {
  for (;;) {
    while (channel.items.empty() && channel.producers > 0) co_await channel.data;
    if (channel.items.empty()) co_return;
    uint64_t x = channel.items.front();
    channel.items.pop_front();
    channel.room.open(scheduler);
    const Stopwatch watch(consume_s);
    CHURN(x, 3 * ROUNDS_PER_MS)  // HOT: consume [resume]
    sum += x;
  }
}

int main(int argc, char** argv) {
  const double seconds = argc > 1 ? atof(argv[1]) : 1;
  Scheduler scheduler;
  Channel channel;
  channel.producers = 2;
  uint64_t sum = 0;
  const long each = static_cast<long>(seconds * 100);
  for (long i = 0; i < channel.producers; i++)
    scheduler.make_ready(produce(scheduler, channel, each).coroutine);
  scheduler.make_ready(consume(scheduler, channel, sum).coroutine);
  {
    const Stopwatch watch(run_s);
    scheduler.run();
  }
  printf(
      "{\"functions\":{\"produce [resume]\":%.6f,\"consume "
      "[resume]\":%.6f},\"totals\":{\"Scheduler::run\":%.6f},"
      "\"cpu_s\":%.6f,\"sum\":\"%llx\"}\n",
      produce_s, consume_s, run_s, cpu_seconds(CLOCK_PROCESS_CPUTIME_ID),
      static_cast<unsigned long long>(sum));
  return 0;
}

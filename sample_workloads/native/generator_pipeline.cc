// C++20 generators, three in a row: each asks the one before it for its next value.
// Build:  g++ -std=c++20 -O2 -g -fno-optimize-sibling-calls generator_pipeline.cc
// Run:    generator_pipeline [SECONDS=1]
// Hot:    read_numbers 50 %, filter_odd 30 %, square_all 20 % (self): time in the coroutines' bodies, which
//         compilers put into functions of their own: "read_numbers [resume]"
// Stacks: main > drain > Generator::next > square_all > Generator::next > filter_odd > Generator::next >
//         read_numbers: a generator runs on the stack of whoever resumed it
// Prints: one JSON line, CPU seconds by function: "functions" self, "totals" with callees.
#include <coroutine>
#include <exception>
#include <utility>

#include "stopwatch.h"

class Generator {
 public:
  struct promise_type {
    uint64_t value = 0;
    Generator get_return_object() { return Generator(Handle::from_promise(*this)); }
    std::suspend_always initial_suspend() noexcept { return {}; }
    std::suspend_always final_suspend() noexcept { return {}; }
    std::suspend_always yield_value(uint64_t next) noexcept {
      value = next;
      return {};
    }
    void return_void() {}
    void unhandled_exception() { std::terminate(); }
  };
  using Handle = std::coroutine_handle<promise_type>;

  Generator(Generator&& other) noexcept : handle_(std::exchange(other.handle_, {})) {}
  Generator& operator=(Generator&&) = delete;
  ~Generator() {
    if (handle_) handle_.destroy();
  }
  // Goes on to the next value; false where there is none.
  NAMED bool next() {
    handle_.resume();
    return !handle_.done();
  }
  uint64_t value() const { return handle_.promise().value; }

 private:
  explicit Generator(Handle handle) : handle_(handle) {}
  Handle handle_;
};

double read_s, filter_s, square_s, drain_s;

Generator read_numbers(long count) {
  uint64_t x = 88172645463325252ULL;
  for (long i = 0; i < count; i++) {
    {
      const Stopwatch watch(read_s);
      CHURN(x, 5 * ROUNDS_PER_MS / 2)  // HOT: read_numbers [resume]
    }
    co_yield 2 * x + static_cast<uint64_t>(i % 2);  // every second one is odd
  }
}

Generator filter_odd(Generator source) {
  while (source.next()) {
    uint64_t x = source.value();
    {
      const Stopwatch watch(filter_s);
      CHURN(x, 3 * ROUNDS_PER_MS / 2)  // HOT: filter_odd [resume]
    }
    if (source.value() % 2 == 1) co_yield x;
  }
}

Generator square_all(Generator source) {
  while (source.next()) {
    uint64_t x = source.value() * source.value();
    {
      const Stopwatch watch(square_s);
      CHURN(x, 2 * ROUNDS_PER_MS)  // HOT: square_all [resume]
    }
    co_yield x;
  }
}

NAMED uint64_t drain(Generator source) {
  const Stopwatch watch(drain_s);
  uint64_t sum = 0;
  while (source.next()) sum += source.value();
  return sum;
}

int main(int argc, char** argv) {
  const double seconds = argc > 1 ? atof(argv[1]) : 1;
  const uint64_t sum = drain(square_all(filter_odd(read_numbers(static_cast<long>(seconds * 200)))));
  printf(
      "{\"functions\":{\"read_numbers [resume]\":%.6f,\"filter_odd [resume]\":%.6f,\"square_all "
      "[resume]\":%.6f},"
      "\"totals\":{\"drain\":%.6f,\"square_all [resume]\":%.6f,\"filter_odd "
      "[resume]\":%.6f},\"cpu_s\":%.6f,\"sum\":\"%llx\"}"
      "\n",
      read_s, filter_s, square_s, drain_s, read_s + filter_s + square_s, read_s + filter_s,
      cpu_seconds(CLOCK_PROCESS_CPUTIME_ID), static_cast<unsigned long long>(sum));
  return 0;
}

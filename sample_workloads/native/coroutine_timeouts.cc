// Requests as C++20 coroutines, each with a time-out: a loop of timers resumes whoever is due.
// Build:  g++ -std=c++20 -O2 -g -fno-optimize-sibling-calls coroutine_timeouts.cc
// Run:    coroutine_timeouts [SECONDS=1]            three requests at a time; every third one is too slow
// Hot:    parse_part about 5/6 (self, called by the coroutine answer), clean_up about 1/6 (self, after a
//         time-out)
// Stacks: main > TimerLoop::run > answer > parse_part;  main > TimerLoop::run > time_out > clean_up
//         The loop sleeps between timers: for a part of its life it uses no CPU.
// Prints: one JSON line, CPU seconds by function: "functions" self, "totals" with callees;
//         the time-outs.
#include <coroutine>
#include <exception>
#include <map>
#include <memory>

#include "stopwatch.h"

// A coroutine that starts at once, that nobody waits for, and that frees itself at its end.
struct Task {
  struct promise_type {
    Task get_return_object() { return {}; }
    std::suspend_never initial_suspend() noexcept { return {}; }
    std::suspend_never final_suspend() noexcept { return {}; }
    void return_void() {}
    void unhandled_exception() { std::terminate(); }
  };
};

// Its time advances in ticks: at most one millisecond of sleep each, whatever the work took, so that every
// run has the same time-outs.
class TimerLoop {
 public:
  auto sleep(long ticks) {
    struct Awaiter {
      TimerLoop* loop;
      long due;
      bool await_ready() { return false; }
      void await_suspend(std::coroutine_handle<> coroutine) { loop->timers_.emplace(due, coroutine); }
      void await_resume() {}
    };
    return Awaiter{this, now_ + ticks};
  }
  NAMED void run() {
    while (!timers_.empty()) {
      const auto [due, coroutine] = *timers_.begin();
      timers_.erase(timers_.begin());
      const timespec pause{0, 1000000};
      if (due > now_) nanosleep(&pause, nullptr);
      now_ = due;
      coroutine.resume();
    }
  }

 private:
  long now_ = 0;
  std::multimap<long, std::coroutine_handle<>> timers_;
};

struct Request {
  uint64_t digest = 88172645463325252ULL;
  bool done = false;
  bool cancelled = false;
};

double parse_s, clean_s;
long answered, timed_out;

NAMED void parse_part(Request& request) {
  const Stopwatch watch(parse_s);
  uint64_t x = request.digest;
  CHURN(x, ROUNDS_PER_MS)  // HOT: parse_part
  request.digest = x;
}

NAMED void clean_up(Request& request) {
  const Stopwatch watch(clean_s);
  uint64_t x = request.digest;
  CHURN(x, 2 * ROUNDS_PER_MS)  // HOT: clean_up
  request.digest = x;
}

// Its parts arrive one every `ticks`; it stops when it was cancelled.
Task answer(TimerLoop& loop, std::shared_ptr<Request> request, long ticks) {
  for (int part = 0; part < 4; part++) {
    co_await loop.sleep(ticks);
    if (request->cancelled) co_return;
    parse_part(*request);
  }
  request->done = true;
  answered++;
}

Task time_out(TimerLoop& loop, std::shared_ptr<Request> request, long ticks) {
  co_await loop.sleep(ticks);
  if (request->done) co_return;
  request->cancelled = true;
  timed_out++;
  clean_up(*request);
}

int main(int argc, char** argv) {
  const double seconds = argc > 1 ? atof(argv[1]) : 1;
  TimerLoop loop;
  double run_s = 0;
  for (long turn = 0; turn < static_cast<long>(seconds * 83); turn++) {
    for (int i = 0; i < 3; i++) {
      const auto request = std::make_shared<Request>();
      answer(loop, request, i == 2 ? 3 : 1);  // parts at 3, 6, 9, 12: two of them in time
      time_out(loop, request, 7);
    }
    const Stopwatch watch(run_s);
    loop.run();
  }
  printf(
      "{\"functions\":{\"parse_part\":%.6f,\"clean_up\":%.6f},\"totals\":{\"TimerLoop::run\":%.6f,"
      "\"answer [resume]\":%.6f,\"time_out "
      "[resume]\":%.6f},\"cpu_s\":%.6f,\"answered\":%ld,\"timed_out\":%ld}\n",
      parse_s, clean_s, run_s, parse_s, clean_s, cpu_seconds(CLOCK_PROCESS_CPUTIME_ID), answered, timed_out);
  return 0;
}

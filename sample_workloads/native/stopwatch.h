// What the C++ workloads add to workload.h: CPU seconds of a block, added to a sum when it ends.
#pragma once

#include "workload.h"

// Measures with the thread's own CPU clock. Must not live across a suspension of a coroutine.
struct Stopwatch {
  explicit Stopwatch(double& seconds) : sum(&seconds) {}
  Stopwatch(const Stopwatch&) = delete;
  Stopwatch& operator=(const Stopwatch&) = delete;
  ~Stopwatch() { *sum += cpu_seconds(CLOCK_THREAD_CPUTIME_ID) - start; }

  double* sum;
  double start = cpu_seconds(CLOCK_THREAD_CPUTIME_ID);
};

// Two levels of inlining: the machine code is one function, the report must show three.
// Build:  gcc -O2 -g inlined.c
// Run:    inlined [SECONDS=1]
// Hot:    inner_inlined 60 %, middle_inlined 25 %, outer_function 15 % (self); outer_function 100 % total
// Stacks: main > outer_function > [middle_inlined > [inner_inlined]]
// Prints: one JSON line, CPU seconds by function: "functions" self, "totals" with callees.
#include "workload.h"

#define INLINED static inline __attribute__((always_inline))

double inner_s;
double middle_s;
double outer_s;

INLINED uint64_t inner_inlined(uint64_t x) {
  const double start = cpu_seconds(CLOCK_THREAD_CPUTIME_ID);
  CHURN(x, 60 * ROUNDS_PER_MS / 10)
  inner_s += cpu_seconds(CLOCK_THREAD_CPUTIME_ID) - start;
  return x + 1;
}

INLINED uint64_t middle_inlined(uint64_t x) {
  const double start = cpu_seconds(CLOCK_THREAD_CPUTIME_ID);
  CHURN(x, 25 * ROUNDS_PER_MS / 10)
  middle_s += cpu_seconds(CLOCK_THREAD_CPUTIME_ID) - start;
  return inner_inlined(x) + 1;
}

NAMED uint64_t outer_function(uint64_t x) {
  const double start = cpu_seconds(CLOCK_THREAD_CPUTIME_ID);
  CHURN(x, 15 * ROUNDS_PER_MS / 10)
  outer_s += cpu_seconds(CLOCK_THREAD_CPUTIME_ID) - start;
  return middle_inlined(x) + 1;
}

int main(int argc, char** argv) {
  const double seconds = argc > 1 ? atof(argv[1]) : 1;
  uint64_t x = 88172645463325252ULL;
  double total_s = 0;
  for (long turn = 0; turn < (long)(seconds * 100); turn++) {
    const double start = cpu_seconds(CLOCK_THREAD_CPUTIME_ID);
    x = outer_function(x);
    total_s += cpu_seconds(CLOCK_THREAD_CPUTIME_ID) - start;
  }
  printf(
      "{\"functions\":{\"inner_inlined\":%.6f,\"middle_inlined\":%.6f,\"outer_function\":%.6f},"
      "\"totals\":{\"outer_function\":%.6f},\"cpu_s\":%.6f,\"result\":\"%llx\"}\n",
      inner_s, middle_s, outer_s, total_s, cpu_seconds(CLOCK_PROCESS_CPUTIME_ID), (unsigned long long)x);
  return 0;
}

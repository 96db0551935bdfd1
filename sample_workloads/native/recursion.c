// One function calls itself DEPTH times, works a little on every level and most of all at the bottom.
// Build:  gcc -O2 -g -fno-optimize-sibling-calls recursion.c
// Run:    recursion [SECONDS=1] [DEPTH=40]          40 fits a stack copy; 5000 is some 400 KB and does not
// Hot:    descend about 20 % self and 100 % total (counted once), bottom 80 % self
// Stacks: main > descend x DEPTH > bottom; nine tenths of the time at full depth
// Prints: one JSON line, CPU seconds by function: "functions" self, "totals" with callees.
#include "workload.h"

uint64_t state = 88172645463325252ULL;

NAMED void bottom(double* bottom_s) {
  const double start = cpu_seconds(CLOCK_THREAD_CPUTIME_ID);
  uint64_t x = state;
  CHURN(x, 8 * ROUNDS_PER_MS)
  state = x;
  *bottom_s += cpu_seconds(CLOCK_THREAD_CPUTIME_ID) - start;
}

// Works 2 ms in all over the levels, half of it before and half after the deeper call. The padding makes a
// frame some 80 bytes long.
NAMED void descend(long levels, long rounds, double* bottom_s) {
  volatile uint64_t padding[4];
  uint64_t x = state;
  CHURN(x, rounds)
  padding[levels & 3] = x;
  state = x;
  if (levels > 1) {
    descend(levels - 1, rounds, bottom_s);
  } else {
    bottom(bottom_s);
  }
  x = state ^ padding[levels & 3];
  CHURN(x, rounds)
  state = x | 1;
}

int main(int argc, char** argv) {
  const double seconds = argc > 1 ? atof(argv[1]) : 1;
  const long depth = argc > 2 && atol(argv[2]) > 0 ? atol(argv[2]) : 40;
  double descend_s = 0;
  double bottom_s = 0;
  for (long turn = 0; turn < (long)(seconds * 100); turn++) {
    const double start = cpu_seconds(CLOCK_THREAD_CPUTIME_ID);
    descend(depth, ROUNDS_PER_MS / depth, &bottom_s);
    descend_s += cpu_seconds(CLOCK_THREAD_CPUTIME_ID) - start;
  }
  printf("{\"functions\":{\"descend\":%.6f,\"bottom\":%.6f},\"totals\":{\"descend\":%.6f},\"cpu_s\":%.6f}\n",
         descend_s - bottom_s, bottom_s, descend_s, cpu_seconds(CLOCK_PROCESS_CPUTIME_ID));
  return 0;
}

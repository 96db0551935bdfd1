// Two functions call each other by turns; both work on every level, the even one three times as long.
// Build:  gcc -O2 -g -fno-optimize-sibling-calls mutual_recursion.c
// Run:    mutual_recursion [SECONDS=1]
// Hot:    even 75 % self, odd 25 % self; both nearly 100 % total (counted once)
// Stacks: main > even > odd > even > ... 20 levels
// Prints: one JSON line, CPU seconds by function: "functions" self, "totals" with callees (even only).
#include "workload.h"

uint64_t state = 88172645463325252ULL;
double even_s;
double odd_s;

NAMED void odd(int levels);

NAMED void even(int levels) {
  const double start = cpu_seconds(CLOCK_THREAD_CPUTIME_ID);
  uint64_t x = state;
  CHURN(x, 3 * ROUNDS_PER_MS / 4)
  state = x;
  even_s += cpu_seconds(CLOCK_THREAD_CPUTIME_ID) - start;
  if (levels > 0) odd(levels - 1);
}

NAMED void odd(int levels) {
  const double start = cpu_seconds(CLOCK_THREAD_CPUTIME_ID);
  uint64_t x = state;
  CHURN(x, ROUNDS_PER_MS / 4)
  state = x;
  odd_s += cpu_seconds(CLOCK_THREAD_CPUTIME_ID) - start;
  if (levels > 0) even(levels - 1);
}

int main(int argc, char** argv) {
  const double seconds = argc > 1 ? atof(argv[1]) : 1;
  double total_s = 0;
  for (long turn = 0; turn < (long)(seconds * 100); turn++) {
    const double start = cpu_seconds(CLOCK_THREAD_CPUTIME_ID);
    even(19);
    total_s += cpu_seconds(CLOCK_THREAD_CPUTIME_ID) - start;
  }
  printf("{\"functions\":{\"even\":%.6f,\"odd\":%.6f},\"totals\":{\"even\":%.6f},\"cpu_s\":%.6f}\n", even_s,
         odd_s, total_s, cpu_seconds(CLOCK_PROCESS_CPUTIME_ID));
  return 0;
}

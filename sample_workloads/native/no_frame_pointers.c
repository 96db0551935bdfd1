// A chain of calls in code without frame pointers, with frames of different sizes: only the CFI tells where.
// Build:  gcc -O2 -g -fomit-frame-pointer -fno-optimize-sibling-calls no_frame_pointers.c
// Run:    no_frame_pointers [SECONDS=1]
// Hot:    fetch 50 %, decode 30 %, execute 20 % (self); dispatch 100 % total
// Stacks: main > dispatch > layer x 12 > fetch | decode | execute. layer() keeps a value in rbp, as a general
//         register, and a variable-length array on every third level.
// Prints: one JSON line, CPU seconds by function: "functions" self, "totals" with callees.
#include "workload.h"

#include <string.h>

enum { fetch_index, decode_index, execute_index, work_count };

uint64_t state = 88172645463325252ULL;
double self_s[work_count];

#define DEFINE_WORK(name, ms, salt) \
  NAMED void name(void) {           \
    uint64_t x = state + (salt);    \
    CHURN(x, (ms)*ROUNDS_PER_MS)    \
    state = x;                      \
  }
DEFINE_WORK(fetch, 5, 2)
DEFINE_WORK(decode, 3, 4)
DEFINE_WORK(execute, 2, 6)

NAMED uint64_t layer(int levels, int which) {
  static void (*const work[work_count])(void) = {fetch, decode, execute};
  if (levels == 0) {
    const double start = cpu_seconds(CLOCK_THREAD_CPUTIME_ID);
    work[which]();
    self_s[which] += cpu_seconds(CLOCK_THREAD_CPUTIME_ID) - start;
    return state;
  }
  if (levels % 3 == 0) {
    char scratch[64 + 16 * levels];
    memset(scratch, levels, sizeof scratch);
    const uint64_t below = layer(levels - 1, which);
    return below + (uint64_t)scratch[below % sizeof scratch];
  }
  const uint64_t above = state;
  return layer(levels - 1, which) ^ above;
}

NAMED uint64_t dispatch(int which) { return layer(12, which) + 1; }

int main(int argc, char** argv) {
  const double seconds = argc > 1 ? atof(argv[1]) : 1;
  uint64_t sum = 0;
  double total_s = 0;
  for (long turn = 0; turn < (long)(seconds * 100); turn++) {
    const double start = cpu_seconds(CLOCK_THREAD_CPUTIME_ID);
    for (int which = 0; which < work_count; which++) sum += dispatch(which);
    total_s += cpu_seconds(CLOCK_THREAD_CPUTIME_ID) - start;
  }
  printf(
      "{\"functions\":{\"fetch\":%.6f,\"decode\":%.6f,\"execute\":%.6f},\"totals\":{\"dispatch\":%.6f},"
      "\"cpu_s\":%.6f,\"sum\":\"%llx\"}\n",
      self_s[fetch_index], self_s[decode_index], self_s[execute_index], total_s,
      cpu_seconds(CLOCK_PROCESS_CPUTIME_ID), (unsigned long long)sum);
  return 0;
}

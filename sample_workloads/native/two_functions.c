// Two functions share one thread 70 to 30, in turns of 7 ms and 3 ms.
// Build:  gcc -O2 -g two_functions.c
// Run:    two_functions [SECONDS=1] [ready]   "ready": print the line "ready" before the work begins
// Hot:    seventy 70 %, thirty 30 % (self)
// Stacks: main > work > seventy | thirty
// Prints: one JSON line, CPU seconds by function (self), measured with the thread's CPU clock.
#include "workload.h"

uint64_t state = 88172645463325252ULL;

NAMED void seventy(long rounds) {
  uint64_t x = state;
  CHURN(x, 7 * rounds)
  state = x;
}

NAMED void thirty(long rounds) {
  uint64_t x = state;
  CHURN(x, 3 * rounds)
  state = x;
}

NAMED void work(double seconds, double* seventy_s, double* thirty_s) {
  for (long turn = 0; turn < (long)(seconds * 100); turn++) {
    const double start = cpu_seconds(CLOCK_THREAD_CPUTIME_ID);
    seventy(ROUNDS_PER_MS);
    const double middle = cpu_seconds(CLOCK_THREAD_CPUTIME_ID);
    thirty(ROUNDS_PER_MS);
    *seventy_s += middle - start;
    *thirty_s += cpu_seconds(CLOCK_THREAD_CPUTIME_ID) - middle;
  }
}

int main(int argc, char** argv) {
  const double seconds = argc > 1 ? atof(argv[1]) : 1;
  double seventy_s = 0;
  double thirty_s = 0;
  if (argc > 2) {
    puts("ready");
    fflush(stdout);
  }
  work(seconds, &seventy_s, &thirty_s);
  printf("{\"functions\":{\"seventy\":%.6f,\"thirty\":%.6f},\"totals\":{\"work\":%.6f},\"cpu_s\":%.6f}\n",
         seventy_s, thirty_s, seventy_s + thirty_s, cpu_seconds(CLOCK_PROCESS_CPUTIME_ID));
  return 0;
}

// A program that needs no shared library, in three shapes of executable, with its work behind libc's qsort.
// Build:  gcc -O2 -g -static static_binary.c                     (static_binary)
//         gcc -O2 -g -static-pie -fPIE static_binary.c           (static_pie)
//         gcc -O2 -g -no-pie -fno-pie static_binary.c            (non_pie: dynamic, at a fixed address)
// Run:    static_binary [SECONDS=1]
// Hot:    compare_slowly 60 %, sum_up 40 % (self)
// Stacks: main > sort_all > qsort > (libc's own) > compare_slowly;  main > sum_up
// Prints: one JSON line, CPU seconds by function (self).
#include "workload.h"

uint64_t state = 88172645463325252ULL;
double compare_s;
double sum_s;

// About 0.6 ms: long beside the clock that measures it and beside qsort's own work.
NAMED int compare_slowly(const void* left, const void* right) {
  const double start = cpu_seconds(CLOCK_THREAD_CPUTIME_ID);
  uint64_t x = state;
  CHURN(x, 6 * ROUNDS_PER_MS / 10)
  state = x;
  compare_s += cpu_seconds(CLOCK_THREAD_CPUTIME_ID) - start;
  const int a = *(const int*)left;
  const int b = *(const int*)right;
  return (a > b) - (a < b);
}

NAMED void sort_all(void) {
  int values[8] = {5, 2, 7, 1, 8, 3, 6, 4};  // 17 comparisons
  qsort(values, 8, sizeof values[0], compare_slowly);
}

NAMED void sum_up(void) {
  const double start = cpu_seconds(CLOCK_THREAD_CPUTIME_ID);
  uint64_t x = state + 2;
  CHURN(x, 68 * ROUNDS_PER_MS / 10)
  state = x;
  sum_s += cpu_seconds(CLOCK_THREAD_CPUTIME_ID) - start;
}

int main(int argc, char** argv) {
  const double seconds = argc > 1 ? atof(argv[1]) : 1;
  for (long turn = 0; turn < (long)(seconds * 59); turn++) {
    sort_all();
    sum_up();
  }
  printf("{\"functions\":{\"compare_slowly\":%.6f,\"sum_up\":%.6f},\"cpu_s\":%.6f}\n", compare_s, sum_s,
         cpu_seconds(CLOCK_PROCESS_CPUTIME_ID));
  return 0;
}

// Stacks beyond the default copy and within the largest one, all alike but for their outermost part: two
// functions in turn lead to the same deep recursion. What completes a stack must not take one for the other.
// Run: two_ways [SECONDS=1] [SHARE=50]     SHARE: percent of the turns that go the first way
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define NAMED __attribute__((noinline, noclone))

volatile uint64_t state = 88172645463325252ULL;

static double cpu_seconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

NAMED uint64_t leaf(uint64_t x) {
  for (long i = 0; i < 1500000; i++) {
    x ^= x << 13;
    x ^= x >> 7;
    x ^= x << 17;
  }
  return x;
}

NAMED uint64_t go_down(uint64_t x, int levels) {
  volatile uint64_t room[10];
  room[levels % 10] = x;
  if (levels > 0) {
    x = go_down(x, levels - 1);
  } else {
    x = leaf(x);
  }
  return x ^ room[levels % 10];
}

NAMED uint64_t first_way(uint64_t x) { return go_down(x, 300) ^ 1; }
NAMED uint64_t second_way(uint64_t x) { return go_down(x, 300) ^ 2; }

int main(int argc, char** argv) {
  const double seconds = argc > 1 ? atof(argv[1]) : 1;
  const int share = argc > 2 ? atoi(argv[2]) : 50;
  const double end = cpu_seconds() + seconds;
  for (uint64_t turn = 0; cpu_seconds() < end; turn++) {
    state = turn * 61 % 100 < (uint64_t)share ? first_way(state) : second_way(state);
  }
  printf("%llu\n", (unsigned long long)state);
  return 0;
}

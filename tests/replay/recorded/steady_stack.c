// A stack larger than a copy whose outer part stands still while the inner part works: what an event loop or
// an interpreter deep in its recursion looks like. Frames are of different sizes.
// Build:  gcc -O2 -g -fno-optimize-sibling-calls steady_stack.c
// Run:    steady_stack [SECONDS=1] [BYTES=30000]    BYTES of stack below the work
// Stacks: main > go_down x n > work > step | leaf
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define NAMED __attribute__((noinline))

static uint64_t state = 88172645463325252ULL;

static double cpu_seconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

NAMED uint64_t leaf(uint64_t x) {
  for (int i = 0; i < 2000; i++) {
    x ^= x << 13;
    x ^= x >> 7;
    x ^= x << 17;
  }
  return x;
}

NAMED uint64_t step(uint64_t x, int levels) {
  volatile uint64_t room[6];
  room[levels % 6] = x;
  if (levels > 0) x = step(leaf(x), levels - 1);
  return x ^ room[levels % 6];
}

NAMED void work(double seconds) {
  const double end = cpu_seconds() + seconds;
  while (cpu_seconds() < end) state = step(state, (int)(state % 20)) | 1;
}

NAMED void go_down(long bytes, double seconds) {
  volatile char room[1 + (bytes % 7) * 24];
  room[bytes % 7] = (char)bytes;
  if (bytes > 0) {
    go_down(bytes - 100, seconds);
  } else {
    work(seconds);
  }
  state += (uint64_t)room[bytes % 7];
}

int main(int argc, char** argv) {
  const double seconds = argc > 1 ? atof(argv[1]) : 1;
  go_down(argc > 2 ? atol(argv[2]) : 30000, seconds);
  printf("%llu\n", (unsigned long long)state);
  return 0;
}

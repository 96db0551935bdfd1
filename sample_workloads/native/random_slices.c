// Twenty functions in random turns (a fixed seed) of 0.01 to 0.09 ms: the shares are known exactly, and the
// turns are much shorter than a sampling period, so that samples are independent. For tests of how often
// the stated interval covers the truth.
// Build:  gcc -O2 -g random_slices.c
// Run:    random_slices [SECONDS=1] [SEED=1]
// Hot:    slice_00 ... slice_19 (self), slice_N with a chance of N + 1 in 210: 0.5 % to 9.5 %
// Stacks: main > run_slice > slice_N
// Prints: one JSON line, CPU seconds by function (self).
#include "workload.h"

enum { slice_count = 20, chances = slice_count * (slice_count + 1) / 2 };

uint64_t state = 88172645463325252ULL;

#define SLICES(X) TEN(X, 0) TEN(X, 1)
#define TEN(X, tens) \
  X(tens##0)         \
  X(tens##1) X(tens##2) X(tens##3) X(tens##4) X(tens##5) X(tens##6) X(tens##7) X(tens##8) X(tens##9)

#define DEFINE_SLICE(number)               \
  NAMED void slice_##number(long rounds) { \
    uint64_t x = state + 1##number;        \
    CHURN(x, rounds)                       \
    state = x;                             \
  }
#define POINTER(number) slice_##number,
SLICES(DEFINE_SLICE)
static void (*const slices[slice_count])(long) = {SLICES(POINTER)};

static uint64_t next_random(uint64_t* seed) {
  *seed ^= *seed << 13;
  *seed ^= *seed >> 7;
  *seed ^= *seed << 17;
  return *seed * 2685821657736338717ULL >> 32;
}

NAMED double run_slice(int which, long rounds) {
  const double start = cpu_seconds(CLOCK_THREAD_CPUTIME_ID);
  slices[which](rounds);
  return cpu_seconds(CLOCK_THREAD_CPUTIME_ID) - start;
}

int main(int argc, char** argv) {
  const double seconds = argc > 1 ? atof(argv[1]) : 1;
  uint64_t seed = (argc > 2 ? (uint64_t)atol(argv[2]) : 1) * 2862933555777941757ULL + 3037000493ULL;
  double self_s[slice_count] = {0};
  for (long turn = 0; turn < (long)(seconds * 20000); turn++) {
    int which = 0;
    for (long ticket = (long)(next_random(&seed) % chances); ticket > which; which++) ticket -= which + 1;
    const long rounds = ROUNDS_PER_MS * (10 + (long)(next_random(&seed) % 81)) / 1000;
    self_s[which] += run_slice(which, rounds);
  }
  printf("{\"functions\":{");
  for (int i = 0; i < slice_count; i++) printf("%s\"slice_%02d\":%.6f", i > 0 ? "," : "", i, self_s[i]);
  printf("},\"cpu_s\":%.6f}\n", cpu_seconds(CLOCK_PROCESS_CPUTIME_ID));
  return 0;
}

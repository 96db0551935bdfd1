// What the workloads share: functions that keep their names, a known amount of work, CPU clocks.
#pragma once

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>

#define NAMED __attribute__((noinline))

// Rounds of xorshift on `x`: work that no compiler removes and that touches no memory. About 1 ms of CPU time
// per ROUNDS_PER_MS rounds; programs measure what it really was.
#define ROUNDS_PER_MS 600000L
#define CHURN(x, rounds)                   \
  for (long i_ = 0; i_ < (rounds); i_++) { \
    (x) ^= (x) << 13;                      \
    (x) ^= (x) >> 7;                       \
    (x) ^= (x) << 17;                      \
  }

static inline double cpu_seconds(clockid_t clock) {
  struct timespec now;
  clock_gettime(clock, &now);
  return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

// Of this process with all its threads, and of the children that it has waited for, with theirs.
static inline double cpu_seconds_with_children(void) {
  struct rusage children;
  getrusage(RUSAGE_CHILDREN, &children);
  return cpu_seconds(CLOCK_PROCESS_CPUTIME_ID) +
         (double)(children.ru_utime.tv_sec + children.ru_stime.tv_sec) +
         (double)(children.ru_utime.tv_usec + children.ru_stime.tv_usec) * 1e-6;
}

// What programs measure their waiting with: seconds of a wait, or of a life, by the clocks and by the
// kernel's account of the thread.
#pragma once

#include "workload.h"

#include <fcntl.h>
#include <unistd.h>

// Where a thread's time has gone so far.
struct moment {
  double wall_s;
  double cpu_s;
  double delay_s;  // ready to run without a CPU
};

// Ready-to-run time of the calling thread, by /proc/thread-self/schedstat; 0 where the kernel keeps none.
static inline double run_delay(void) {
  char text[128];
  const int file = open("/proc/thread-self/schedstat", O_RDONLY | O_CLOEXEC);
  if (file < 0) return 0;
  const ssize_t length = read(file, text, sizeof text - 1);
  close(file);
  if (length <= 0) return 0;
  text[length] = 0;
  unsigned long long on_cpu_ns = 0, delay_ns = 0;
  if (sscanf(text, "%llu %llu", &on_cpu_ns, &delay_ns) != 2) return 0;
  return (double)delay_ns * 1e-9;
}

static inline struct moment now(void) {
  struct moment moment;
  moment.delay_s = run_delay();
  moment.cpu_s = cpu_seconds(CLOCK_THREAD_CPUTIME_ID);
  moment.wall_s = cpu_seconds(CLOCK_MONOTONIC);
  return moment;
}

// What a thread did of that time, other than run and be ready to.
static inline double waited_between(struct moment begin, struct moment end) {
  const double waited = end.wall_s - begin.wall_s - (end.cpu_s - begin.cpu_s) - (end.delay_s - begin.delay_s);
  return waited > 0 ? waited : 0;
}

static inline double waited_since(struct moment begin) { return waited_between(begin, now()); }

// Seconds by state of threads that wait for one thing only.
struct lived {
  double on_cpu_s;
  double runnable_s;
  double waited_s;
};

// Adds a thread's time since `begin`.
static inline void add_life(struct lived* sum, struct moment begin) {
  const struct moment end = now();
  sum->on_cpu_s += end.cpu_s - begin.cpu_s;
  sum->runnable_s += end.delay_s - begin.delay_s;
  sum->waited_s += waited_between(begin, end);
}

static inline void sum_lives(struct lived* sum, const struct lived* more) {
  sum->on_cpu_s += more->on_cpu_s;
  sum->runnable_s += more->runnable_s;
  sum->waited_s += more->waited_s;
}

static inline void print_lives(const struct lived* sum, const char* state) {
  printf("\"states\":{\"on_cpu\":%.6f,\"runnable\":%.6f,\"%s\":%.6f},", sum->on_cpu_s, sum->runnable_s, state,
         sum->waited_s);
}

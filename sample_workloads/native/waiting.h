// What waiting.c is made of: one job for each thread.
#pragma once

#include "lives.h"

// Adds what it waited to the sum.
static inline void sleep_us(long us, double* sum) {
  const struct timespec time = {us / 1000000, us % 1000000 * 1000};
  const struct moment start = now();
  nanosleep(&time, NULL);
  *sum += waited_since(start);
}

// One thread and its seconds by state.
struct job {
  const char* name;
  const char* state;  // what it waits for mostly
  void (*turn)(struct job*);
  double waited_s;
  double slept_s;  // besides
  double cpu_s;
  double delay_s;
  double life_s;
  struct rusage usage;
  uint64_t value;
};

static inline void close_job(struct job* job, struct moment begin) {
  const struct moment end = now();
  job->life_s = end.wall_s - begin.wall_s;
  job->cpu_s = end.cpu_s - begin.cpu_s;
  job->delay_s = end.delay_s - begin.delay_s;
  getrusage(RUSAGE_THREAD, &job->usage);
}

static inline void print_jobs(const struct job* jobs, int count) {
  printf("{\"threads\":{");
  for (int i = 0; i < count; i++) {
    const struct job* job = &jobs[i];
    printf("%s\"%s\":{\"states\":{\"on_cpu\":%.6f,\"runnable\":%.6f,\"%s\":%.6f", i == 0 ? "" : ",",
           job->name, job->cpu_s, job->delay_s, job->state, job->waited_s);
    if (job->slept_s > 0) printf(",\"sleep\":%.6f", job->slept_s);
    printf("},\"life_s\":%.6f,\"voluntary\":%ld,\"forced\":%ld}", job->life_s, job->usage.ru_nvcsw,
           job->usage.ru_nivcsw);
  }
  printf("},\"cpu_s\":%.6f}\n", cpu_seconds_with_children());
}

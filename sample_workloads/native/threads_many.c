// Many threads: THREADS that live from beginning to end, all at once, then many that live about 5 ms each.
// Build:  gcc -O2 -g -pthread threads_many.c
// Run:    threads_many [SECONDS=1] [THREADS=64]     half the work is the long-lived threads'
// Hot:    long_lived 50 %, short_lived 50 % (self)
// Stacks: thread start > long_thread > long_lived;  thread start > short_thread > short_lived
// Prints: one JSON line, CPU seconds by function (self), measured with each thread's CPU clock,
//         and the number of threads made.
#include "workload.h"

#include <pthread.h>

struct job {
  pthread_t thread;
  long rounds;
  double cpu_s;
  uint64_t result;
};

static pthread_barrier_t all_started;

NAMED uint64_t long_lived(uint64_t x, long rounds) {
  CHURN(x, rounds)
  return x;
}

NAMED uint64_t short_lived(uint64_t x, long rounds) {
  CHURN(x, rounds)
  return x + 1;
}

NAMED void* long_thread(void* argument) {
  struct job* job = argument;
  pthread_barrier_wait(&all_started);
  const double start = cpu_seconds(CLOCK_THREAD_CPUTIME_ID);
  job->result = long_lived(job->result, job->rounds);
  job->cpu_s = cpu_seconds(CLOCK_THREAD_CPUTIME_ID) - start;
  return NULL;
}

NAMED void* short_thread(void* argument) {
  struct job* job = argument;
  const double start = cpu_seconds(CLOCK_THREAD_CPUTIME_ID);
  job->result = short_lived(job->result, job->rounds);
  job->cpu_s = cpu_seconds(CLOCK_THREAD_CPUTIME_ID) - start;
  return NULL;
}

// Starts `count` threads at once, joins them, and returns the sum of their CPU seconds.
static double run_jobs(struct job* jobs, long count, long rounds, void* (*start)(void*)) {
  pthread_attr_t small;
  pthread_attr_init(&small);
  pthread_attr_setstacksize(&small, 128 * 1024);
  for (long i = 0; i < count; i++) {
    jobs[i].rounds = rounds;
    jobs[i].result = (uint64_t)i * 2654435761U + 1;
    if (pthread_create(&jobs[i].thread, &small, start, &jobs[i]) != 0) exit(1);
  }
  double cpu_s = 0;
  for (long i = 0; i < count; i++) {
    pthread_join(jobs[i].thread, NULL);
    cpu_s += jobs[i].cpu_s;
  }
  return cpu_s;
}

int main(int argc, char** argv) {
  const double seconds = argc > 1 ? atof(argv[1]) : 1;
  const long long_count = argc > 2 && atol(argv[2]) > 0 ? atol(argv[2]) : 64;
  struct job* jobs = calloc((size_t)long_count + 4, sizeof *jobs);
  const double rounds_of_half = seconds / 2 * 1000 * ROUNDS_PER_MS;

  pthread_barrier_init(&all_started, NULL, (unsigned)long_count);
  const double long_s = run_jobs(jobs, long_count, (long)(rounds_of_half / (double)long_count), long_thread);

  const long waves = (long)(seconds / 2 * 1000 / (4 * 5)) + 1;
  double short_s = 0;
  for (long wave = 0; wave < waves; wave++) {
    short_s += run_jobs(jobs, 4, (long)(rounds_of_half / (double)(4 * waves)), short_thread);
  }
  printf("{\"functions\":{\"long_lived\":%.6f,\"short_lived\":%.6f},\"cpu_s\":%.6f,\"threads\":%ld}\n",
         long_s, short_s, cpu_seconds(CLOCK_PROCESS_CPUTIME_ID), long_count + 4 * waves);
  free(jobs);
  return 0;
}

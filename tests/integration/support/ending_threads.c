// Waves of threads that end at the same moment, then two threads that work for long.
// Run: ending_threads THREADS WAVES ROUNDS     ROUNDS of work by each of the last two, and half as many at
// their end Prints one JSON line: CPU seconds of the program, of `work_for_long` and of `work_at_the_end`.
#define _GNU_SOURCE
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define NAMED __attribute__((noinline))

static pthread_barrier_t all_done;
volatile uint64_t result;

static double cpu_seconds(clockid_t clock) {
  struct timespec now;
  clock_gettime(clock, &now);
  return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static uint64_t churn(long rounds) {
  uint64_t x = 88172645463325252ULL;
  for (long i = 0; i < rounds; i++) {
    x ^= x << 13;
    x ^= x >> 7;
    x ^= x << 17;
  }
  return x;
}

NAMED void work_a_little(void) { result = churn(200000); }
NAMED void work_for_long(long rounds) { result = churn(rounds) + 1; }
NAMED void work_at_the_end(long rounds) { result = churn(rounds) + 2; }

static void* run_short(void* unused) {
  work_a_little();
  pthread_barrier_wait(&all_done);
  return unused;
}

struct job {
  long rounds;
  double long_s;
  double end_s;
};

static void* run_long(void* argument) {
  struct job* job = argument;
  work_for_long(job->rounds);
  job->long_s = cpu_seconds(CLOCK_THREAD_CPUTIME_ID);
  work_at_the_end(job->rounds / 2);
  job->end_s = cpu_seconds(CLOCK_THREAD_CPUTIME_ID) - job->long_s;
  return NULL;
}

int main(int argc, char** argv) {
  if (argc != 4) return 2;
  const unsigned count = (unsigned)atoi(argv[1]);
  pthread_t* threads = calloc(count + 2, sizeof *threads);
  pthread_attr_t small;
  pthread_attr_init(&small);
  pthread_attr_setstacksize(&small, 65536);
  for (int wave = 0; wave < atoi(argv[2]); wave++) {
    pthread_barrier_init(&all_done, NULL, count);
    for (unsigned i = 0; i < count; i++) {
      if (pthread_create(&threads[i], &small, run_short, NULL) != 0) return 3;
    }
    for (unsigned i = 0; i < count; i++) pthread_join(threads[i], NULL);
  }
  struct job jobs[2] = {{atol(argv[3]), 0, 0}, {atol(argv[3]), 0, 0}};
  for (int i = 0; i < 2; i++) {
    if (pthread_create(&threads[i], NULL, run_long, &jobs[i]) != 0) return 3;
  }
  for (int i = 0; i < 2; i++) pthread_join(threads[i], NULL);
  printf("{\"cpu_s\":%.6f,\"work_for_long_s\":%.6f,\"work_at_the_end_s\":%.6f}\n",
         cpu_seconds(CLOCK_PROCESS_CPUTIME_ID), jobs[0].long_s + jobs[1].long_s,
         jobs[0].end_s + jobs[1].end_s);
  free(threads);
  return 0;
}

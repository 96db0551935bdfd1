// Four threads spend most of their life waiting for one mutex.
// Build:  gcc -O2 -g -pthread contended_mutex.c
// Run:    contended_mutex [SECONDS=1]               SECONDS of CPU over all threads
// Hot:    inside_lock 80 %, outside_lock 20 % (self, on the CPU); the waiting costs next to no CPU
// Stacks: thread start > worker > inside_lock | outside_lock | pthread_mutex_lock
// Prints: one JSON line, CPU seconds by function (self), measured with each thread's CPU clock; "states":
//         seconds of all four threads' lives by state.
#include "lives.h"

#include <pthread.h>

enum { thread_count = 4 };

struct job {
  long turns;
  double inside_s;
  double outside_s;
  uint64_t state;
  struct lived life;
};

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
uint64_t shared_state = 88172645463325252ULL;

NAMED void inside_lock(void) {
  uint64_t x = shared_state;
  CHURN(x, 2 * ROUNDS_PER_MS)
  shared_state = x;
}

NAMED void outside_lock(struct job* job) {
  uint64_t x = job->state;
  CHURN(x, ROUNDS_PER_MS / 2)
  job->state = x;
}

NAMED void* worker(void* argument) {
  struct job* job = argument;
  const struct moment begin = now();
  for (long turn = 0; turn < job->turns; turn++) {
    pthread_mutex_lock(&mutex);
    const double start = cpu_seconds(CLOCK_THREAD_CPUTIME_ID);
    inside_lock();
    job->inside_s += cpu_seconds(CLOCK_THREAD_CPUTIME_ID) - start;
    pthread_mutex_unlock(&mutex);
    const double middle = cpu_seconds(CLOCK_THREAD_CPUTIME_ID);
    outside_lock(job);
    job->outside_s += cpu_seconds(CLOCK_THREAD_CPUTIME_ID) - middle;
  }
  add_life(&job->life, begin);
  return NULL;
}

int main(int argc, char** argv) {
  const double seconds = argc > 1 ? atof(argv[1]) : 1;
  pthread_t threads[thread_count];
  struct job jobs[thread_count];
  for (int i = 0; i < thread_count; i++) {
    jobs[i] = (struct job){.turns = (long)(seconds * 100), .state = (uint64_t)i * 7919 + 1};
    if (pthread_create(&threads[i], NULL, worker, &jobs[i]) != 0) return 1;
  }
  double inside_s = 0;
  double outside_s = 0;
  struct lived lives = {0};
  for (int i = 0; i < thread_count; i++) {
    pthread_join(threads[i], NULL);
    inside_s += jobs[i].inside_s;
    outside_s += jobs[i].outside_s;
    sum_lives(&lives, &jobs[i].life);
  }
  printf("{");
  print_lives(&lives, "lock");
  printf("\"functions\":{\"inside_lock\":%.6f,\"outside_lock\":%.6f},\"cpu_s\":%.6f}\n", inside_s, outside_s,
         cpu_seconds(CLOCK_PROCESS_CPUTIME_ID));
  return 0;
}

// Two threads at work on different things, as in a small renderer: one draws frames, one compresses them.
// Build:  gcc -O2 -g -pthread two_threads.c
// Run:    two_threads [SECONDS=2]                   SECONDS of CPU over both threads
// Hot:    shade_pixels 45 %, project_mesh 15 % (thread "render"); match_history 30 %, write_bits 10 %
//         (thread "compress"); all self
// Stacks: thread start > render_thread > render_frame > shade_pixels | project_mesh;
//         thread start > compress_thread > compress_block > match_history | write_bits
// Prints: one JSON line, CPU seconds by function (self), measured with each thread's CPU clock.
#include "workload.h"

#include <pthread.h>

struct job {
  long turns;
  double first_s;
  double second_s;
  uint64_t state;
};

#define DEFINE_WORK(name, salt)                     \
  NAMED uint64_t name(uint64_t x, double ms) {      \
    x += (salt);                                    \
    const long rounds = (long)(ms * ROUNDS_PER_MS); \
    CHURN(x, rounds)                                \
    return x;                                       \
  }
DEFINE_WORK(shade_pixels, 2)
DEFINE_WORK(project_mesh, 4)
DEFINE_WORK(match_history, 6)
DEFINE_WORK(write_bits, 8)

NAMED void render_frame(struct job* job) {
  const double start = cpu_seconds(CLOCK_THREAD_CPUTIME_ID);
  job->state = project_mesh(job->state, 1.5);
  const double middle = cpu_seconds(CLOCK_THREAD_CPUTIME_ID);
  job->state = shade_pixels(job->state, 4.5);
  job->first_s += middle - start;
  job->second_s += cpu_seconds(CLOCK_THREAD_CPUTIME_ID) - middle;
}

NAMED void compress_block(struct job* job) {
  const double start = cpu_seconds(CLOCK_THREAD_CPUTIME_ID);
  job->state = match_history(job->state, 3);
  const double middle = cpu_seconds(CLOCK_THREAD_CPUTIME_ID);
  job->state = write_bits(job->state, 1);
  job->first_s += middle - start;
  job->second_s += cpu_seconds(CLOCK_THREAD_CPUTIME_ID) - middle;
}

NAMED void* render_thread(void* argument) {
  struct job* job = argument;
  pthread_setname_np(pthread_self(), "render");
  for (long turn = 0; turn < job->turns; turn++) render_frame(job);
  return NULL;
}

NAMED void* compress_thread(void* argument) {
  struct job* job = argument;
  pthread_setname_np(pthread_self(), "compress");
  for (long turn = 0; turn < job->turns; turn++) compress_block(job);
  return NULL;
}

int main(int argc, char** argv) {
  const double seconds = argc > 1 ? atof(argv[1]) : 2;
  struct job render = {(long)(seconds * 100), 0, 0, 88172645463325252ULL};
  struct job compress = render;
  pthread_t threads[2];
  if (pthread_create(&threads[0], NULL, render_thread, &render) != 0) return 1;
  if (pthread_create(&threads[1], NULL, compress_thread, &compress) != 0) return 1;
  pthread_join(threads[0], NULL);
  pthread_join(threads[1], NULL);
  printf(
      "{\"functions\":{\"project_mesh\":%.6f,\"shade_pixels\":%.6f,\"match_history\":%.6f,"
      "\"write_bits\":%.6f},\"cpu_s\":%.6f}\n",
      render.first_s, render.second_s, compress.first_s, compress.second_s,
      cpu_seconds(CLOCK_PROCESS_CPUTIME_ID));
  return 0;
}

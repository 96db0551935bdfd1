// Threads that end at once, one after the other: their ends may be seen before the news of their births.
// Run: brief_threads THREADS
// Prints one JSON line: CPU seconds of the program, and the number of threads made.
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static void* end_at_once(void* argument) { return argument; }

int main(int argc, char** argv) {
  const long threads = argc > 1 ? atol(argv[1]) : 1000;
  for (long i = 0; i < threads; i++) {
    pthread_t thread;
    if (pthread_create(&thread, NULL, end_at_once, NULL) != 0) return 1;
    if (pthread_join(thread, NULL) != 0) return 1;
  }
  struct timespec now;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  printf("{\"cpu_s\":%f,\"threads\":%ld}\n", (double)now.tv_sec + (double)now.tv_nsec * 1e-9, threads);
  return 0;
}

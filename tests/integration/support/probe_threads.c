// Has many threads that live at the same time: each works a little, then all wait until its input ends; then
// the program prints how many there were and ends with status 7.
// Run:  probe_threads COUNT [NAME]   NAME: what the threads call themselves (its first 15 bytes)
#define _GNU_SOURCE
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <unistd.h>

volatile uint64_t sink;
static pthread_barrier_t all_worked;
static pthread_barrier_t may_end;
static const char* name;

__attribute__((noinline)) void work_a_little(void) {
  uint64_t x = sink + 1;
  for (int i = 0; i < 1200000; ++i) {
    x ^= x << 13;
    x ^= x >> 7;
    x ^= x << 17;
  }
  sink = x;
}

static void* run(void* unused) {
  if (name != NULL) prctl(PR_SET_NAME, name);
  work_a_little();
  pthread_barrier_wait(&all_worked);
  pthread_barrier_wait(&may_end);
  return unused;
}

int main(int argc, char** argv) {
  const unsigned count = argc > 1 ? (unsigned)atoi(argv[1]) : 1;
  name = argc > 2 ? argv[2] : NULL;
  pthread_barrier_init(&all_worked, NULL, count + 1);
  pthread_barrier_init(&may_end, NULL, count + 1);
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setstacksize(&attributes, 64 * 1024);
  pthread_t* threads = calloc(count, sizeof *threads);
  if (threads == NULL) return 2;
  for (unsigned i = 0; i < count; ++i) {
    if (pthread_create(&threads[i], &attributes, run, NULL) != 0) return 3;
  }
  pthread_barrier_wait(&all_worked);
  printf("ready %d\n", (int)getpid());
  fflush(stdout);
  char byte;
  while (read(STDIN_FILENO, &byte, 1) > 0) {
  }
  pthread_barrier_wait(&may_end);
  for (unsigned i = 0; i < count; ++i) pthread_join(threads[i], NULL);
  printf("ended threads=%u\n", count);
  return 7;
}

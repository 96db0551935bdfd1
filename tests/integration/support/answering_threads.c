// Threads that never stop running, for tests that look whether all of them still do: argv[2] of them. For
// each byte in the FIFO that argv[1] names, "round N" is printed once every thread has seen that it came; a
// thread that is left stopped never does. Ends with the FIFO, or with the byte 'q'.
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static atomic_long question;
static atomic_long answers;
static atomic_int over;

static void* answer(void* unused) {
  long answered = 0;
  while (!atomic_load(&over)) {
    if (atomic_load(&question) == answered) continue;
    ++answered;
    atomic_fetch_add(&answers, 1);
  }
  return unused;
}

int main(int argc, char** argv) {
  const int fifo = argc == 3 ? open(argv[1], O_RDONLY) : -1;
  const long count = argc == 3 ? atol(argv[2]) : 0;
  pthread_t* threads = calloc((size_t)count, sizeof *threads);
  if (fifo < 0 || count <= 0 || threads == NULL) return 1;
  for (long i = 0; i < count; ++i) pthread_create(&threads[i], NULL, answer, NULL);
  printf("ready\n");
  fflush(stdout);
  char byte = 0;
  while (read(fifo, &byte, 1) == 1 && byte != 'q') {
    const long round = atomic_fetch_add(&question, 1) + 1;
    while (atomic_load(&answers) < round * count) usleep(100);
    printf("round %ld\n", round);
    fflush(stdout);
  }
  atomic_store(&over, 1);
  for (long i = 0; i < count; ++i) pthread_join(threads[i], NULL);
  free(threads);
  return 0;
}

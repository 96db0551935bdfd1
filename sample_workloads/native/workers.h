// What cpu_jobs and io_jobs share: workers that are threads or processes, each with its own job.
#pragma once

#include "lives.h"

#include <pthread.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

enum { most_workers = 64 };

struct workers {
  int processes;  // whether they are processes
  long count;
  pthread_t threads[most_workers];
};

// From the arguments threads|processes [SECONDS] [WORKERS].
static inline struct workers workers_from(int argc, char** argv) {
  const long count = argc > 3 ? atol(argv[3]) : 4;
  struct workers workers = {0};
  workers.processes = argc > 1 && strcmp(argv[1], "processes") == 0;
  workers.count = count > 0 && count <= most_workers ? count : 4;
  return workers;
}

// Zeroed memory that children share.
static inline void* shared_with_children(size_t size) {
  void* memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) exit(1);
  return memory;
}

// Each worker runs `run` with its own of `jobs`, which are `size` bytes each.
NAMED static void start_workers(struct workers* workers, void* (*run)(void*), void* jobs, size_t size) {
  for (long i = 0; i < workers->count; i++) {
    void* job = (char*)jobs + (size_t)i * size;
    if (!workers->processes) {
      if (pthread_create(&workers->threads[i], NULL, run, job) != 0) exit(1);
      continue;
    }
    const pid_t child = fork();
    if (child < 0) exit(1);
    if (child == 0) {
      run(job);
      _exit(0);
    }
  }
}

static inline void join_workers(struct workers* workers) {
  for (long i = 0; i < workers->count; i++) {
    if (workers->processes ? wait(NULL) < 0 : pthread_join(workers->threads[i], NULL) != 0) exit(1);
  }
}

// Two processes and memory that they share: one fills blocks, one reads them, semaphores between.
// Build:  gcc -O2 -g -pthread shared_memory.c
// Run:    shared_memory [SECONDS=1]                 SECONDS of CPU over both processes
// Hot:    fill_block about 55 % (self, the parent), sum_block about 45 % (self, the child "consumer")
// Stacks: main > produce > fill_block | sem_wait;  main > consume > sum_block | sem_wait
// Prints: one JSON line, CPU seconds by function: "functions" self, "totals" with callees,
//         measured with each process's thread CPU clock; the consumer leaves its own in the shared memory.
#include "workload.h"

#include <semaphore.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum { block_count = 4, block_words = 64 * 1024 };

struct shared {
  sem_t empty;
  sem_t full;
  uint64_t sum;
  double fill_s;
  double sum_s;
  uint64_t blocks[block_count][block_words];
};

NAMED void fill_block(uint64_t* block, uint64_t x) {
  for (int pass = 0; pass < 72; pass++) {
    for (long i = 0; i < block_words; i++) {  // HOT: fill_block
      x = x * 6364136223846793005ULL + 1;     // HOT: fill_block
      block[i] = x;                           // HOT: fill_block
    }
  }
}

NAMED uint64_t sum_block(const uint64_t* block) {
  uint64_t sum = 0;
  for (int pass = 0; pass < 72; pass++) {
    for (long i = 0; i < block_words; i++) {  // HOT: sum_block
      sum = (sum ^ block[i]) * 31;            // HOT: sum_block
    }
  }
  return sum;
}

NAMED void produce(struct shared* shared, long turns) {
  for (long turn = 0; turn < turns; turn++) {
    while (sem_wait(&shared->empty) != 0) {
    }
    const double start = cpu_seconds(CLOCK_THREAD_CPUTIME_ID);
    fill_block(shared->blocks[turn % block_count], (uint64_t)turn);
    shared->fill_s += cpu_seconds(CLOCK_THREAD_CPUTIME_ID) - start;
    sem_post(&shared->full);
  }
}

NAMED void consume(struct shared* shared, long turns) {
  prctl(PR_SET_NAME, "consumer");
  for (long turn = 0; turn < turns; turn++) {
    while (sem_wait(&shared->full) != 0) {
    }
    const double start = cpu_seconds(CLOCK_THREAD_CPUTIME_ID);
    shared->sum += sum_block(shared->blocks[turn % block_count]);
    shared->sum_s += cpu_seconds(CLOCK_THREAD_CPUTIME_ID) - start;
    sem_post(&shared->empty);
  }
}

int main(int argc, char** argv) {
  const double seconds = argc > 1 ? atof(argv[1]) : 1;
  const int memory = memfd_create("strobe-blocks", MFD_CLOEXEC);
  if (memory < 0 || ftruncate(memory, sizeof(struct shared)) != 0) return 1;
  struct shared* shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED, memory, 0);
  if (shared == MAP_FAILED || sem_init(&shared->empty, 1, block_count) != 0 ||
      sem_init(&shared->full, 1, 0) != 0) {
    return 1;
  }
  const long turns = (long)(seconds * 100);
  const pid_t child = fork();
  if (child < 0) return 1;
  if (child == 0) {
    consume(shared, turns);
    _exit(0);
  }
  produce(shared, turns);
  if (waitpid(child, NULL, 0) != child) return 1;
  printf(
      "{\"functions\":{\"sum_block\":%.6f},\"totals\":{\"fill_block\":%.6f,\"sum_block\":%.6f},"
      "\"cpu_s\":%.6f,\"processes\":2,\"sum\":\"%llx\"}\n",
      shared->sum_s, shared->fill_s, shared->sum_s, cpu_seconds_with_children(),
      (unsigned long long)shared->sum);
  return 0;
}

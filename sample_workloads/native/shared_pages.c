// Memory that several processes share on purpose: resident in each of them, there once.
// Build:  gcc -O2 -g shared_pages.c
// Run:    shared_pages [SECONDS=1]                  SECONDS of CPU over all processes
// Hot:    hold, in three children and their parent
// Memory: 32 MiB of shared memory, read by four processes (RSS 128 MiB, PSS 32 MiB together, all of kind
//         shmem), and 8 MiB of its own in each (32 MiB together in both)
// Prints: one JSON line: "memory", bytes by what they are; CPU seconds of all processes
#include "workload.h"

#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum { shared_size = 32 << 20, own_size = 8 << 20, page_size = 4096, processes = 4 };

NAMED uint64_t hold(uint64_t x, double seconds) {
  const double end = cpu_seconds(CLOCK_THREAD_CPUTIME_ID) + seconds;
  while (cpu_seconds(CLOCK_THREAD_CPUTIME_ID) < end) {
    CHURN(x, ROUNDS_PER_MS)  // HOT: hold
  }
  return x;
}

NAMED uint64_t read_shared(const unsigned char* shared) {
  uint64_t sum = 1;
  for (long i = 0; i < shared_size; i += page_size) sum += shared[i];
  return sum;
}

NAMED unsigned char* fill_own(void) {
  unsigned char* own = mmap(NULL, own_size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (own != MAP_FAILED) memset(own, 1, own_size);
  return own;
}

static int work(const unsigned char* shared, double seconds) {
  const uint64_t sum = read_shared(shared);
  const unsigned char* own = fill_own();
  if (own == MAP_FAILED) return 1;
  return hold(sum + own[0], seconds) == 0;
}

int main(int argc, char** argv) {
  const double seconds = argc > 1 ? atof(argv[1]) : 1;
  unsigned char* shared = mmap(NULL, shared_size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (shared == MAP_FAILED) return 1;
  memset(shared, 1, shared_size);
  for (int i = 1; i < processes; i++) {
    const pid_t child = fork();
    if (child < 0) return 1;
    if (child == 0) {
      prctl(PR_SET_NAME, "reader");
      _exit(work(shared, seconds / processes));
    }
  }
  int failures = work(shared, seconds / processes);
  for (int i = 1; i < processes; i++) {
    int status = 0;
    if (wait(&status) < 0 || status != 0) failures++;
  }
  printf(
      "{\"memory\":{\"shared\":%d,\"own\":%d,\"shmem_of_each\":%d,\"rss_of_all\":%d,\"pss_of_all\":%d},"
      "\"cpu_s\":%.6f,\"processes\":%d}\n",
      shared_size, own_size, shared_size, processes * (shared_size + own_size),
      shared_size + processes * own_size, cpu_seconds_with_children(), processes);
  return failures;
}

// A parent and its forked child, who share every page until one writes: what is resident twice, and what it
// costs in truth (RSS against PSS).
// Build:  gcc -O2 -g copy_on_write.c
// Run:    copy_on_write [SECONDS=1]                 SECONDS of CPU, half of them before the child writes
// Hot:    hold about all of it, in the child
// Memory: the parent fills 64 MiB; with the child both have them resident (RSS 128 MiB) and share them (PSS
//         64 MiB); then the child writes to a half of them and has its own copies (PSS 96 MiB)
// Prints: one JSON line: "memory", bytes by what they are; CPU seconds of all processes
#include "workload.h"

#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum { size = 64 << 20, page_size = 4096 };

NAMED uint64_t hold(uint64_t x, double seconds) {
  const double end = cpu_seconds(CLOCK_THREAD_CPUTIME_ID) + seconds;
  while (cpu_seconds(CLOCK_THREAD_CPUTIME_ID) < end) {
    CHURN(x, ROUNDS_PER_MS)  // HOT: hold
  }
  return x;
}

NAMED void fill(unsigned char* memory) {
  for (long i = 0; i < size; i += page_size) memory[i] = 1;
}

NAMED void copy_half(unsigned char* memory) {
  for (long i = 0; i < size / 2; i += page_size) memory[i] = 2;
}

int main(int argc, char** argv) {
  const double seconds = argc > 1 ? atof(argv[1]) : 1;
  unsigned char* memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) return 1;
  madvise(memory, size, MADV_NOHUGEPAGE);  // or one byte written would copy two megabytes
  fill(memory);
  const pid_t child = fork();
  if (child < 0) return 1;
  if (child == 0) {
    prctl(PR_SET_NAME, "copier");
    uint64_t x = hold(1, seconds / 2);
    copy_half(memory);
    x = hold(x, seconds / 2);
    _exit(x == 0);
  }
  int status = 0;
  if (waitpid(child, &status, 0) != child || status != 0) return 1;
  printf(
      "{\"memory\":{\"filled\":%d,\"copied\":%d,\"rss_peak\":%d,\"pss_shared\":%d,\"pss_peak\":%d},"
      "\"cpu_s\":%.6f,\"processes\":2}\n",
      size, size / 2, 2 * size, size, size + size / 2, cpu_seconds_with_children());
  return 0;
}

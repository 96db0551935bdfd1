// Reads a device byte by byte: most of the time goes to the kernel, on behalf of one user function.
// Build:  gcc -O2 -g one_byte_reads.c
// Run:    one_byte_reads [SECONDS=1]
// Hot:    read_bytes about 80 % (total; most of it in the kernel), think about 20 % (self)
// Stacks: main > read_bytes > read > (kernel);  main > think
// Prints: one JSON line, CPU seconds: "functions" self, "totals" user and kernel mode together; user_s and
//         system_s as the kernel accounts them.
#include "workload.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

uint64_t state = 88172645463325252ULL;

NAMED void read_bytes(int fd, long count) {
  char byte;
  for (long i = 0; i < count; i++) {
    if (read(fd, &byte, 1) == 1) state += (unsigned char)byte;
  }
}

NAMED void think(void) {
  uint64_t x = state | 1;
  CHURN(x, 2 * ROUNDS_PER_MS)
  state = x;
}

static double seconds_of(struct timeval value) { return (double)value.tv_sec + (double)value.tv_usec * 1e-6; }

int main(int argc, char** argv) {
  const double seconds = argc > 1 ? atof(argv[1]) : 1;
  const int fd = open("/dev/zero", O_RDONLY);
  if (fd < 0) return 1;
  double read_s = 0;
  double think_s = 0;
  for (long turn = 0; turn < (long)(seconds * 100); turn++) {
    const double start = cpu_seconds(CLOCK_THREAD_CPUTIME_ID);
    read_bytes(fd, 40000);
    const double middle = cpu_seconds(CLOCK_THREAD_CPUTIME_ID);
    think();
    read_s += middle - start;
    think_s += cpu_seconds(CLOCK_THREAD_CPUTIME_ID) - middle;
  }
  struct rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  printf(
      "{\"functions\":{\"think\":%.6f},\"totals\":{\"read_bytes\":%.6f},\"cpu_s\":%.6f,\"user_s\":%.6f,"
      "\"system_s\":%.6f}\n",
      think_s, read_s, cpu_seconds(CLOCK_PROCESS_CPUTIME_ID), seconds_of(usage.ru_utime),
      seconds_of(usage.ru_stime));
  return 0;
}

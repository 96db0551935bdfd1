// A mapped file of which a quarter is read: mapping costs nothing, reading makes resident, and memory of a
// file is not the program's own.
// Build:  gcc -O2 -g file_in_part.c
// Run:    file_in_part [SECONDS=1]
// Hot:    hold about all of it
// Memory: 64 MiB mapped, 16 MiB of it resident (file); 24 MiB of its own, of which 8 MiB are given back
// Prints: one JSON line: "memory", bytes by what they are; CPU seconds
#include "workload.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum {
  file_size = 64 << 20,
  read_size = 16 << 20,
  own_size = 24 << 20,
  freed_size = 8 << 20,
  page_size = 4096
};

NAMED uint64_t hold(uint64_t x, double seconds) {
  const double end = cpu_seconds(CLOCK_THREAD_CPUTIME_ID) + seconds;
  while (cpu_seconds(CLOCK_THREAD_CPUTIME_ID) < end) {
    CHURN(x, ROUNDS_PER_MS)  // HOT: hold
  }
  return x;
}

NAMED uint64_t read_quarter(const unsigned char* data) {
  uint64_t sum = 1;
  for (long i = 0; i < read_size; i += page_size) sum += data[i];
  return sum;
}

// The file has no name: it is gone when the program is.
static int make_file(void) {
  FILE* file = tmpfile();
  if (file == NULL) return -1;
  unsigned char page[page_size];
  memset(page, 7, sizeof page);
  for (long i = 0; i < file_size / page_size; i++) {
    if (fwrite(page, sizeof page, 1, file) != 1) return -1;
  }
  return fflush(file) == 0 ? fileno(file) : -1;
}

int main(int argc, char** argv) {
  const double seconds = argc > 1 ? atof(argv[1]) : 1;
  const int fd = make_file();
  if (fd < 0) return 1;
  const unsigned char* data = mmap(NULL, file_size, PROT_READ, MAP_SHARED, fd, 0);
  unsigned char* own = mmap(NULL, own_size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (data == MAP_FAILED || own == MAP_FAILED) return 1;
  uint64_t x = read_quarter(data);
  memset(own, 1, own_size);
  x = hold(x, seconds / 2);
  munmap(own, freed_size);
  x = hold(x, seconds / 2);
  printf(
      "{\"memory\":{\"mapped\":%d,\"read\":%d,\"own_peak\":%d,\"own_end\":%d},\"cpu_s\":%.6f,\"sum\":\"%"
      "llx\"}\n",
      file_size, read_size, own_size, own_size - freed_size, cpu_seconds(CLOCK_PROCESS_CPUTIME_ID),
      (unsigned long long)x);
  return 0;
}

// A file mapped into memory: read in order, read at random, and mapped anew so that every page faults.
// Build:  gcc -O2 -g mapped_file.c
// Run:    mapped_file [SECONDS=1]
// Hot:    probe_randomly about 1/2 (self), touch_pages about 1/4 (total, most of it page faults in the
//         kernel), sum_in_order about 1/8 (self)
// Stacks: main > probe_randomly | sum_in_order;  main > touch_pages > (page fault, kernel)
// Prints: one JSON line, CPU seconds by function: "functions" self, "totals" with callees.
#include "workload.h"

#include <sys/mman.h>
#include <unistd.h>

enum { file_size = 32 << 20, page_size = 4096, words = file_size / 8 };

NAMED uint64_t sum_in_order(const uint64_t* data) {
  uint64_t sum = 0;
  for (long i = 0; i < words; i++) sum = (sum ^ data[i]) + 1;  // HOT: sum_in_order
  return sum;
}

// The time of a slow load shows where its value is waited for: at the instruction behind it.
NAMED uint64_t probe_randomly(const uint64_t* data, long count, uint64_t x) {
  for (long i = 0; i < count; i++) {                          // HOT: probe_randomly
    x = x * 6364136223846793005ULL + 1442695040888963407ULL;  // HOT: probe_randomly
    x ^= data[(x >> 33) % words];                             // HOT: probe_randomly
  }
  return x;
}

NAMED uint64_t touch_pages(const unsigned char* data) {
  uint64_t sum = 0;
  for (long i = 0; i < file_size; i += page_size) sum += data[i];  // HOT: touch_pages
  return sum;
}

// The file has no name: it is gone when the program is.
static int make_file(void) {
  FILE* file = tmpfile();
  if (file == NULL) return -1;
  uint64_t block[page_size / 8];
  uint64_t x = 88172645463325252ULL;
  for (long page = 0; page < file_size / page_size; page++) {
    for (size_t i = 0; i < page_size / 8; i++) {
      CHURN(x, 1)
      block[i] = x;
    }
    if (fwrite(block, sizeof block, 1, file) != 1) return -1;
  }
  return fflush(file) == 0 ? fileno(file) : -1;
}

int main(int argc, char** argv) {
  const double seconds = argc > 1 ? atof(argv[1]) : 1;
  const int fd = make_file();
  if (fd < 0) return 1;
  double order_s = 0;
  double random_s = 0;
  double touch_s = 0;
  uint64_t sum = 1;
  for (long turn = 0; turn < (long)(seconds * 40); turn++) {
    void* data = mmap(NULL, file_size, PROT_READ, MAP_SHARED, fd, 0);
    if (data == MAP_FAILED) return 1;
    const double start = cpu_seconds(CLOCK_THREAD_CPUTIME_ID);
    sum += touch_pages(data);
    const double touched = cpu_seconds(CLOCK_THREAD_CPUTIME_ID);
    sum ^= sum_in_order(data);
    const double summed = cpu_seconds(CLOCK_THREAD_CPUTIME_ID);
    sum = probe_randomly(data, 60000, sum);
    touch_s += touched - start;
    order_s += summed - touched;
    random_s += cpu_seconds(CLOCK_THREAD_CPUTIME_ID) - summed;
    munmap(data, file_size);
  }
  printf(
      "{\"functions\":{\"sum_in_order\":%.6f,\"probe_randomly\":%.6f},\"totals\":{\"touch_pages\":%.6f,"
      "\"sum_in_order\":%.6f,\"probe_randomly\":%.6f},\"cpu_s\":%.6f,\"sum\":\"%llx\"}\n",
      order_s, random_s, touch_s, order_s, random_s, cpu_seconds(CLOCK_PROCESS_CPUTIME_ID),
      (unsigned long long)sum);
  return 0;
}

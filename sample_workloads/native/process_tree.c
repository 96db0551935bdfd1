// A tree of processes: every node works, then starts two children, one by fork alone, one by fork and exec.
// Build:  gcc -O2 -g process_tree.c
// Run:    process_tree [SECONDS=1] [DEPTH=3]        2^(DEPTH+1) - 1 processes, SECONDS shared out evenly
// Hot:    root_work 1 part; forked_work and execed_work half of the rest each (self)
// Stacks: main > run_node > root_work | forked_work | execed_work; deeper in forked children
// Prints: one JSON line, CPU seconds by function (self) over the whole tree, measured with each process's
//         thread CPU clock; children report through an inherited pipe.
#include "workload.h"

#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum kind { root, forked, execed, kind_count };

struct report {
  double cpu_s;
  int kind;
};

uint64_t state = 88172645463325252ULL;

#define DEFINE_WORK(name, salt)  \
  NAMED void name(long rounds) { \
    uint64_t x = state + (salt); \
    CHURN(x, rounds)             \
    state = x;                   \
  }
DEFINE_WORK(root_work, 2)
DEFINE_WORK(forked_work, 4)
DEFINE_WORK(execed_work, 6)

// argv of an execed node: name, rounds, depth, kind, descriptor of the pipe.
NAMED void run_node(const char* self, long rounds, int depth, int kind, int pipe_fd) {
  static void (*const work[kind_count])(long) = {root_work, forked_work, execed_work};
  const double start = cpu_seconds(CLOCK_THREAD_CPUTIME_ID);
  work[kind](rounds);
  const struct report mine = {cpu_seconds(CLOCK_THREAD_CPUTIME_ID) - start, kind};
  if (write(pipe_fd, &mine, sizeof mine) != (ssize_t)sizeof mine) _exit(1);
  if (depth == 0) return;
  if (fork() == 0) {
    run_node(self, rounds, depth - 1, forked, pipe_fd);
    _exit(0);
  }
  if (fork() == 0) {
    char text[3][24];
    snprintf(text[0], sizeof text[0], "%ld", rounds);
    snprintf(text[1], sizeof text[1], "%d", depth - 1);
    snprintf(text[2], sizeof text[2], "%d", pipe_fd);
    execl(self, "process_tree_child", text[0], text[1], "execed", text[2], (char*)NULL);
    _exit(127);
  }
  while (wait(NULL) > 0) {
  }
}

int main(int argc, char** argv) {
  if (argc == 5 && strcmp(argv[3], "execed") == 0) {
    run_node("/proc/self/exe", atol(argv[1]), atoi(argv[2]), execed, atoi(argv[4]));
    return 0;
  }
  const double seconds = argc > 1 ? atof(argv[1]) : 1;
  const int depth = argc > 2 && atoi(argv[2]) >= 0 && atoi(argv[2]) < 8 ? atoi(argv[2]) : 3;
  const long nodes = (1L << (depth + 1)) - 1;
  int ends[2];
  if (pipe(ends) != 0) return 1;
  run_node("/proc/self/exe", (long)(seconds * 1000 * ROUNDS_PER_MS / (double)nodes), depth, root, ends[1]);
  close(ends[1]);
  double cpu_s[kind_count] = {0};
  struct report one;
  while (read(ends[0], &one, sizeof one) == (ssize_t)sizeof one) cpu_s[one.kind] += one.cpu_s;
  printf(
      "{\"functions\":{\"root_work\":%.6f,\"forked_work\":%.6f,\"execed_work\":%.6f},\"cpu_s\":%.6f,"
      "\"processes\":%ld}\n",
      cpu_s[root], cpu_s[forked], cpu_s[execed], cpu_seconds_with_children(), nodes);
  return 0;
}

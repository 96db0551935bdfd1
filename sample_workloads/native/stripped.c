// A program without .symtab and debug information: a name is known only where .dynsym has it.
// Build:  gcc -O2 -rdynamic -s stripped.c
// Run:    stripped [SECONDS=1]
// Hot:    exported_work 60 % (named: it is in .dynsym), hidden work 40 % (nameless; must not be called by
//         the name of its neighbour)
// Stacks: main > exported_work | (no name)
// Prints: one JSON line, CPU seconds by function (self); the nameless one under "hidden_s".
#include "workload.h"

uint64_t state = 88172645463325252ULL;

NAMED void exported_work(void) {
  uint64_t x = state;
  CHURN(x, 6 * ROUNDS_PER_MS)
  state = x;
}

NAMED static void hidden_work(void) {
  uint64_t x = state;
  CHURN(x, 4 * ROUNDS_PER_MS)
  state = x;
}

int main(int argc, char** argv) {
  const double seconds = argc > 1 ? atof(argv[1]) : 1;
  double exported_s = 0;
  double hidden_s = 0;
  for (long turn = 0; turn < (long)(seconds * 100); turn++) {
    const double start = cpu_seconds(CLOCK_THREAD_CPUTIME_ID);
    exported_work();
    const double middle = cpu_seconds(CLOCK_THREAD_CPUTIME_ID);
    hidden_work();
    exported_s += middle - start;
    hidden_s += cpu_seconds(CLOCK_THREAD_CPUTIME_ID) - middle;
  }
  printf("{\"functions\":{\"exported_work\":%.6f},\"hidden_s\":%.6f,\"cpu_s\":%.6f}\n", exported_s, hidden_s,
         cpu_seconds(CLOCK_PROCESS_CPUTIME_ID));
  return 0;
}

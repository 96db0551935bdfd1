// Work in a signal handler, on top of the function that was interrupted.
// Build:  gcc -O2 -g signal_handler.c
// Run:    signal_handler [SECONDS=1] [altstack]     "altstack": the handler runs on a stack of its own
// Hot:    handler_work 60 %, normal_work 40 % (self)
// Stacks: main > normal_turn > normal_work;
//         main > normal_turn > raise > ... > (signal frame) > on_signal > handler_work
// Prints: one JSON line, CPU seconds by function: "functions" self, "totals" with callees.
#include "workload.h"

#include <signal.h>

uint64_t state = 88172645463325252ULL;
double handler_s;
double normal_s;

NAMED void handler_work(void) {
  uint64_t x = state;
  CHURN(x, 6 * ROUNDS_PER_MS)
  state = x;
}

NAMED void normal_work(void) {
  uint64_t x = state + 2;
  CHURN(x, 4 * ROUNDS_PER_MS)
  state = x;
}

NAMED void on_signal(int number) {
  (void)number;
  const double start = cpu_seconds(CLOCK_THREAD_CPUTIME_ID);
  handler_work();
  handler_s += cpu_seconds(CLOCK_THREAD_CPUTIME_ID) - start;
}

NAMED void normal_turn(void) {
  const double start = cpu_seconds(CLOCK_THREAD_CPUTIME_ID);
  normal_work();
  normal_s += cpu_seconds(CLOCK_THREAD_CPUTIME_ID) - start;
  if (raise(SIGUSR1) != 0) abort();  // no tail call: this function is on the handler's stack
}

int main(int argc, char** argv) {
  const double seconds = argc > 1 ? atof(argv[1]) : 1;
  struct sigaction action = {.sa_handler = on_signal};
  if (argc > 2) {
    const stack_t stack = {.ss_sp = malloc(64 * 1024), .ss_size = 64 * 1024};
    sigaltstack(&stack, NULL);
    action.sa_flags = SA_ONSTACK;
  }
  sigaction(SIGUSR1, &action, NULL);
  for (long turn = 0; turn < (long)(seconds * 100); turn++) normal_turn();
  printf(
      "{\"functions\":{\"handler_work\":%.6f,\"normal_work\":%.6f},\"totals\":{\"on_signal\":%.6f,"
      "\"normal_turn\":%.6f},\"cpu_s\":%.6f}\n",
      handler_s, normal_s, handler_s, handler_s + normal_s, cpu_seconds(CLOCK_PROCESS_CPUTIME_ID));
  return 0;
}

// Uses CPU time, 50 ms at least, and counts the signals it gets, one line each, until it reads "end" (or the
// end of its input) or has taken the seconds of its second argument; then it prints the counts and ends with
// status 7. Run:  probe_signals count|ignore|default [SECONDS]
//   count    handlers for INT, QUIT, TERM, HUP and CONT
//   ignore   INT and QUIT are ignored
//   default  nothing is handled: a signal does what it usually does
#define _GNU_SOURCE
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static const int kSignals[] = {SIGINT, SIGQUIT, SIGTERM, SIGHUP, SIGCONT};
static const char* const kNames[] = {"INT", "QUIT", "TERM", "HUP", "CONT"};
enum { kCount = sizeof kSignals / sizeof kSignals[0] };

static volatile sig_atomic_t counts[kCount];
volatile uint64_t sink;

static void count(int number) {
  for (int i = 0; i < kCount; ++i) {
    if (kSignals[i] == number) counts[i] = counts[i] + 1;
  }
}

__attribute__((noinline)) void burn_a_millisecond(void) {
  uint64_t x = sink + 1;
  for (int i = 0; i < 600000; ++i) {
    x ^= x << 13;
    x ^= x >> 7;
    x ^= x << 17;
  }
  sink = x;
}

static int asked_to_end(void) {
  struct pollfd input = {STDIN_FILENO, POLLIN, 0};
  if (poll(&input, 1, 0) != 1) return 0;
  char text[64] = "";
  const ssize_t size = read(STDIN_FILENO, text, sizeof text - 1);
  return size <= 0 || strstr(text, "end") != NULL;
}

static double cpu_seconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static void say_news(int* said) {
  for (int i = 0; i < kCount; ++i) {
    while (said[i] < counts[i]) printf("got %s %d\n", kNames[i], ++said[i]);
  }
}

int main(int argc, char** argv) {
  if (argc < 2) return 2;
  const double seconds = argc > 2 ? atof(argv[2]) : 0;
  for (int i = 0; i < kCount && strcmp(argv[1], "count") == 0; ++i) {
    struct sigaction action = {.sa_handler = count, .sa_flags = SA_RESTART};
    sigaction(kSignals[i], &action, NULL);
  }
  if (strcmp(argv[1], "ignore") == 0) {
    signal(SIGINT, SIG_IGN);
    signal(SIGQUIT, SIG_IGN);
  }
  setvbuf(stdout, NULL, _IOLBF, 0);
  printf("ready %d\n", (int)getpid());
  int said[kCount] = {0};
  while (cpu_seconds() < (seconds > 0 ? seconds : 0.05) || (seconds == 0 && !asked_to_end())) {
    burn_a_millisecond();
    say_news(said);
  }
  say_news(said);
  printf("ended");
  for (int i = 0; i < kCount; ++i) printf(" %s=%d", kNames[i], (int)counts[i]);
  printf("\n");
  return 7;
}

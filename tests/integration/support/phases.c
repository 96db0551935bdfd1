// A program that does other work after every SIGUSR2, for tests that change something in between. It prints
// "phase N PID" when phase N has begun, and at the end its CPU seconds with its thread and child.
//   steady   phases 0, 1, 2 do first_work, second_work, third_work; phase 1 begins with the birth of a thread
//   and
//            a child that work in born_thread_work and born_child_work to the end. Phase 3 is the end.
//   wide     the same phases, but first_work calls down a path of 60 functions that is another one every time
#define _GNU_SOURCE
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define NAMED __attribute__((noinline, noclone))

static atomic_int phase;
static int wide;
static uint64_t random_state = 88172645463325252ULL;

static void go_on(int number) {
  (void)number;
  atomic_fetch_add(&phase, 1);
}

static void burn(int rounds) {
  volatile uint64_t x = 1;
  for (int i = 0; i < rounds; i++) x = x * 5 + 1;
}

NAMED void path_left(int depth, uint64_t turns);
NAMED void path_right(int depth, uint64_t turns) {
  if (depth == 0) {
    burn(20000);
  } else if (turns & 1) {
    path_left(depth - 1, turns >> 1);
  } else {
    path_right(depth - 1, turns >> 1);
  }
  __asm__ volatile("");  // no tail call
}
NAMED void path_left(int depth, uint64_t turns) {
  if (depth == 0) {
    burn(20000);
  } else if (turns & 1) {
    path_left(depth - 1, turns >> 1);
  } else {
    path_right(depth - 1, turns >> 1);
  }
  __asm__ volatile("");
}

static uint64_t next_random(void) {
  random_state ^= random_state << 13;
  random_state ^= random_state >> 7;
  random_state ^= random_state << 17;
  return random_state;
}

#define DEFINE_WORK(name, until)              \
  NAMED void name(void) {                     \
    while (atomic_load(&phase) < (until)) {   \
      if (wide) path_left(60, next_random()); \
      if (!wide) burn(100000);                \
    }                                         \
    __asm__ volatile("");                     \
  }
DEFINE_WORK(first_work, 1)
DEFINE_WORK(second_work, 2)
DEFINE_WORK(third_work, 3)

NAMED void born_thread_work(void) {
  while (atomic_load(&phase) < 3) burn(100000);
  __asm__ volatile("");
}
NAMED void born_child_work(void) {
  for (;;) burn(100000);
}

static void* be_born(void* unused) {
  (void)unused;
  born_thread_work();
  return NULL;
}

static double seconds_of(int who) {
  struct rusage usage;
  getrusage(who, &usage);
  return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
         (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * 1e-6;
}

static void say(int number) {
  printf("phase %d %d\n", number, (int)getpid());
  fflush(stdout);
}

int main(int argc, char** argv) {
  wide = argc > 1 && strcmp(argv[1], "wide") == 0;
  signal(SIGUSR2, go_on);
  say(0);
  first_work();
  const pid_t child = fork();
  if (child == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    signal(SIGUSR2, SIG_DFL);
    born_child_work();
  }
  pthread_t thread;
  pthread_create(&thread, NULL, be_born, NULL);
  say(1);
  second_work();
  say(2);
  third_work();
  pthread_join(thread, NULL);
  kill(child, SIGTERM);
  waitpid(child, NULL, 0);
  printf("{\"own_s\":%.6f,\"child_s\":%.6f}\n", seconds_of(RUSAGE_SELF), seconds_of(RUSAGE_CHILDREN));
  return 0;
}

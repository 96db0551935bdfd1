// A program with children of every kind; each kind does SECONDS of CPU time under a function name of its own.
//   kinds SECONDS  fork, vfork and exec, posix_spawn, clone sharing memory, clone3, an orphan in its own
//   session,
//                  and a chain of four forks whose last one executes; prints how many processes there were
//   reuse SECONDS  (as root of a pid namespace of its own) two children, one after the other, with the same
//                  id, and two threads likewise; status 3 where ids cannot be chosen, 4 where others came
//   short N        N children with half of half a millisecond in first_half and the rest in second_half;
//   prints
//                  the CPU seconds of both
//   work NAME SECONDS  does one function's work: what the others execute
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/sched.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define NAMED __attribute__((noinline, noclone))

static const char kSelf[] = "/proc/self/exe";
static char seconds_text[32];
static double seconds;

static double thread_seconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

// Returns the CPU time that it used. `rounds`: how often it looks at the clock, a system call of its own.
#define DEFINE_WORK(name, rounds)                       \
  NAMED double name(double amount) {                    \
    volatile uint64_t x = 88172645463325252ULL;         \
    const double start = thread_seconds();              \
    double now = start;                                 \
    while (now < start + amount) {                      \
      for (int i = 0; i < (rounds); i++) x = x * 5 + 1; \
      now = thread_seconds();                           \
    }                                                   \
    return now - start;                                 \
  }
DEFINE_WORK(forked_work, 200000)
DEFINE_WORK(vforked_work, 200000)
DEFINE_WORK(spawned_work, 200000)
DEFINE_WORK(cloned_work, 200000)
DEFINE_WORK(cloned3_work, 200000)
DEFINE_WORK(orphaned_work, 200000)
DEFINE_WORK(chained_work, 200000)
DEFINE_WORK(first_life, 200000)
DEFINE_WORK(second_life, 200000)
DEFINE_WORK(first_thread, 200000)
DEFINE_WORK(second_thread, 200000)
DEFINE_WORK(before_both, 5000)
DEFINE_WORK(first_half, 5000)
DEFINE_WORK(second_half, 5000)

static void collect(pid_t child) {
  int status = 0;
  if (child < 0 || waitpid(child, &status, __WALL) != child || status != 0) exit(1);
}

static int run_cloned(void* unused) {
  (void)unused;
  cloned_work(seconds);
  return 0;
}

static pid_t clone3_process(pid_t wanted) {
  struct clone_args arguments;
  memset(&arguments, 0, sizeof arguments);
  arguments.exit_signal = SIGCHLD;
  if (wanted != 0) {
    arguments.set_tid = (uint64_t)(uintptr_t)&wanted;
    arguments.set_tid_size = 1;
  }
  return (pid_t)syscall(SYS_clone3, &arguments, sizeof arguments);
}

static void chain(int depth) {
  if (depth == 0) {
    execl(kSelf, "children_target", "work", "chained", seconds_text, (char*)NULL);
    _exit(127);
  }
  const pid_t child = fork();
  if (child == 0) chain(depth - 1);
  int status = 0;
  if (waitpid(child, &status, 0) != child || status != 0) _exit(1);
  if (depth < 4) _exit(0);
}

static int kinds(void) {
  pid_t child = fork();
  if (child == 0) _exit(forked_work(seconds) > 0 ? 0 : 1);
  collect(child);

  child = vfork();
  if (child == 0) {
    execl(kSelf, "children_target", "work", "vforked", seconds_text, (char*)NULL);
    _exit(127);
  }
  collect(child);

  char name[] = "children_target", work[] = "work", spawned[] = "spawned";
  char* arguments[] = {name, work, spawned, seconds_text, NULL};
  if (posix_spawn(&child, kSelf, NULL, NULL, arguments, NULL) != 0) return 1;
  collect(child);

  // Another process in the same address space, and one that ends without a signal.
  const size_t stack_size = 1 << 16;
  char* stack = mmap(NULL, stack_size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  collect(clone(run_cloned, stack + stack_size, CLONE_VM, NULL));

  child = clone3_process(0);
  if (child == 0) _exit(cloned3_work(seconds) > 0 ? 0 : 1);
  collect(child);

  // The pipe ends with its last holder, the orphan: so this program outlives it.
  int ends[2];
  char byte;
  if (pipe(ends) != 0) return 1;
  child = fork();
  if (child == 0) {
    setsid();
    if (fork() != 0) _exit(0);
    close(ends[0]);
    _exit(orphaned_work(seconds) > 0 ? 0 : 1);
  }
  collect(child);
  close(ends[1]);
  if (read(ends[0], &byte, 1) != 0) return 1;

  chain(4);
  printf("{\"processes\":%d}\n", 1 + 5 + 2 + 4);
  return 0;
}

static void ask_for_next_id(pid_t id) {
  const int file = open("/proc/sys/kernel/ns_last_pid", O_WRONLY);
  if (file < 0 || dprintf(file, "%d", (int)id - 1) < 0) exit(3);
  close(file);
}

// NULL where it has another id than wanted: then it does nothing.
static void* run_thread(void* second) {
  if (gettid() != 7000) return NULL;
  (second != NULL ? second_thread : first_thread)(seconds);
  return seconds_text;
}

static int reuse(void) {
  for (int life = 0; life < 2; life++) {
    const pid_t child = clone3_process(5000);
    if (child == 0) _exit((life == 0 ? first_life : second_life)(seconds) > 0 ? 0 : 1);
    if (child < 0) return 3;
    collect(child);
  }
  for (int life = 0; life < 2; life++) {
    // An id is free only a little after the thread was joined: when the kernel is through with it.
    void* done = NULL;
    for (int attempt = 0; done == NULL; attempt++) {
      pthread_t thread;
      ask_for_next_id(7000);
      if (pthread_create(&thread, NULL, run_thread, life == 0 ? NULL : seconds_text) != 0) return 3;
      pthread_join(thread, &done);
      if (attempt == 1000) return 4;
    }
  }
  return 0;
}

static int short_lives(int count) {
  double* used = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  for (int i = 0; i < count; i++) {
    const pid_t child = fork();
    if (child == 0) {
      used[2] += before_both(1e-6);  // page faults after the fork, some of which no clock of ours sees
      used[0] += first_half(0.00025);
      used[1] += second_half(0.00025);
      _exit(0);
    }
    collect(child);
  }
  printf("{\"first_half\":%.6f,\"second_half\":%.6f}\n", used[0], used[1]);
  return 0;
}

static int work(const char* name) {
  static const struct {
    const char* name;
    double (*run)(double);
  } kWork[] = {{"vforked", vforked_work}, {"spawned", spawned_work}, {"chained", chained_work}};
  for (size_t i = 0; i < sizeof kWork / sizeof kWork[0]; i++) {
    if (strcmp(name, kWork[i].name) == 0) return kWork[i].run(seconds) > 0 ? 0 : 1;
  }
  return 2;
}

int main(int argc, char** argv) {
  if (argc < 3) return 2;
  snprintf(seconds_text, sizeof seconds_text, "%s", argv[argc - 1]);
  seconds = atof(seconds_text);
  if (strcmp(argv[1], "kinds") == 0) return kinds();
  if (strcmp(argv[1], "reuse") == 0) return reuse();
  if (strcmp(argv[1], "short") == 0) return short_lives(atoi(argv[2]));
  if (strcmp(argv[1], "work") == 0 && argc == 4) return work(argv[2]);
  return 2;
}

// A program to attach to. It prints "ready" when it is in the state that its first argument names, and goes
// on at SIGUSR1, for which its main thread waits with the signal blocked.
//   grow     busy; after the signal a thread, a forked child and the child's thread are born and work
//   blocked  one thread busy, the others blocked in system calls that a stop would interrupt, until the
//   signal;
//            prints {"blocked":…,"interrupted":…}: how many threads blocked, how many calls returned EINTR
//   churn N  N times a child by fork that executes this program again and ends; then it executes itself and
//   ends
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ipc.h>
#include <sys/sem.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define NAMED __attribute__((noinline, noclone))

static double thread_seconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

// Uses so much CPU time of the calling thread under a name of its own.
#define DEFINE_WORK(name)                             \
  NAMED void name(double seconds) {                   \
    volatile uint64_t x = 88172645463325252ULL;       \
    const double end = thread_seconds() + seconds;    \
    while (thread_seconds() < end) {                  \
      for (int i = 0; i < 200000; i++) x = x * 5 + 1; \
    }                                                 \
  }
DEFINE_WORK(early_work)
DEFINE_WORK(late_thread_work)
DEFINE_WORK(late_child_work)
DEFINE_WORK(late_grandchild_work)

static void wait_for_signal(void) {
  sigset_t set;
  int number;
  sigemptyset(&set);
  sigaddset(&set, SIGUSR1);
  sigwait(&set, &number);
}

static void say_ready(void) {
  puts("ready");
  fflush(stdout);
}

static void* be_busy(void* unused) {
  (void)unused;
  for (;;) early_work(0.1);
  return NULL;
}

static void* work_late(void* work) {
  void (*run)(double) = (void (*)(double))work;
  run(0.3);
  return NULL;
}

static int grow(void) {
  pthread_t busy, late;
  pthread_create(&busy, NULL, be_busy, NULL);
  say_ready();
  wait_for_signal();
  const pid_t child = fork();
  if (child == 0) {
    late_child_work(0.3);
    pthread_create(&late, NULL, work_late, (void*)late_grandchild_work);
    pthread_join(late, NULL);
    _exit(0);
  }
  pthread_create(&late, NULL, work_late, (void*)late_thread_work);
  pthread_join(late, NULL);
  waitpid(child, NULL, 0);
  return 0;
}

static atomic_int interrupted;
static int pipe_ends[2];
static int pair[2];
static int semaphores;

static void note(long result) {
  if (result < 0 && errno == EINTR) atomic_fetch_add(&interrupted, 1);
}

static void* in_epoll_wait(void* unused) {
  struct epoll_event event;
  const int epoll = epoll_create1(0);
  for (;;) note(epoll_wait(epoll, &event, 1, -1));
  return unused;
}
static void* in_nanosleep(void* unused) {
  const struct timespec hour = {3600, 0};
  for (;;) note(nanosleep(&hour, NULL));
  return unused;
}
static void* in_semtimedop(void* unused) {
  const struct timespec hour = {3600, 0};
  struct sembuf take = {0, -1, 0};
  // Removed at the end of the program: then it fails with EIDRM, and this thread is gone anyway.
  while (semtimedop(semaphores, &take, 1, &hour) == 0 || errno == EINTR) note(-1);
  return unused;
}
static void* in_sigtimedwait(void* unused) {
  const struct timespec hour = {3600, 0};
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGUSR2);
  for (;;) note(sigtimedwait(&set, NULL, &hour));
  return unused;
}
static void* in_read(void* unused) {
  char byte;
  for (;;) note(read(pipe_ends[0], &byte, 1));
  return unused;
}
static void* in_recv_with_timeout(void* unused) {
  const struct timeval hour = {3600, 0};
  char byte;
  setsockopt(pair[0], SOL_SOCKET, SO_RCVTIMEO, &hour, sizeof hour);
  for (;;) note(recv(pair[0], &byte, 1, 0));
  return unused;
}
static void* in_poll(void* unused) {
  struct pollfd poller = {pipe_ends[0], POLLIN, 0};
  for (;;) note(poll(&poller, 1, -1));
  return unused;
}

static int block(void) {
  void* (*const calls[])(void*) = {in_epoll_wait, in_nanosleep,         in_semtimedop, in_sigtimedwait,
                                   in_read,       in_recv_with_timeout, in_poll};
  const int count = (int)(sizeof calls / sizeof calls[0]);
  sigset_t other;
  pthread_t thread;
  sigemptyset(&other);
  sigaddset(&other, SIGUSR2);
  pthread_sigmask(SIG_BLOCK, &other, NULL);
  semaphores = semget(IPC_PRIVATE, 1, 0600);
  if (semaphores < 0 || pipe(pipe_ends) != 0 || socketpair(AF_UNIX, SOCK_STREAM, 0, pair) != 0) return 1;
  for (int i = 0; i < count; i++) pthread_create(&thread, NULL, calls[i], NULL);
  pthread_create(&thread, NULL, be_busy, NULL);
  say_ready();
  wait_for_signal();
  printf("{\"blocked\":%d,\"interrupted\":%d}\n", count, atomic_load(&interrupted));
  fflush(stdout);
  semctl(semaphores, 0, IPC_RMID);
  _exit(0);
}

static int churn(const char* self, int rounds) {
  say_ready();
  for (int i = 0; i < rounds; i++) {
    const pid_t child = fork();
    if (child == 0) {
      early_work(0.002);
      execl(self, self, "end", (char*)NULL);
      _exit(127);
    }
    int status;
    if (waitpid(child, &status, 0) != child || status != 0) return 1;
  }
  execl(self, self, "end", (char*)NULL);
  return 127;
}

int main(int argc, char** argv) {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGUSR1);
  sigprocmask(SIG_BLOCK, &set, NULL);  // of all threads to come
  const char* what = argc > 1 ? argv[1] : "";
  if (strcmp(what, "grow") == 0) return grow();
  if (strcmp(what, "blocked") == 0) return block();
  if (strcmp(what, "churn") == 0 && argc > 2) return churn("/proc/self/exe", atoi(argv[2]));
  if (strcmp(what, "end") == 0) return early_work(0.002), 0;
  return 2;
}

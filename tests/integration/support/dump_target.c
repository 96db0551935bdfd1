// Threads in known places for tests of `strobe dump`: one deep in functions that keep their frames by the
// frame pointer and waits in epoll_wait, which a stop would make fail; one that runs. Says "ready" with their
// ids, and at its end, which comes with a byte in the FIFO that argv[1] names, how often the waiting was
// interrupted. Built with -fno-omit-frame-pointer.
#define _GNU_SOURCE  // pthread_setname_np
#include <alloca.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <unistd.h>

static volatile int stop;
static volatile unsigned long work;
static pthread_barrier_t started;
static long deep_tid, busy_tid;
static int interrupted;
static int fifo;

// A variable array: the frame can be left by the frame pointer only.
__attribute__((noinline)) void wait_here(int size) {
  char* room = alloca((size_t)size);
  memset(room, 1, (size_t)size);
  int queue = epoll_create1(0);
  struct epoll_event event = {.events = EPOLLIN};
  epoll_ctl(queue, EPOLL_CTL_ADD, fifo, &event);
  while (epoll_wait(queue, &event, 1, -1) < 0 && errno == EINTR) ++interrupted;
  work += (unsigned long)room[size / 2];
}

__attribute__((noinline)) void call_waiter(int size) {
  char* room = alloca((size_t)size * 3);
  memset(room, 2, (size_t)size * 3);
  wait_here(size);
  work += (unsigned long)room[size];
}

static void* deep(void* unused) {
  deep_tid = syscall(SYS_gettid);
  pthread_barrier_wait(&started);
  call_waiter(200);
  work++;
  return unused;
}

__attribute__((noinline)) void burn(void) {
  while (!stop) ++work;
}

static void* busy(void* unused) {
  busy_tid = syscall(SYS_gettid);
  pthread_barrier_wait(&started);
  burn();
  work++;
  return unused;
}

int main(int argc, char** argv) {
  if (argc != 2 || (fifo = open(argv[1], O_RDONLY)) < 0) return 1;
  pthread_t deep_thread, busy_thread;
  pthread_barrier_init(&started, NULL, 3);
  pthread_create(&deep_thread, NULL, deep, NULL);
  pthread_create(&busy_thread, NULL, busy, NULL);
  pthread_setname_np(busy_thread, "busy\x1b[2J");
  pthread_barrier_wait(&started);
  printf("ready %ld %ld\n", deep_tid, busy_tid);
  fflush(stdout);
  pthread_join(deep_thread, NULL);
  stop = 1;
  pthread_join(busy_thread, NULL);
  printf("interrupted=%d\n", interrupted);
  return 0;
}

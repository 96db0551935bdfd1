// Threads that wait, each for another thing: a time, a pipe, a lock, a condition, a child; one never does.
// Build:  gcc -O2 -g -pthread waiting.c
// Run:    waiting [SECONDS=1 [MILLISECONDS=20]]  each thread lives about so long, in turns of that length
// Hot:    compute, in the thread "worker"; the others use next to no CPU
// Stacks: thread start > sleep_long | read_pipe | want_lock | hold_lock | await_turn | await_child | compute
// Prints: one JSON line, for each thread its seconds by state, measured around its waits (wall clock less
//         its CPU time less the time ready to run, by its schedstat), its life, and its voluntary and
//         forced switches as getrusage(2) counts them.
#include "waiting.h"

#include <pthread.h>
#include <sys/wait.h>

enum { thread_count = 8 };

static double asked_s;
static long turn_us;
static pthread_barrier_t begin;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t turn_mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t turn_comes = PTHREAD_COND_INITIALIZER;
static long turns, done;
static int pipe_ends[2];

NAMED static void sleep_long(struct job* job) { sleep_us(turn_us, &job->waited_s); }

NAMED static void compute(struct job* job) {
  uint64_t x = job->value;
  CHURN(x, ROUNDS_PER_MS)
  job->value = x;
}

// Writes a byte and gives a turn four times in a turn.
NAMED static void give(struct job* job) {
  sleep_us(turn_us / 4, &job->waited_s);
  if (write(pipe_ends[1], "x", 1) != 1) exit(1);
  pthread_mutex_lock(&turn_mutex);
  turns++;
  pthread_cond_signal(&turn_comes);
  pthread_mutex_unlock(&turn_mutex);
}

NAMED static void read_pipe(struct job* job) {
  char byte;
  const struct moment start = now();
  if (read(pipe_ends[0], &byte, 1) < 0) exit(1);
  job->waited_s += waited_since(start);
}

NAMED static void await_turn(struct job* job) {
  pthread_mutex_lock(&turn_mutex);
  const struct moment start = now();
  while (turns == 0 && !done) pthread_cond_wait(&turn_comes, &turn_mutex);
  if (turns > 0) turns--;
  pthread_mutex_unlock(&turn_mutex);
  job->waited_s += waited_since(start);
}

// Sleeps with the lock, and a little without it.
NAMED static void hold_lock(struct job* job) {
  pthread_mutex_lock(&mutex);
  sleep_us(turn_us * 3 / 4, &job->slept_s);
  pthread_mutex_unlock(&mutex);
  sleep_us(turn_us / 20, &job->slept_s);
}

NAMED static void want_lock(struct job* job) {
  const struct moment start = now();
  pthread_mutex_lock(&mutex);
  job->waited_s += waited_since(start);
  pthread_mutex_unlock(&mutex);
  sleep_us(turn_us / 20, &job->slept_s);
}

NAMED static void await_child(struct job* job) {
  double slept_s = 0;
  const pid_t child = fork();
  if (child == 0) {
    sleep_us(turn_us, &slept_s);
    _exit(0);
  }
  const struct moment start = now();
  if (waitpid(child, NULL, 0) != child) exit(1);
  job->waited_s += waited_since(start);
}

NAMED static void* live(void* argument) {
  struct job* job = argument;
  pthread_setname_np(pthread_self(), job->name);
  pthread_barrier_wait(&begin);
  const struct moment start = now();
  while (cpu_seconds(CLOCK_MONOTONIC) - start.wall_s < asked_s) job->turn(job);
  if (job->turn == give) {
    pthread_mutex_lock(&turn_mutex);
    done = 1;
    pthread_cond_broadcast(&turn_comes);
    pthread_mutex_unlock(&turn_mutex);
    close(pipe_ends[1]);
  }
  close_job(job, start);
  return NULL;
}

int main(int argc, char** argv) {
  asked_s = argc > 1 ? atof(argv[1]) : 1;
  turn_us = (long)((argc > 2 ? atof(argv[2]) : 20) * 1000);
  struct job jobs[thread_count] = {
      {.name = "sleeper", .state = "sleep", .turn = sleep_long},
      {.name = "giver", .state = "sleep", .turn = give},
      {.name = "reader", .state = "io", .turn = read_pipe},
      {.name = "holder", .state = "lock", .turn = hold_lock},
      {.name = "wanter", .state = "lock", .turn = want_lock},
      {.name = "turner", .state = "cond", .turn = await_turn},
      {.name = "parent", .state = "child", .turn = await_child},
      {.name = "worker", .state = "lock", .turn = compute},
  };
  pthread_t threads[thread_count];
  if (pipe(pipe_ends) != 0 || pthread_barrier_init(&begin, NULL, thread_count) != 0) return 1;
  for (int i = 0; i < thread_count; i++) {
    if (pthread_create(&threads[i], NULL, live, &jobs[i]) != 0) return 1;
  }
  for (int i = 0; i < thread_count; i++) pthread_join(threads[i], NULL);
  print_jobs(jobs, thread_count);
  return 0;
}

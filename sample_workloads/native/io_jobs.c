// One I/O-bound job shared out among workers, threads or processes: each asks a slow server for blocks.
// Build:  gcc -O2 -g -pthread io_jobs.c
// Run:    io_jobs threads|processes [SECONDS=1] [WORKERS=4]      SECONDS of CPU over all workers
// Hot:    parse_reply about 90 % (self); receive_reply waits: most of a worker's life, next to no CPU
// Stacks: thread start > run_worker > parse_reply | receive_reply > recv;
//         main > start_workers > run_worker > the same, in processes; either are named "fetcher";
//         thread start > serve > poll, one thread "server" per worker that answers after 2 ms
// Prints: one JSON line, CPU seconds by function: "functions" self, "totals" with callees,
//         measured with each worker's thread CPU clock; "states" of the workers' lives; how many threads and
//         processes there were.
#include "workers.h"

#include <poll.h>
#include <sys/prctl.h>
#include <sys/socket.h>

enum { reply_size = 4096 };

// One of each worker's, in memory shared with the children.
struct job {
  long turns;
  int ends[2];      // the server's, the worker's
  uint64_t digest;  // keeps the work
  double parse_s;
  double receive_s;
  struct lived life;
};

// Answers each request, one byte, 2 ms later.
NAMED void* serve(void* argument) {
  static const char reply[reply_size] = "reply";
  const struct job* job = argument;
  pthread_setname_np(pthread_self(), "server");
  for (long turn = 0; turn < job->turns; turn++) {
    char request;
    if (read(job->ends[0], &request, 1) != 1) break;
    poll(NULL, 0, 2);
    if (write(job->ends[0], reply, sizeof reply) != (ssize_t)sizeof reply) break;
  }
  return NULL;
}

NAMED size_t receive_reply(const struct job* job, char* reply) {
  if (write(job->ends[1], "r", 1) != 1) return 0;
  const ssize_t got = recv(job->ends[1], reply, reply_size, MSG_WAITALL);
  return got > 0 ? (size_t)got : 0;
}

NAMED uint64_t parse_reply(uint64_t x, const char* reply, size_t size) {
  for (int pass = 0; pass < 128; pass++) {
    for (size_t i = 0; i < size; i++) x = x * 31 + (unsigned char)reply[i];  // HOT: parse_reply
  }
  return x;
}

NAMED void* run_worker(void* argument) {
  struct job* job = argument;
  char reply[reply_size];
  prctl(PR_SET_NAME, "fetcher");
  const struct moment begin = now();
  for (long turn = 0; turn < job->turns; turn++) {
    const double start = cpu_seconds(CLOCK_THREAD_CPUTIME_ID);
    const size_t size = receive_reply(job, reply);
    const double middle = cpu_seconds(CLOCK_THREAD_CPUTIME_ID);
    job->digest = parse_reply(job->digest, reply, size);
    job->receive_s += middle - start;
    job->parse_s += cpu_seconds(CLOCK_THREAD_CPUTIME_ID) - middle;
  }
  add_life(&job->life, begin);
  return NULL;
}

int main(int argc, char** argv) {
  const double seconds = argc > 2 ? atof(argv[2]) : 1;
  struct workers workers = workers_from(argc, argv);
  struct workers servers = {.count = workers.count};
  struct job* jobs = shared_with_children((size_t)workers.count * sizeof *jobs);
  for (long i = 0; i < workers.count; i++) {
    jobs[i].turns = (long)(seconds * 2000 / (double)workers.count);
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, jobs[i].ends) != 0) return 1;
  }
  // Processes come first: what forks should have no threads yet.
  start_workers(&workers, run_worker, jobs, sizeof *jobs);
  start_workers(&servers, serve, jobs, sizeof *jobs);
  join_workers(&servers);
  join_workers(&workers);
  struct job sum = {0};
  for (long i = 0; i < workers.count; i++) {
    sum.parse_s += jobs[i].parse_s;
    sum.receive_s += jobs[i].receive_s;
    sum_lives(&sum.life, &jobs[i].life);
  }
  printf("{");
  print_lives(&sum.life, "io");
  printf(
      "\"functions\":{\"parse_reply\":%.6f},\"totals\":{\"run_worker\":%.6f},\"cpu_s\":%.6f,"
      "\"processes\":%ld,\"threads\":%ld}\n",
      sum.parse_s, sum.parse_s + sum.receive_s, cpu_seconds_with_children(),
      workers.processes ? workers.count + 1 : 1, 2 * workers.count + 1);
  return 0;
}

// One CPU-bound job shared out among workers, which are threads or processes.
// Build:  gcc -O2 -g -pthread cpu_jobs.c
// Run:    cpu_jobs threads|processes [SECONDS=1] [WORKERS=4]      SECONDS of CPU over all workers
// Hot:    count_primes about 70 %, mix_digest about 30 % (self)
// Stacks: thread start > thread_worker > run_worker > count_primes | mix_digest;
//         main > start_processes > run_worker > count_primes | mix_digest, in children named "worker"
// Prints: one JSON line, CPU seconds by function: "functions" self, "totals" with callees, measured with each
//         worker's thread CPU clock; how many threads and processes there were.
#include "workload.h"

#include <pthread.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

enum { most_workers = 64 };

// One of each worker's, in memory shared with the children.
struct job {
  long turns;
  long primes;
  uint64_t digest;
  double primes_s;
  double digest_s;
};

NAMED long count_primes(long from, long to) {
  long primes = 0;
  for (long number = from; number < to; number++) {
    long divisor = 2;
    while (divisor * divisor <= number && number % divisor != 0) divisor++;  // HOT: count_primes
    primes += divisor * divisor > number;
  }
  return primes;
}

NAMED uint64_t mix_digest(uint64_t x) {
  CHURN(x, 3 * ROUNDS_PER_MS)  // HOT: mix_digest
  return x;
}

NAMED void run_worker(struct job* job) {
  prctl(PR_SET_NAME, "worker");
  for (long turn = 0; turn < job->turns; turn++) {
    const double start = cpu_seconds(CLOCK_THREAD_CPUTIME_ID);
    job->primes += count_primes(1000000, 1035000);
    const double middle = cpu_seconds(CLOCK_THREAD_CPUTIME_ID);
    job->digest = mix_digest(job->digest);
    job->primes_s += middle - start;
    job->digest_s += cpu_seconds(CLOCK_THREAD_CPUTIME_ID) - middle;
  }
}

NAMED void* thread_worker(void* job) {
  run_worker(job);
  return NULL;
}

NAMED int start_threads(struct job* jobs, long workers) {
  pthread_t threads[most_workers];
  for (long i = 0; i < workers; i++) {
    if (pthread_create(&threads[i], NULL, thread_worker, &jobs[i]) != 0) return 1;
  }
  for (long i = 0; i < workers; i++) pthread_join(threads[i], NULL);
  return 0;
}

NAMED int start_processes(struct job* jobs, long workers) {
  for (long i = 0; i < workers; i++) {
    const pid_t child = fork();
    if (child < 0) return 1;
    if (child == 0) {
      run_worker(&jobs[i]);
      _exit(0);
    }
  }
  while (wait(NULL) > 0) {
  }
  return 0;
}

int main(int argc, char** argv) {
  const int processes = argc > 1 && strcmp(argv[1], "processes") == 0;
  const double seconds = argc > 2 ? atof(argv[2]) : 1;
  const long workers = argc > 3 && atol(argv[3]) > 0 && atol(argv[3]) <= most_workers ? atol(argv[3]) : 4;
  struct job* jobs =
      mmap(NULL, most_workers * sizeof *jobs, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (jobs == MAP_FAILED) return 1;
  for (long i = 0; i < workers; i++) {
    jobs[i].turns = (long)(seconds * 100 / (double)workers);
    jobs[i].digest = (uint64_t)i * 7919 + 1;
  }
  if ((processes ? start_processes : start_threads)(jobs, workers) != 0) return 1;
  struct job sum = {0};
  for (long i = 0; i < workers; i++) {
    sum.primes += jobs[i].primes;
    sum.primes_s += jobs[i].primes_s;
    sum.digest_s += jobs[i].digest_s;
  }
  struct rusage children;
  getrusage(RUSAGE_CHILDREN, &children);
  const double children_s = (double)(children.ru_utime.tv_sec + children.ru_stime.tv_sec) +
                            (double)(children.ru_utime.tv_usec + children.ru_stime.tv_usec) * 1e-6;
  printf(
      "{\"functions\":{\"count_primes\":%.6f,\"mix_digest\":%.6f},\"totals\":{\"run_worker\":%.6f},"
      "\"cpu_s\":%.6f,\"primes\":%ld,\"processes\":%ld,\"threads\":%ld}\n",
      sum.primes_s, sum.digest_s, sum.primes_s + sum.digest_s,
      cpu_seconds(CLOCK_PROCESS_CPUTIME_ID) + children_s, sum.primes, processes ? workers + 1 : 1,
      workers + 1);
  return 0;
}

// One CPU-bound job shared out among workers, which are threads or processes.
// Build:  gcc -O2 -g -pthread cpu_jobs.c
// Run:    cpu_jobs threads|processes [SECONDS=1] [WORKERS=4]      SECONDS of CPU over all workers
// Hot:    count_primes about 70 %, mix_digest about 30 % (self)
// Stacks: thread start > run_worker > count_primes | mix_digest;
//         main > start_workers > run_worker > the same, in processes; either are named "worker"
// Prints: one JSON line, CPU seconds by function: "functions" self, "totals" with callees,
//         measured with each worker's thread CPU clock; "states" of the workers' lives; how many threads and
//         processes there were.
#include "workers.h"

#include <sys/prctl.h>

// One of each worker's, in memory shared with the children.
struct job {
  long turns;
  long primes;
  uint64_t digest;
  double primes_s;
  double digest_s;
  struct lived life;
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

NAMED void* run_worker(void* argument) {
  struct job* job = argument;
  prctl(PR_SET_NAME, "worker");
  const struct moment begin = now();
  for (long turn = 0; turn < job->turns; turn++) {
    const double start = cpu_seconds(CLOCK_THREAD_CPUTIME_ID);
    job->primes += count_primes(1000000, 1035000);
    const double middle = cpu_seconds(CLOCK_THREAD_CPUTIME_ID);
    job->digest = mix_digest(job->digest);
    job->primes_s += middle - start;
    job->digest_s += cpu_seconds(CLOCK_THREAD_CPUTIME_ID) - middle;
  }
  add_life(&job->life, begin);
  return NULL;
}

int main(int argc, char** argv) {
  const double seconds = argc > 2 ? atof(argv[2]) : 1;
  struct workers workers = workers_from(argc, argv);
  struct job* jobs = shared_with_children((size_t)workers.count * sizeof *jobs);
  for (long i = 0; i < workers.count; i++) {
    jobs[i].turns = (long)(seconds * 100 / (double)workers.count);
    jobs[i].digest = (uint64_t)i * 7919 + 1;
  }
  start_workers(&workers, run_worker, jobs, sizeof *jobs);
  join_workers(&workers);
  struct job sum = {0};
  for (long i = 0; i < workers.count; i++) {
    sum.primes += jobs[i].primes;
    sum.primes_s += jobs[i].primes_s;
    sum.digest_s += jobs[i].digest_s;
    sum_lives(&sum.life, &jobs[i].life);
  }
  printf("{");
  print_lives(&sum.life, "other");
  printf(
      "\"functions\":{\"count_primes\":%.6f,\"mix_digest\":%.6f},\"totals\":{\"run_worker\":%.6f},"
      "\"cpu_s\":%.6f,\"primes\":%ld,\"processes\":%ld,\"threads\":%ld}\n",
      sum.primes_s, sum.digest_s, sum.primes_s + sum.digest_s, cpu_seconds_with_children(), sum.primes,
      workers.processes ? workers.count + 1 : 1, workers.count + 1);
  return 0;
}

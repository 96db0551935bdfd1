// A cache whose entries live for a fixed time, with a sweep over every place, far too often.
// Build:  g++ -std=c++20 -O2 -g -fno-optimize-sibling-calls ttl_cache.cc
// Run:    ttl_cache [SECONDS=1]
// Hot:    resolve_name about 80 % (self): what an expired entry costs; TtlCache::sweep about 20 % (self): a
//         loop over all places, most of them empty
// Stacks: main > serve_lookups > TtlCache::sweep;  main > serve_lookups > TtlCache::get > resolve_name
// Prints: one JSON line, CPU seconds by function: "functions" self, "totals" with callees;
//         hits and misses.
#include "stopwatch.h"

double resolve_s, sweep_s, serve_s;

NAMED uint64_t resolve_name(uint64_t key) {
  const Stopwatch watch(resolve_s);
  uint64_t x = key + 88172645463325252ULL;
  CHURN(x, ROUNDS_PER_MS / 10)  // HOT: resolve_name
  return x;
}

// Time is what its user says it is, so that every run has the same hits.
class TtlCache {
 public:
  explicit TtlCache(long lifetime) : lifetime_(lifetime) {}

  NAMED uint64_t get(uint64_t key, long now) {
    Entry& entry = entries_[key % kEntries];
    if (entry.used && entry.expires > now) {
      hits++;
      return entry.value;
    }
    misses++;
    entry = {true, now + lifetime_, resolve_name(key)};
    return entry.value;
  }

  NAMED void sweep(long now) {
    const Stopwatch watch(sweep_s);
    for (long i = 0; i < kEntries; i++) {                       // HOT: TtlCache::sweep
      Entry& entry = entries_[i];                               // HOT: TtlCache::sweep
      if (entry.used && entry.expires <= now) entry = Entry();  // HOT: TtlCache::sweep
    }
  }

  long hits = 0;
  long misses = 0;

 private:
  static constexpr long kEntries = 65536;
  struct Entry {
    bool used = false;
    long expires = 0;
    uint64_t value = 0;
  };
  long lifetime_;
  Entry entries_[kEntries];
};

TtlCache cache(3000);

// One lookup per unit of time; a sweep after every second.
NAMED uint64_t serve_lookups(long from, long count, uint64_t& x) {
  const Stopwatch watch(serve_s);
  uint64_t sum = 0;
  for (long now = from; now < from + count; now++) {
    CHURN(x, 1)
    sum += cache.get((x >> 20) % 4096, now);
    if (now % 2 == 0) cache.sweep(now);
  }
  return sum;
}

int main(int argc, char** argv) {
  const double seconds = argc > 1 ? atof(argv[1]) : 1;
  uint64_t x = 88172645463325252ULL;
  uint64_t sum = 0;
  const long count = 70;
  const long turns = static_cast<long>(seconds * 100);
  for (long turn = 0; turn < turns; turn++) sum += serve_lookups(turn * count, count, x);
  printf(
      "{\"functions\":{\"resolve_name\":%.6f,\"TtlCache::sweep\":%.6f},\"totals\":{\"serve_lookups\":%.6f},"
      "\"cpu_s\":%.6f,\"hits\":%ld,\"misses\":%ld,\"sum\":\"%llx\"}\n",
      resolve_s, sweep_s, serve_s, cpu_seconds(CLOCK_PROCESS_CPUTIME_ID), cache.hits, cache.misses,
      static_cast<unsigned long long>(sum));
  return 0;
}

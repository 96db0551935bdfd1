// A cache of pages that drops the least recently used one: few misses, far dearer than the many hits.
// Build:  g++ -std=c++20 -O2 -g -fno-optimize-sibling-calls lru_cache.cc
// Run:    lru_cache [SECONDS=1]
// Hot:    load_page about 95 % (self): what a miss costs; LruCache::get 100 % (total), the rest of it in the
//         standard library's hash table and list, most of it inlined
// Stacks: main > serve_requests > LruCache::get > load_page | [inlined std::unordered_map, std::list]
// Prints: one JSON line, CPU seconds by function: "functions" self, "totals" with callees;
//         hits and misses.
#include <list>
#include <unordered_map>

#include "stopwatch.h"

double load_s, serve_s;

NAMED uint64_t load_page(uint64_t key) {
  const Stopwatch watch(load_s);
  uint64_t x = key + 88172645463325252ULL;
  CHURN(x, ROUNDS_PER_MS / 5)  // HOT: load_page
  return x;
}

class LruCache {
 public:
  explicit LruCache(size_t capacity) : capacity_(capacity) {}

  NAMED uint64_t get(uint64_t key) {
    const auto found = places_.find(key);
    if (found != places_.end()) {
      hits++;
      order_.splice(order_.begin(), order_, found->second);
      return order_.front().value;
    }
    misses++;
    if (order_.size() == capacity_) {
      places_.erase(order_.back().key);
      order_.pop_back();
    }
    order_.push_front({key, load_page(key)});
    places_[key] = order_.begin();
    return order_.front().value;
  }

  long hits = 0;
  long misses = 0;

 private:
  struct Page {
    uint64_t key;
    uint64_t value;
  };
  size_t capacity_;
  std::list<Page> order_;  // the most recently used first
  std::unordered_map<uint64_t, std::list<Page>::iterator> places_;
};

// Most requests are for a few pages, one in 512 is for any.
NAMED uint64_t serve_requests(LruCache& cache, long count, uint64_t& x) {
  const Stopwatch watch(serve_s);
  uint64_t sum = 0;
  for (long i = 0; i < count; i++) {
    CHURN(x, 1)
    const uint64_t pages = x >> 55 == 0 ? 4096 : 128;
    sum += cache.get((x >> 20) % pages);
  }
  return sum;
}

int main(int argc, char** argv) {
  const double seconds = argc > 1 ? atof(argv[1]) : 1;
  LruCache cache(256);
  uint64_t x = 88172645463325252ULL;
  uint64_t sum = 0;
  for (long turn = 0; turn < static_cast<long>(seconds * 100); turn++) {
    sum += serve_requests(cache, 25000, x);
  }
  printf(
      "{\"functions\":{\"load_page\":%.6f},\"totals\":{\"serve_requests\":%.6f},\"cpu_s\":%.6f,\"hits\":%ld,"
      "\"misses\":%ld,\"sum\":\"%llx\"}\n",
      load_s, serve_s, cpu_seconds(CLOCK_PROCESS_CPUTIME_ID), cache.hits, cache.misses,
      static_cast<unsigned long long>(sum));
  return 0;
}

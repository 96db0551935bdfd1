// The same numbers with and without indirection: side by side, behind pointers, linked in scattered order.
// Build:  g++ -std=c++20 -O2 -g -fno-optimize-sibling-calls indirection.cc
// Run:    indirection [SECONDS=1]           sum_linked adds them up once for every 32 times of the others
// Hot:    sum_linked about 60 %, sum_pointed_to about 20 %, sum_in_place about 15 % (self): the price of a
//         pointer is the cache miss behind it, unless many are on their way at once
// Stacks: main > sum_in_place | sum_pointed_to | sum_linked
// Prints: one JSON line, CPU seconds by function: "functions" self, "totals" with callees.
#include <memory>
#include <vector>

#include "stopwatch.h"

constexpr int kPasses = 32;

struct Particle {
  uint64_t mass = 0;
  uint64_t rest[7] = {};  // a cache line in all
  const Particle* next = nullptr;
};

NAMED uint64_t sum_in_place(const Particle* particles, size_t count, uint64_t sum) {
  for (size_t i = 0; i < count; i++) sum += particles[i].mass;  // HOT: sum_in_place
  return sum;
}

NAMED uint64_t sum_pointed_to(const Particle* const* particles, size_t count, uint64_t sum) {
  for (size_t i = 0; i < count; i++) sum += particles[i]->mass;  // HOT: sum_pointed_to
  return sum;
}

NAMED uint64_t sum_linked(const Particle* first, uint64_t sum) {
  for (const Particle* one = first; one != nullptr; one = one->next) sum += one->mass;  // HOT: sum_linked
  return sum;
}

int main(int argc, char** argv) {
  const double seconds = argc > 1 ? atof(argv[1]) : 1;
  std::vector<Particle> particles(1 << 17);
  std::vector<const Particle*> pointers;
  uint64_t x = 88172645463325252ULL;
  for (Particle& particle : particles) {
    particle.mass = pointers.size();
    pointers.push_back(&particle);
  }
  for (size_t i = pointers.size(); i > 1; i--) {
    CHURN(x, 1)
    std::swap(pointers[i - 1], pointers[x % i]);
  }
  for (size_t i = 1; i < pointers.size(); i++) {
    particles[pointers[i - 1]->mass].next = pointers[i];
  }
  double place_s = 0;
  double pointer_s = 0;
  double linked_s = 0;
  bool equal = true;
  for (long turn = 0; turn < static_cast<long>(seconds * 40); turn++) {
    uint64_t sums[3] = {};
    {
      const Stopwatch watch(place_s);
      for (int pass = 0; pass < kPasses; pass++) {
        sums[0] = sum_in_place(particles.data(), particles.size(), sums[0]);
      }
    }
    {
      const Stopwatch watch(pointer_s);
      for (int pass = 0; pass < kPasses; pass++) {
        sums[1] = sum_pointed_to(pointers.data(), pointers.size(), sums[1]);
      }
    }
    {
      const Stopwatch watch(linked_s);
      sums[2] = sum_linked(pointers.front(), sums[2]);
    }
    equal = equal && sums[0] == sums[1] && sums[1] == kPasses * sums[2];
  }
  printf(
      "{\"functions\":{\"sum_in_place\":%.6f,\"sum_pointed_to\":%.6f,\"sum_linked\":%.6f},"
      "\"totals\":{\"sum_linked\":%.6f},\"cpu_s\":%.6f,\"equal\":%s}\n",
      place_s, pointer_s, linked_s, linked_s, cpu_seconds(CLOCK_PROCESS_CPUTIME_ID),
      equal ? "true" : "false");
  return equal ? 0 : 1;
}

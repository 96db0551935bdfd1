// Virtual calls to three kinds of object, and exceptions thrown through four frames with destructors.
// Build:  g++ -std=c++20 -O2 -g -fno-optimize-sibling-calls exceptions_virtual.cc
// Run:    exceptions_virtual [SECONDS=1]
// Hot:    Circle::area 40 %, Square::area 30 %, Polygon::area 20 %, recover 10 % (self)
// Stacks: main > measure_all > X::area;  main > fail_and_recover > recover;
//         main > fail_and_recover > nested x 4 > __cxa_throw > ... (short)
// Prints: one JSON line, CPU seconds by function (self).
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <memory>
#include <stdexcept>

#define NAMED __attribute__((noinline))

namespace {

double cpu_seconds(clockid_t clock) {
  timespec now{};
  clock_gettime(clock, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

struct Stopwatch {
  double* sum;
  double start = cpu_seconds(CLOCK_THREAD_CPUTIME_ID);
  ~Stopwatch() { *sum += cpu_seconds(CLOCK_THREAD_CPUTIME_ID) - start; }
};

uint64_t state = 88172645463325252ULL;
double circle_s, square_s, polygon_s, recover_s;

}  // namespace

#define CHURN_MS(salt, ms)                  \
  uint64_t x = state + (salt);              \
  for (long i = 0; i < (ms)*600000L; i++) { \
    x ^= x << 13;                           \
    x ^= x >> 7;                            \
    x ^= x << 17;                           \
  }                                         \
  state = x;

struct Shape {
  virtual ~Shape() = default;
  virtual void area() = 0;
};

struct Circle : Shape {
  NAMED void area() override { CHURN_MS(2, 4) }
};
struct Square : Shape {
  NAMED void area() override { CHURN_MS(4, 3) }
};
struct Polygon : Shape {
  NAMED void area() override { CHURN_MS(6, 2) }
};

NAMED void recover(){CHURN_MS(8, 1)}

NAMED void nested(int levels) {
  const auto held = std::make_unique<uint64_t>(state);
  if (levels == 0) throw std::runtime_error("on purpose");
  nested(levels - 1);
  state += *held;
}

NAMED void fail_and_recover() {
  try {
    nested(4);
  } catch (const std::runtime_error&) {
    const Stopwatch watch{&recover_s};
    recover();
  }
}

NAMED void measure_all(Shape* const* shapes) {
  double* const sums[] = {&circle_s, &square_s, &polygon_s};
  for (int i = 0; i < 3; i++) {
    const Stopwatch watch{sums[i]};
    shapes[i]->area();
  }
}

int main(int argc, char** argv) {
  const double seconds = argc > 1 ? std::atof(argv[1]) : 1;
  Circle circle;
  Square square;
  Polygon polygon;
  Shape* const shapes[] = {&circle, &square, &polygon};
  for (long turn = 0; turn < static_cast<long>(seconds * 100); turn++) {
    measure_all(shapes);
    fail_and_recover();
  }
  std::printf(
      "{\"functions\":{\"Circle::area\":%.6f,\"Square::area\":%.6f,\"Polygon::area\":%.6f,\"recover\":%.6f},"
      "\"cpu_s\":%.6f}\n",
      circle_s, square_s, polygon_s, recover_s, cpu_seconds(CLOCK_PROCESS_CPUTIME_ID));
  return 0;
}

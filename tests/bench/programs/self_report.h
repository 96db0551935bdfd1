// Prints what a program used by its own account, as one JSON line on stderr or appended to the file named by
// STROBE_BENCH_SELF: the slowdown of the watched program is thereby told from the cost of the watcher.
#pragma once

#include <sys/resource.h>

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>

class SelfReport {
 public:
  explicit SelfReport(const char* name) : name_(name) {}

  /// `result` keeps the work from being optimized away and shows that two runs did the same.
  void print(uint64_t result) const {
    const auto now = std::chrono::steady_clock::now();
    const std::chrono::duration<double> wall = now - start_;
    const std::chrono::duration<double> end = now.time_since_epoch();  // CLOCK_MONOTONIC
    const double own = cpu_seconds(RUSAGE_SELF);
    const double children = cpu_seconds(RUSAGE_CHILDREN);
    const char* path = std::getenv("STROBE_BENCH_SELF");
    FILE* file = path != nullptr ? std::fopen(path, "a") : stderr;
    if (file == nullptr) return;
    std::fprintf(file,
                 "{\"name\": \"%s\", \"wall_s\": %.6f, \"end_s\": %.6f, \"cpu_s\": %.6f, "
                 "\"children_cpu_s\": %.6f, \"peak_kib\": %ld, \"result\": %llu}\n",
                 name_, wall.count(), end.count(), own, children, peak_kib(),
                 static_cast<unsigned long long>(result));
    if (file != stderr) std::fclose(file);
  }

 private:
  /// Of this program: rusage has what it began with before exec as well.
  static long peak_kib() {
    FILE* file = std::fopen("/proc/self/status", "r");
    char line[256];
    long peak = 0;
    while (file != nullptr && std::fgets(line, sizeof line, file) != nullptr) {
      if (std::sscanf(line, "VmHWM: %ld", &peak) == 1) break;
    }
    if (file != nullptr) std::fclose(file);
    return peak;
  }
  static double cpu_seconds(int who) {
    rusage usage{};
    getrusage(who, &usage);
    return static_cast<double>(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
           static_cast<double>(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * 1e-6;
  }

  const char* name_;
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

/// argv[1], the amount of work: 1 is one to two seconds.
inline double amount_of_work(int argc, char** argv) { return argc > 1 ? std::atof(argv[1]) : 1.0; }

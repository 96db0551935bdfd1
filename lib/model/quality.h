// How good a recording is: what was expected, taken, kept and lost, and why. Part of every recording and
// report. Invariants (checked in the integration tests):
//   1. taken = stored + lost_queue + late
//   2. stored = sum of the five stack classes
//   3. expected = rate x exact CPU seconds
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "model/losses.h"
#include "model/memory.h"
#include "model/python.h"

namespace strobe {

struct SampleCounts {
  double expected = 0;  ///< rate x exact CPU seconds of all threads
  uint64_t taken = 0;   ///< delivered by the kernel
  uint64_t stored = 0;
  uint64_t lost_kernel = 0;  ///< records the kernel dropped (its LOST records)
  uint64_t lost_queue = 0;
  uint64_t late = 0;
  uint64_t throttled = 0;  ///< times the kernel paused sampling
};

/// So many stacks (or frames) ended or stayed nameless in this module for this reason.
struct Blame {
  std::string module;  ///< path or pseudo-name; empty where no module is involved
  LossReason reason = LossReason::none;
  uint64_t count = 0;
  friend bool operator==(const Blame&, const Blame&) = default;
};

struct StackCounts {
  std::array<uint64_t, kStackClassCount> by_class{};  ///< indexed by StackClass
  std::vector<Blame> blame;                           ///< most first
};

struct SymbolCounts {
  uint64_t frames = 0;   ///< distinct native and kernel frames
  uint64_t missing = 0;  ///< of them without a function name
  std::vector<Blame> blame;
};

struct PythonCounts {
  std::string reading;  ///< how frames were read: "bpf", "stopped", "running"; empty without any Python
  std::vector<std::string> interpreters;                   ///< seen, such as "CPython 3.11.2"
  std::array<uint64_t, kPythonOutcomeCount> by_outcome{};  ///< samples of Python processes, by PythonOutcome
  std::vector<Blame> blame;                                ///< why stacks are not full, most first
};

/// A process (or a group of them under one command name) that ran without being sampled.
struct UnsampledProcess {
  int32_t pid = 0;  ///< of the first one
  std::string command;
  std::string reason;
  uint64_t count = 0;  ///< processes in this row
  uint64_t cpu_ns = 0;
};

struct OverheadCounts {
  uint64_t target_stopped_ns = 0;  ///< ptrace engine: sum over threads
  uint64_t longest_stop_ns = 0;
  uint64_t stops = 0;
  uint64_t strobe_cpu_ns = 0;      ///< user and system time of Strobe itself while recording
  uint64_t strobe_peak_bytes = 0;  ///< its peak resident memory, rings included
  uint64_t ring_bytes = 0;         ///< all rings together
};

/// The oldest part of a recording, dropped to keep the rest within bounds the user gave. All other counts and
/// all CPU times are of the rest, but for samples lost, which are not dated.
struct DroppedCounts {
  uint64_t samples = 0;
  uint64_t cpu_ns = 0;
  uint64_t until_ns = 0;   ///< since the recording's start: what is kept begins there
  uint64_t stretches = 0;  ///< rows off the CPU; one that is kept may have begun before `until_ns`
  uint64_t waited_ns = 0;
  [[nodiscard]] bool any() const { return samples != 0 || stretches != 0 || until_ns != 0; }
};

/// Stretches in which nothing was sampled because the user said so.
struct PauseCounts {
  uint64_t count = 0;
  uint64_t total_ns = 0;
};

/// Stretches off the CPU (StretchRow).
struct OffCpuCounts {
  uint64_t stretches = 0;  ///< all there were
  uint64_t kept = 0;       ///< of them, rows of the recording
  uint64_t lost = 0;       ///< of those to be kept, without a row or without a reason
};

struct Quality {
  std::string engine;       ///< "perf", "perf per-cpu", "ptrace"
  std::string engine_note;  ///< one line: why this engine, and what would allow the other
  double rate_hz = 0;
  bool kernel_sampled = false;
  SampleCounts samples;
  StackCounts stacks;
  SymbolCounts symbols;  ///< filled by symbolizing, not while recording
  PythonCounts python;
  uint64_t processes_seen = 0;
  std::vector<UnsampledProcess> unsampled;
  OverheadCounts overhead;
  OffCpuCounts offcpu;
  MemoryCounts memory;
  PauseCounts pauses;
  DroppedCounts dropped;
  std::vector<std::string> warnings;  ///< whole sentences for the user
};

/// Samples of threads that run Python, and the share of them with their whole Python stack; 1 where there are
/// none.
[[nodiscard]] uint64_t python_samples(const Quality& quality);
[[nodiscard]] double python_full_share(const Quality& quality);

/// Share of the stored samples whose stack reaches the thread's start; 1 where nothing was stored.
[[nodiscard]] double complete_share(const Quality& quality);

}  // namespace strobe

// Runs variants of a program in turns, records every run, and sums each up. What the runs come to is
// lib/analyze's business (run_comparison.h).
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "analyze/check_evaluation.h"
#include "analyze/run_comparison.h"
#include "base/diagnostics.h"
#include "base/result.h"
#include "sampling/engine.h"
#include "symbolize/symbolizer.h"

namespace strobe::workflow {

struct Variant {
  std::string name;
  std::string command;  ///< for /bin/sh -c
};

/// Fewer runs of each variant are not enough to stop by precision.
inline constexpr uint32_t kMinPreciseRuns = 6;

struct RunProgress {
  const Variant* variant = nullptr;
  uint32_t round = 0;              ///< from 1
  std::optional<uint32_t> rounds;  ///< where it is known how many there will be
  bool warmup = false;
};

struct CompareRunsRequest {
  std::vector<Variant> variants;
  uint32_t warmup = 1;                    ///< runs of each that do not count
  std::optional<uint32_t> runs;           ///< of each; none: until `precision`
  double precision = 0.02;                ///< see analyze::is_precise()
  uint32_t max_runs = 30;                 ///< of each, by precision
  uint64_t max_ns = 0;                    ///< by precision: no round begins after so long
  std::optional<uint64_t> time_limit_ns;  ///< of a run
  bool show_output = false;
  std::string folder;  ///< where recordings are written; it exists, its path is absolute
  bool keep = false;   ///< the recordings, else each is removed once it is summed up
  sampling::EngineOptions engine;
  symbolize::SymbolizeOptions symbols;
  bool redact_arguments = false;
  std::vector<analyze::check::Measure> measures;        ///< taken of every run that finishes
  std::function<void(const RunProgress&)> on_progress;  ///< before each run
};

struct CompareRunsOutcome {
  std::vector<analyze::VariantRuns> variants;
  std::vector<analyze::check::Side> measured;  ///< the runs that finished, parallel to `variants`
  std::vector<std::string> notes;              ///< on how they were run: sentences
  int signal = 0;                              ///< that ended it before its time; 0: none
};

/// In rounds, each variant once in every round; which is the first of a round rotates, so that what drifts
/// on the machine meets all alike. A variant that timed out twice is not run again. An Error means that
/// nothing can be compared: runs cannot be recorded, or a command cannot be executed.
Result<CompareRunsOutcome> run_variants(const CompareRunsRequest& request, Diagnostics& diagnostics);

/// Recordings made before, as the runs of a variant.
struct VariantRecordings {
  std::string name;
  std::vector<std::string> paths;  ///< files, and folders for all *.strobe in them, in order of their names
};
struct ReadRequest {
  symbolize::SymbolizeOptions symbols;
  std::vector<analyze::check::Measure> measures;  ///< taken of every run that finished
};
/// Fails where a variant has none, or one cannot be read.
Result<CompareRunsOutcome> read_variants(const std::vector<VariantRecordings>& variants,
                                         const ReadRequest& request, Diagnostics& diagnostics);

}  // namespace strobe::workflow

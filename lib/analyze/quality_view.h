// Judges a recording's quality: the figures people and CI look at, and the warnings they must not miss.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "analyze/attribution.h"
#include "analyze/quality_advice.h"
#include "analyze/quality_faults.h"
#include "model/recording.h"

namespace strobe::analyze {

inline constexpr double kWarnIncomplete = 0.05;    ///< share of stored samples without a whole stack
inline constexpr double kWarnLost = 0.01;          ///< share of taken samples that were lost
inline constexpr double kWarnUnsampled = 0.01;     ///< share of the CPU time in processes without a sample
inline constexpr double kWarnUnsampledLeast = 10;  ///< samples that this time stands for
inline constexpr double kWarnFew = 0.85;           ///< samples taken, of those that the CPU time stands for
inline constexpr double kWarnFewLeast = 100;       ///< expected samples from which on that is judged

struct QualityView {
  Quality quality;            ///< as recorded
  double complete_share = 1;  ///< of stored samples
  uint64_t lost = 0;          ///< lost_kernel + lost_queue + late
  double lost_share = 0;      ///< of what would have been stored
  double named_share = 1;     ///< of distinct frames
  uint64_t unsampled_processes = 0;
  double unsampled_seconds = 0;
  double strobe_cpu_seconds = 0;
  bool kernel_sampled = false;
  bool wall = false;  ///< waiting was recorded as well
  std::string runnable_source;
  std::vector<StackFault> stack_faults;
  std::vector<ThreadFault> thread_faults;
  std::vector<NamelessModule> nameless;
  bool too_incomplete = false;  ///< above kWarnIncomplete
  bool too_many_lost = false;   ///< above kWarnLost
  /// What the user has to know before believing the numbers; the recording's own warnings come last.
  std::vector<std::string> warnings;
  std::vector<Advice> advice;  ///< what would make it better, most important first
};

[[nodiscard]] QualityView judge_quality(const Profile& profile);

}  // namespace strobe::analyze

// What to do about what a recording lacks: one whole sentence, with the command, for each module and reason
// that matters. Pure.
#pragma once

#include <string>
#include <vector>

#include "analyze/quality_faults.h"

namespace strobe::analyze {

inline constexpr double kAdviseShare = 0.01;  ///< of the stored samples, from which on a module matters
inline constexpr size_t kMaxAdvicePerKind = 5;

struct Advice {
  std::string module;  ///< empty where it is about none
  LossReason reason = LossReason::none;
  std::string text;
};

[[nodiscard]] std::vector<Advice> advise(const Quality& quality, const std::vector<StackFault>& stacks,
                                         const std::vector<NamelessModule>& nameless);

}  // namespace strobe::analyze

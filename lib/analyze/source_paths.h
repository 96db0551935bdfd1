// Stacks as reports show them: paths of functions and lines. Stacks whose addresses differ within the same
// lines are one path. Pure.
#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <vector>

#include "analyze/frame_keys.h"
#include "analyze/function_table.h"
#include "model/recording.h"

namespace strobe::analyze {

class SourcePaths {
 public:
  static constexpr uint32_t kEmpty = 0;  ///< the path of no stack

  struct Step {
    uint32_t caller = kEmpty;  ///< the path up to here
    uint32_t function = 0;     ///< row of the functions table
    uint32_t line = 0;
    auto operator<=>(const Step&) const = default;
  };

  SourcePaths(const Profile& profile, const FrameFunctions& functions, const FunctionTable& table);

  /// Paths are numbered from 1 in the order of the stacks.
  [[nodiscard]] uint32_t of(StackId stack) const;
  /// Outermost call first.
  [[nodiscard]] std::vector<Step> steps(uint32_t path) const;

 private:
  uint32_t extend(const Step& step);

  std::vector<Step> steps_;
  std::map<Step, uint32_t> ids_;
  std::vector<uint32_t> of_stack_;
};

}  // namespace strobe::analyze

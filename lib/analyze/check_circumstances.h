// What makes the two sides of a `strobe check` less comparable, or not comparable at all. Pure.
#pragma once

#include <string>
#include <vector>

#include "analyze/check_evaluation.h"

namespace strobe::analyze::check {

struct Circumstances {
  std::string refusal;             ///< why the sides cannot be compared; empty where they can
  std::vector<std::string> notes;  ///< sentences
};
[[nodiscard]] Circumstances compare_sides(const Evidence& evidence);

}  // namespace strobe::analyze::check

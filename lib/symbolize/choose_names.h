// Which of a function's names a report shows: the short one, or the one with template arguments and
// parameters. Works on a loaded profile, so it holds for every view, and for recordings made before.
#pragma once

#include "model/recording.h"

namespace strobe::symbolize {

enum class NameStyle : uint8_t {
  brief,  ///< "std::vector<…>::push_back"; in full where several functions without a known place would look
          ///< alike
  full,   ///< "std::vector<int, std::allocator<int> >::push_back(int const&)"
};

/// Replaces the names of native functions. Names of full style come from the linkage name; a function that
/// has none keeps its stored name.
void choose_names(Profile& profile, NameStyle style);

}  // namespace strobe::symbolize

// What the views of waiting are made from: wall time on stacks without the kernel's frames, which only say
// again that a thread waits, and paths to name them by. Pure.
#pragma once

#include "analyze/function_table.h"
#include "analyze/source_paths.h"
#include "analyze/weighted_stacks.h"

namespace strobe::analyze {

struct WaitPlaces {
  WeightedStacks stacks;  ///< of the selected threads
  FunctionTable table;    ///< of all threads: owners of locks need not be selected
  SourcePaths paths;      ///< in rows of the table
};
[[nodiscard]] WaitPlaces find_wait_places(const Profile& profile, const SelectedThreads& selected);

}  // namespace strobe::analyze

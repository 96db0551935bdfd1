// A small recording in which every field of every row has a value of its own, as the deltas a recorder would
// write and as the profile they amount to.
#pragma once

#include <string>
#include <vector>

#include "model/recording.h"

namespace strobe::test {

[[nodiscard]] std::vector<RecordingDelta> sample_deltas();
[[nodiscard]] Profile sample_profile();  ///< in state recorded
/// Symbols that fit sample_profile(): two functions, `name` among their names, one inlined frame.
[[nodiscard]] SymbolDelta sample_symbols(const std::string& name);

}  // namespace strobe::test

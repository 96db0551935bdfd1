// Reads a text file whose name came from foreign debug information: whatever lies at that path, reading it
// neither blocks nor has effects. Any thread.
#pragma once

#include <string>

#include "model/sources.h"

namespace strobe::os {

/// `place` is left as it is by default. FIFOs, devices, folders and files of /proc, /sys and the like are
/// not_regular; links are followed, to be judged by what they lead to.
[[nodiscard]] SourceFile read_source_file(const std::string& path);

}  // namespace strobe::os

// The agent's library, which is part of Strobe, as a file that programs can load.
#pragma once

#include <string>
#include <vector>

#include "base/byte_reader.h"
#include "base/result.h"

namespace strobe::heap {

/// The library's bytes.
[[nodiscard]] Bytes agent_image();

/// Puts them into the first of these folders that will do, unless they are there already: a folder of this
/// user that nobody else may write to, from which code can be run, with a path that LD_PRELOAD can hold. The
/// path of the file; it is left there. Programs of other users can load it as well.
Result<std::string> place_agent(const std::vector<std::string>& folders);

}  // namespace strobe::heap

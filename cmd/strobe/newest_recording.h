// Which recording is meant where the user names none.
#pragma once

#include <string>

#include "base/result.h"

namespace strobe::cli {

/// The newest *.strobe of this directory, said on stderr unless `quiet`.
Result<std::string> choose_newest_recording(bool quiet);

}  // namespace strobe::cli

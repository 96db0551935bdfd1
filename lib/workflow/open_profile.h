// What `strobe report` and `strobe export` read: a recording, or a file of cProfile; told apart by content.
#pragma once

#include <string>

#include "base/diagnostics.h"
#include "base/result.h"
#include "model/recording.h"
#include "symbolize/symbolizer.h"

namespace strobe::workflow {

/// complete() for a recording, import_cprofile() for what begins like a file of cProfile.
Result<Profile> open_profile(const std::string& path, const symbolize::SymbolizeOptions& options,
                             Diagnostics& diagnostics);

}  // namespace strobe::workflow

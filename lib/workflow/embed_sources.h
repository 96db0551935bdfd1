// Keeps the sources of a recording in the recording, so that its lines can be read elsewhere and later.
#pragma once

#include <string>

#include "base/diagnostics.h"
#include "base/result.h"
#include "model/recording.h"
#include "symbolize/symbolizer.h"
#include "workflow/source_finder.h"

namespace strobe::workflow {

/// Stores the source texts of all files that the profile's frames and functions name in the recording at
/// `path` and in the profile. Files found by name alone are not taken: they may be others. What was kept and
/// what was not goes to `diagnostics` in one sentence. An Error means that none could be stored.
Result<void> embed_sources(const std::string& path, Profile& profile, SourceOptions sources,
                           const symbolize::SymbolizeOptions& symbols, Diagnostics& diagnostics);

}  // namespace strobe::workflow

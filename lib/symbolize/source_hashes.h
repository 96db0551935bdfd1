// What the debug information of a recording's modules says about the contents of its source files.
#pragma once

#include <set>
#include <string>

#include "model/recording.h"
#include "symbolize/line_table_files.h"
#include "symbolize/symbolizer.h"

namespace strobe::symbolize {

/// Reads the line tables of the modules whose frames name one of the wanted files, as far as these modules
/// are on this machine and are those that ran. Files without a hash are left out.
[[nodiscard]] SourceHashes read_source_hashes(const Profile& profile, const std::set<std::string>& wanted,
                                              const SymbolizeOptions& options);

}  // namespace strobe::symbolize

// The debug file of a module from a provider that the user allowed (debuginfod): asked for only where this
// machine has no debug information of the module, and used only if it is the module's.
#pragma once

#include <functional>
#include <string>

#include "base/result.h"
#include "model/recording.h"
#include "symbolize/module_files.h"

namespace strobe::symbolize {

/// The path of the debug file with this build-id; `name` is the module's, for messages. not_found where
/// nobody has it. Called from several threads.
using FetchDebugFile =
    std::function<Result<std::string>(const std::string& build_id, const std::string& name)>;

/// Adds the fetched file to `files`, where there is none. A failure goes to files.refused; that nobody has
/// the file is none. A file of another build-id, or that is no ELF file, is removed from the provider's
/// cache.
void add_fetched_file(const ModuleRow& module, const std::string& path, const FetchDebugFile& fetch,
                      ModuleFiles& files);

}  // namespace strobe::symbolize

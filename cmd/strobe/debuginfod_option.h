// --debuginfod: the one option by which Strobe contacts servers.
#pragma once

#include <CLI/CLI.hpp>
#include <string>

#include "symbolize/symbolizer.h"

namespace strobe::cli {

/// What --debuginfod was given: nothing, nothing but the option (servers of DEBUGINFOD_URLS), or a URL.
struct DebuginfodOption {
  std::string url;  ///< empty: not asked for; kFromEnvironment: the option alone
  static constexpr const char* kFromEnvironment = "true";  ///< a flag's value
};
void add_debuginfod_option(CLI::App& app, DebuginfodOption& option, const char* group);

/// Lets symbolizing fetch from servers, as the option says. Fails where no server is named.
Result<void> allow_debuginfod(const DebuginfodOption& option, symbolize::SymbolizeOptions& options);

}  // namespace strobe::cli

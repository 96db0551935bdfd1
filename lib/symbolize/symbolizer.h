// File addresses to functions, files, lines and inlined callers. Looks in the module's own file, its
// debug file (build-id, .gnu_debuglink) or MiniDebugInfo, the kernel's symbols, and JIT maps. By unique
// address, in parallel over modules, cached on disk by build-id. Contacts a network only by a provider that
// it is given.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/diagnostics.h"
#include "base/result.h"
#include "model/recording.h"
#include "symbolize/choose_names.h"
#include "symbolize/fetched_file.h"

namespace strobe::symbolize {

/// One level of code at an address: the function and the current line in it.
struct SourceFrame {
  std::string function;      ///< demangled; empty where unknown
  std::string linkage_name;  ///< as in the symbol table; empty where the same
  std::string file;          ///< of `line`
  uint32_t line = 0;
  std::string function_file;  ///< of the definition
  uint32_t function_line = 0;
};

/// Innermost first; the last is the function the machine code belongs to. Empty: nothing known.
using AddressSymbols = std::vector<SourceFrame>;

struct ModuleRequest {
  ModuleRow module;
  std::string path;                 ///< text of module.path
  int32_t pid = 0;                  ///< a process that has it mapped; 0 where none is known
  std::vector<uint64_t> addresses;  ///< sorted, unique; runtime addresses for kernel and JIT modules
};

struct ModuleSymbols {
  std::vector<AddressSymbols> symbols;   ///< parallel to ModuleRequest::addresses
  LossReason reason = LossReason::none;  ///< for the addresses without a function
  std::string note;                      ///< what a user could do: "install coreutils-dbgsym"; may be empty
  std::vector<std::string> refused;      ///< debug files that were found and not used, as sentences
  std::vector<std::string> lost;         ///< parts of the debug information that were not used, as sentences
};

struct SymbolizeOptions {
  std::string cache_directory;  ///< "" disables the cache; normally ~/.cache/strobe
  std::vector<std::string> debug_directories = {"/usr/lib/debug"};
  NameStyle names = NameStyle::brief;  ///< for the profile of a report; a recording holds both
  FetchDebugFile fetch_debug_file;     ///< asked for debug files that are not here; null: nobody is
  unsigned threads = 0;                ///< 0: as many as there are CPUs
};

/// Answers every request, in order; trouble with one module is in its ModuleSymbols.
std::vector<ModuleSymbols> symbolize(const std::vector<ModuleRequest>& requests,
                                     const SymbolizeOptions& options, Diagnostics& diagnostics);

/// Works out all names of a recorded profile: calls symbolize() over its unique frames and turns the answers
/// into rows. `profile.state` may be recorded or symbolized.
SymbolDelta symbolize_profile(const Profile& profile, const SymbolizeOptions& options,
                              Diagnostics& diagnostics);

}  // namespace strobe::symbolize

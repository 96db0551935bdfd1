// The programs that ./CMakeLists.txt compiles for the symbolizer's tests, and binutils' addr2line as the
// oracle for what is at their addresses.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/diagnostics.h"
#include "symbolize/symbolizer.h"

namespace strobe::symbolize {

std::string fixture_path(const std::string& name);
bool has_fixture(const std::string& name);

/// Every `step`th address of the file's .text that a function symbol of inlining.cc covers.
std::vector<uint64_t> text_addresses(const std::string& path, uint64_t step);

/// One line per level, for messages and comparisons.
std::string describe(const AddressSymbols& symbols);

struct OracleFrame {
  std::string function;  ///< as in DWARF or symbol table, not demangled
  std::string file;
  uint32_t line = 0;
};
/// Per address, innermost first. Empty where addr2line cannot be run.
std::vector<std::vector<OracleFrame>> run_addr2line(const std::string& path,
                                                    const std::vector<uint64_t>& addresses);

/// The request for a fixture as a recording would have it, build-id and all.
ModuleRequest request_for(const std::string& path, std::vector<uint64_t> addresses);

class CollectedWarnings : public Diagnostics {
 public:
  void warn(std::string message) override { messages.push_back(std::move(message)); }
  std::vector<std::string> messages;
};

}  // namespace strobe::symbolize

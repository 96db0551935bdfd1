// Which function of one recording is which of another, across builds: files move, lines shift, a library gets
// a new version number, a program another name. Pure.
#pragma once

#include <cstdint>
#include <vector>

#include "analyze/function_table.h"

namespace strobe::analyze {

/// Rows of two functions tables that are the same function; kNoRow on a side that does not have it.
struct FunctionPair {
  uint32_t a = FunctionTable::kNoRow;
  uint32_t b = FunctionTable::kNoRow;
  friend bool operator==(const FunctionPair&, const FunctionPair&) = default;
};

/// Every row of both tables is in exactly one pair. Functions of equal name are the same where module
/// (without directory and version) and file (without directory) agree; what is left over then, where only the
/// file, only the module, or nothing else agrees and there is no choice. Several of the same name in one file
/// (overloads) are paired in the order of their lines. In order of the rows of `a`, then of `b`.
[[nodiscard]] std::vector<FunctionPair> match_functions(const FunctionTable& a, const FunctionTable& b);

/// "libfoo.so" for "/usr/lib/libfoo.so.1.2.3".
[[nodiscard]] std::string module_stem(const std::string& path);

}  // namespace strobe::analyze

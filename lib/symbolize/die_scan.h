// One pass over the bytes of a DWARF unit that finds its functions and what encloses them. libdw can walk the
// same tree at many times the cost, and a report needs few of the millions of entries of a large debug file.
// Pure; every offset is checked; damaged bytes end the pass early.
#pragma once

#include <cstdint>
#include <vector>

#include "base/byte_reader.h"

namespace strobe::symbolize {

constexpr uint32_t kNoScope = UINT32_MAX;

/// An entry with children that is a namespace, a type or a function.
struct DieScope {
  uint64_t begin = 0;          ///< offset of the entry in .debug_info
  uint64_t end = 0;            ///< behind its last child
  uint32_t parent = kNoScope;  ///< the scope around it
};

struct UnitScan {
  std::vector<uint64_t> functions;  ///< offsets of the entries of functions that have code
  std::vector<DieScope> scopes;     ///< by `begin`
};

/// Of the unit whose header starts at `offset` of `info`.
[[nodiscard]] UnitScan scan_unit(Bytes info, Bytes abbrev, uint64_t offset);

/// The innermost scope around the entry at `offset`, which is not its own scope; kNoScope at the top.
[[nodiscard]] uint32_t find_scope_around(const UnitScan& scan, uint64_t offset);

}  // namespace strobe::symbolize

// Local variables of a frame that stands still, as short text: simple values in full, others by their type
// and length. Nothing of the program is called (no __repr__). Bounded whatever the memory holds. Any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "base/memory_reader.h"
#include "python/runtime.h"

namespace strobe::python {

/// UTF-8, as the program has it: escape it on output.
struct LocalVariable {
  std::string name;
  std::string value;  ///< as Python writes it: 42, 'two\nlines', 1.5, None; else "list of 3", "<Point>"
};

struct LocalVariables {
  std::vector<LocalVariable> variables;
  size_t left_out = 0;  ///< of the function's variables: beyond the limit, with a value or without
};

/// The arguments and local variables that have a value, in the order of the code object (up to 3.10 without
/// those that nested functions use); `frame` and `code` are addresses.
[[nodiscard]] LocalVariables read_locals(MemoryReader& memory, const Runtime& runtime, uint64_t frame,
                                         uint64_t code);

}  // namespace strobe::python

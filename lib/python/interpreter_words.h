// What an interpreter says of itself that belongs to every sample: who holds the GIL, whether garbage is
// collected.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/memory_reader.h"
#include "model/python.h"
#include "python/core/frame_walk.h"
#include "python/runtime.h"

namespace strobe::python {

/// Whether a thread state, read again, is still `thread`'s: memory may be freed and used for another one.
[[nodiscard]] bool is_state_of(const PythonWalkLayout& layout, const PythonThread& thread,
                               const ThreadHead& head);

struct InterpreterWords {
  int32_t collecting = 0;
  int32_t locked = 0;   ///< of the GIL, up to 3.12: later the thread state tells
  uint64_t holder = 0;  ///< thread state

  /// Appends what is to be read for `thread` to `pieces`, which borrow from this object.
  void add_pieces(const PythonWalkLayout& layout, const PythonThread& thread,
                  std::vector<MemoryPiece>& pieces);
  /// Fills in what `out` says of the GIL and the garbage collector.
  void apply(const PythonWalkLayout& layout, const PythonThread& thread, const ThreadHead& head,
             PythonCapture& out) const;
};

}  // namespace strobe::python

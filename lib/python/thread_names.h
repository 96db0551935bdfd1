// The names of threads as Python's `threading` module knows them, read out of its table of active threads.
// Some hundred microseconds: for now and then, not for every sample. Bounded whatever the memory holds. Any
// thread.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "base/memory_reader.h"
#include "python/runtime.h"

namespace strobe::python {

struct ThreadName {
  pid_t native_id = 0;  ///< in the target's PID namespace
  uint64_t ident = 0;   ///< threading.get_ident()
  std::string name;     ///< UTF-8 of at most 256 characters, as the program says it: escape it on output
};

/// One for each live thread that `threading` knows, of all interpreters; empty where it was not imported, or
/// the tables change while they are read.
[[nodiscard]] std::vector<ThreadName> read_thread_names(MemoryReader& memory, const Runtime& runtime);

}  // namespace strobe::python

// One moment of some processes: what every thread does, with native and Python stacks. Nothing that is
// blocked is disturbed, and what runs is stopped for microseconds (thread_look.h).
#pragma once

#include <sys/types.h>

#include <vector>

#include "base/diagnostics.h"
#include "base/result.h"
#include "model/dump.h"
#include "symbolize/symbolizer.h"

namespace strobe::workflow {

struct DumpRequest {
  std::vector<pid_t> pids;
  bool children = false;     ///< also the processes that they started, and so on
  bool native_only = false;  ///< the interpreter's C frames in place of the Python frames that they run
  bool locals = false;       ///< also simple values of the Python frames' local variables
  symbolize::SymbolizeOptions symbols;
};

/// Fails where a process cannot be looked at at all; trouble with single threads is in the Dump.
Result<Dump> dump(const DumpRequest& request, Diagnostics& diagnostics);

}  // namespace strobe::workflow

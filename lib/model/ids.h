// Ids of the recording's tables: each is an index into the vector of the same name in model::Profile.
#pragma once

#include <sys/types.h>

#include "base/strong_id.h"

namespace strobe {

using StringId = StrongId<struct StringTag>;
using ProcessId = StrongId<struct ProcessTag>;  ///< our index, not the pid: pids are reused
using ThreadId = StrongId<struct ThreadTag>;    ///< our index, not the tid
using ModuleId = StrongId<struct ModuleTag>;    ///< a file (or the kernel, vDSO, JIT code of a process)
using FunctionId = StrongId<struct FunctionTag>;
using FrameId = StrongId<struct FrameTag>;  ///< a place in code: module and address, or a source place
using StackId = StrongId<struct StackTag>;  ///< a node of the stack tree; names the path to its root

}  // namespace strobe

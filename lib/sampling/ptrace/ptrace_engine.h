// The engine over ptrace, for places where perf events are refused.
#pragma once

#include <memory>

#include "base/result.h"
#include "sampling/engine.h"

namespace strobe::sampling {

/// Fails, with the reason, where the targets may not be traced.
Result<std::unique_ptr<Engine>> make_ptrace_engine(const EngineOptions& options, const EngineTarget& target);

}  // namespace strobe::sampling

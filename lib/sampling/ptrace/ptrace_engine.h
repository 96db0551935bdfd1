// Sampling by ptrace, for machines and containers that refuse perf events: the tracer (tracer.h) in a thread
// of its own, and the Engine interface in front of it.
#pragma once

#include <memory>

#include "base/result.h"
#include "sampling/engine.h"

namespace strobe::sampling {

/// Does not touch the target yet: start() seizes it.
Result<std::unique_ptr<Engine>> make_ptrace_engine(const EngineOptions& options, const EngineTarget& target);

}  // namespace strobe::sampling

// The engine over perf events. The kernel samples; the rings are the queue; this class turns records into
// events for the sink, in order of time. Which events are open is TargetEvents' part, which threads live is
// ThreadTable's, what to ask for is event_attributes'. All calls come from one thread.
//
// Sampling is by inherited events per thread. Where many threads end before their first sample and the rights
// suffice, it goes over to events per CPU, whose phase runs on across threads; what they show of others is
// dropped here. The inherited events remain for CPU time, mappings, births and ends.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "sampling/engine.h"
#include "sampling/perf/event_attributes.h"

namespace strobe::sampling {

/// Fails, with the reason, where the kernel refuses perf events on the first target process.
Result<std::unique_ptr<Engine>> make_perf_engine(const EngineOptions& options, const EngineTarget& target);

/// One line: why the rights are what they are, and what would allow more.
[[nodiscard]] std::string describe_rights(const PerfFeatures& features, int paranoid);

}  // namespace strobe::sampling

// The words for what the kernel allows the perf engine.
#include <fmt/format.h>

#include "sampling/perf/perf_engine.h"

namespace strobe::sampling {

std::string describe_rights(const PerfFeatures& features, int paranoid) {
  if (!features.kernel) {
    return fmt::format(
        "perf events of user code are allowed (perf_event_paranoid {}); kernel time needs root, CAP_PERFMON "
        "or "
        "perf_event_paranoid 1",
        paranoid);
  }
  return fmt::format("perf events are allowed, kernel included (perf_event_paranoid {})", paranoid);
}

}  // namespace strobe::sampling

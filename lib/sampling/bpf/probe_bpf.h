// Whether the kernel lets us load a BPF program of the kind that runs on a perf event.
#pragma once

#include "model/rights.h"

namespace strobe::sampling::bpf {

/// Loads "return 0", attached to nothing, and lets it go.
[[nodiscard]] Attempt try_load_program();

}  // namespace strobe::sampling::bpf

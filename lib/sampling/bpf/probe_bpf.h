// Whether the kernel lets us load the BPF program that reads Python's frames.
#pragma once

#include "model/rights.h"

namespace strobe::sampling::bpf {

/// Loads it, attached to nothing, and lets it go; not tried where Strobe was built without it.
[[nodiscard]] Attempt try_load_program();

}  // namespace strobe::sampling::bpf

// Strobe's own limit of open files (RLIMIT_NOFILE). The launched program gets back the one Strobe was started
// with (ProcessState).
#pragma once

#include "base/unique_fd.h"

namespace strobe::os {

/// Makes the most of what is allowed: the soft limit becomes the hard one.
void raise_descriptor_limit();

/// Keeps a descriptor only while enough are left for what has to be opened now and then (procfs, modules,
/// the recording); else closes it. For descriptors that save work and can be done without.
[[nodiscard]] UniqueFd keep_if_plenty(UniqueFd fd);

}  // namespace strobe::os

// The last words of every hint about a refused right.
#pragma once

#include <sys/types.h>

#include <string>

namespace strobe::os {

/// "; `strobe doctor` tells what is allowed here and what would change it"; with a process id where it is
/// about one.
[[nodiscard]] std::string doctor_hint(pid_t pid = 0);

}  // namespace strobe::os

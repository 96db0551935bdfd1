#include "os/hints.h"

#include <fmt/format.h>

namespace strobe::os {

std::string doctor_hint(pid_t pid) {
  if (pid == 0) return "; `strobe doctor` tells what is allowed here and what would change it";
  return fmt::format("; `strobe doctor {}` tells what is allowed here and what would change it", pid);
}

}  // namespace strobe::os

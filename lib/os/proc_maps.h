// /proc/PID/maps: the mappings of a process that already runs. Parsing is pure; a line that is not understood
// is skipped.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace strobe::os {

struct ProcMapping {
  uint64_t start = 0;
  uint64_t end = 0;  ///< exclusive
  bool executable = false;
  uint64_t file_offset = 0;
  uint32_t device_major = 0;
  uint32_t device_minor = 0;
  uint64_t inode = 0;
  std::string path;  ///< as the kernel shows it: newlines are \012, a removed file ends in " (deleted)"
  friend bool operator==(const ProcMapping&, const ProcMapping&) = default;
};

/// All mappings in the text of a maps file, in its order.
[[nodiscard]] std::vector<ProcMapping> parse_proc_maps(std::string_view text);

/// The mappings of a process; not_found or gone when it no longer exists.
Result<std::vector<ProcMapping>> read_proc_maps(pid_t pid);

}  // namespace strobe::os

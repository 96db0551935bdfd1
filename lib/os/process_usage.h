// What memory a process occupies, by the kernel's own counters. Everything is a snapshot; where the process
// is gone, has no memory (a zombie, a kernel thread) or does not let us look, there is none. From any thread.
// Kernels before 6.2 count pages by thread and up to 64 of each kind late; later ones up to some 64 for each
// CPU, and exactly again from 6.16 on. smaps_rollup is exact everywhere.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string_view>

namespace strobe::os {

/// Of /proc/PID/status: costs some 15 µs whatever the size.
struct ResidentMemory {
  uint64_t rss_bytes = 0;  ///< anonymous + file + shmem
  uint64_t anonymous_bytes = 0;
  uint64_t file_bytes = 0;
  uint64_t shmem_bytes = 0;
  uint64_t swap_bytes = 0;
  uint64_t peak_rss_bytes = 0;  ///< VmHWM
};
[[nodiscard]] std::optional<ResidentMemory> decode_resident_memory(std::string_view status);  ///< pure
[[nodiscard]] std::optional<ResidentMemory> read_resident_memory(pid_t pid);

/// Of /proc/PID/smaps_rollup: the kernel walks the page tables, 4 ms for each GiB of small pages.
struct SharedMemory {
  uint64_t pss_bytes = 0;  ///< each page divided by the number of its users
  uint64_t private_bytes = 0;
};
[[nodiscard]] std::optional<SharedMemory> decode_shared_memory(std::string_view rollup);  ///< pure
[[nodiscard]] std::optional<SharedMemory> read_shared_memory(pid_t pid);

struct PageFaults {
  uint64_t minor = 0;
  uint64_t major = 0;  ///< that had to wait for storage
};
/// Of the process with all its threads, those that ended included; not of its children.
[[nodiscard]] std::optional<PageFaults> read_page_faults(pid_t pid);

/// Whether two processes run in the same memory, as after vfork until the child's exec. False where the
/// kernel does not tell.
[[nodiscard]] bool share_memory(pid_t a, pid_t b);

}  // namespace strobe::os

// Opens the file behind a mapping of a target: the right one, also where the target lives in another mount
// namespace or chroot, or the file was deleted or replaced since; and never something that hangs or has side
// effects, whatever the target's mount namespace holds at that path. Any thread.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/unique_fd.h"

namespace strobe::os {

/// A mapping as the kernel describes it (perf's MMAP2 record, /proc/PID/maps).
struct MappedFileId {
  std::string path;    ///< as the target sees it; may end in " (deleted)"
  uint64_t start = 0;  ///< of the mapping; 0 and 0 where not known
  uint64_t end = 0;
  uint32_t device_major = 0;
  uint32_t device_minor = 0;
  uint64_t inode = 0;  ///< 0 unknown: the path alone decides
};

/// Tries /proc/PID/root + path, /proc/PID/map_files, then the plain path; a regular file with the expected
/// inode (device too, but for file systems such as btrfs and overlayfs that give two different ones). `pid`
/// may be gone already.
Result<UniqueFd> open_mapped_file(pid_t pid, const MappedFileId& id);

/// The bytes of the vDSO as mapped in Strobe itself: the same image in every process of this kernel and
/// architecture. nullopt where there is none.
[[nodiscard]] std::optional<std::vector<std::byte>> read_vdso_image();

}  // namespace strobe::os

// A read lease (fcntl(2), F_SETLEASE): while it is held, nobody can write to the file or shorten it, so that
// a file of ours may be mapped without the fear of SIGBUS and of bytes that change while they are parsed.
// Whoever opens it for writing waits until we let go, /proc/sys/fs/lease-break-time (45 s) at most. Any
// thread.
#pragma once

#include <optional>

#include "base/unique_fd.h"

namespace strobe::os {

class FileLease {
 public:
  /// nullopt where it is not to be had: the file belongs to another user, is open for writing somewhere, or
  /// the file system has no leases (NFS, FUSE). `file` is open for reading.
  static std::optional<FileLease> take(UniqueFd file);

  /// False as soon as somebody waits for us to let go: then there are 45 s at most to stop using the file.
  [[nodiscard]] bool is_undisturbed() const;

 private:
  explicit FileLease(UniqueFd file) : file_(std::move(file)) {}
  UniqueFd file_;  // closing it gives the lease back
};

}  // namespace strobe::os

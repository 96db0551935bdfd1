#include "os/file_lease.h"

#include <fcntl.h>

#include <csignal>
#include <utility>

namespace strobe::os {

std::optional<FileLease> FileLease::take(UniqueFd file) {
  // The kernel announces a waiting writer with SIGIO, which would end us: SIGURG is ignored by default.
  if (::fcntl(file.get(), F_SETSIG, SIGURG) != 0) return std::nullopt;
  if (::fcntl(file.get(), F_SETLEASE, F_RDLCK) != 0) return std::nullopt;
  return FileLease(std::move(file));
}

bool FileLease::is_undisturbed() const { return ::fcntl(file_.get(), F_GETLEASE) == F_RDLCK; }

}  // namespace strobe::os

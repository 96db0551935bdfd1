#include "os/source_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <span>

#include "base/md5.h"
#include "base/unique_fd.h"

namespace strobe::os {
namespace {

/// File systems whose regular files are made up by the kernel: reading one can block (/proc/kmsg,
/// trace_pipe), take something away, or tell secrets (/proc/self/environ).
bool is_made_up(const UniqueFd& fd) {
  struct statfs info {};
  if (::fstatfs(fd.get(), &info) != 0) return true;
  switch (static_cast<unsigned long>(info.f_type)) {
    case PROC_SUPER_MAGIC:
    case SYSFS_MAGIC:
    case DEBUGFS_MAGIC:
    case TRACEFS_MAGIC:
    case SECURITYFS_MAGIC:
    case SELINUX_MAGIC:
    case CGROUP_SUPER_MAGIC:
    case CGROUP2_SUPER_MAGIC:
    case BPF_FS_MAGIC:
    case EFIVARFS_MAGIC:
    case PSTOREFS_MAGIC:
      return true;
    default:
      return false;
  }
}

/// All of a file, at most one byte more than may be; false with errno on failure.
bool read_all(const UniqueFd& fd, std::string& text) {
  constexpr size_t kPieceBytes = size_t{256} << 10;
  while (text.size() <= kMaxSourceBytes) {
    const size_t before = text.size();
    text.resize(before + kPieceBytes);
    const ssize_t count = ::read(fd.get(), text.data() + before, kPieceBytes);
    text.resize(before + static_cast<size_t>(std::max<ssize_t>(count, 0)));
    if (count == 0) return true;
    if (count < 0 && errno != EINTR) return false;
  }
  return true;
}

SourceState state_of_errno() {
  return errno == ENOENT || errno == ENOTDIR || errno == ENAMETOOLONG ? SourceState::absent
                                                                      : SourceState::unreadable;
}

/// Fills everything but the path.
SourceState read_into(const std::string& path, SourceFile& file) {
  if (path.find('\0') != std::string::npos) return SourceState::absent;
  // O_PATH first: opening a FIFO or device for real can block or have effects.
  const UniqueFd look(::open(path.c_str(), O_PATH | O_CLOEXEC));
  struct stat info {};
  if (!look || ::fstat(look.get(), &info) != 0) return state_of_errno();
  if (!S_ISREG(info.st_mode) || is_made_up(look)) return SourceState::not_regular;
  if (std::cmp_greater(info.st_size, kMaxSourceBytes)) return SourceState::too_large;
  const UniqueFd fd(::open(fmt::format("/proc/self/fd/{}", look.get()).c_str(),
                           O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  if (!fd) return state_of_errno();
  std::string text;
  if (!read_all(fd, text)) return SourceState::unreadable;
  if (text.size() > kMaxSourceBytes) return SourceState::too_large;
  if (text.find('\0') != std::string::npos) return SourceState::binary;
  file.mtime_ns = int64_t{info.st_mtim.tv_sec} * 1'000'000'000 + info.st_mtim.tv_nsec;
  file.md5 = md5_hex(std::as_bytes(std::span(text)));
  file.text = std::move(text);
  return SourceState::found;
}

}  // namespace

SourceFile read_source_file(const std::string& path) {
  SourceFile file;
  file.path = path;
  file.state = read_into(path, file);
  return file;
}

}  // namespace strobe::os

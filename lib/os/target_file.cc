#include "os/target_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/auxv.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <cerrno>
#include <string_view>

#include "os/process_memory.h"
#include "os/procfs.h"

namespace strobe::os {
namespace {

constexpr std::string_view kDeleted = " (deleted)";

enum class DeviceCheck : uint8_t { exact, inode_only };

/// Opens without blocking, without becoming a terminal's owner; nothing but a regular file is kept.
UniqueFd open_regular(const std::string& path) {
  // O_PATH first: opening a device or FIFO for real can have effects of its own.
  const UniqueFd look(::open(path.c_str(), O_PATH | O_CLOEXEC));
  struct stat info {};
  if (!look || ::fstat(look.get(), &info) != 0) return {};
  if (!S_ISREG(info.st_mode)) {
    errno = EINVAL;
    return {};
  }
  return UniqueFd(::open(fmt::format("/proc/self/fd/{}", look.get()).c_str(),
                         O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
}

bool is_expected(const UniqueFd& fd, const MappedFileId& id, DeviceCheck check) {
  if (id.inode == 0) return true;
  struct stat info {};
  if (::fstat(fd.get(), &info) != 0 || info.st_ino != id.inode) return false;
  return check == DeviceCheck::inode_only ||
         (major(info.st_dev) == id.device_major && minor(info.st_dev) == id.device_minor);
}

}  // namespace

Result<UniqueFd> open_mapped_file(pid_t pid, const MappedFileId& id) {
  std::string path = id.path;
  if (path.ends_with(kDeleted)) path.resize(path.size() - kDeleted.size());
  if (path.empty() || path[0] != '/' || path.starts_with("//")) {
    return fail(ErrorCode::not_found, "no file behind the mapping \"" + id.path + "\"");
  }
  const std::string in_root = fmt::format("/proc/{}/root{}", pid, path);
  if (UniqueFd fd = open_regular(in_root); fd && is_expected(fd, id, DeviceCheck::exact)) return fd;
  // Of the mapping itself, whatever its path now leads to. Needs CAP_SYS_ADMIN or CAP_CHECKPOINT_RESTORE.
  if (id.start < id.end) {
    UniqueFd fd = open_regular(fmt::format("/proc/{}/map_files/{:x}-{:x}", pid, id.start, id.end));
    if (fd && is_expected(fd, id, DeviceCheck::inode_only)) return fd;
  }
  if (UniqueFd fd = open_regular(path); fd && is_expected(fd, id, DeviceCheck::exact)) return fd;
  // btrfs and overlayfs show one device number in maps and another in stat(2).
  for (const std::string& candidate : {in_root, path}) {
    UniqueFd fd = open_regular(candidate);
    if (fd && is_expected(fd, id, DeviceCheck::inode_only)) return fd;
    if (fd) errno = ESTALE;
  }
  if (errno == ESTALE)
    return fail(ErrorCode::not_found, path + " is not the file that was mapped (replaced since)");
  return from_errno("open " + path);
}

std::optional<std::vector<std::byte>> read_vdso_image() {
  const uint64_t base = ::getauxval(AT_SYSINFO_EHDR);
  const auto maps = read_proc_file("/proc/self/maps", 1 << 22);
  if (base == 0 || !maps) return std::nullopt;
  // The mapping's end, from the line that starts at `base`: the image is all of it.
  const std::string begin = fmt::format("{:x}-", base);
  for (size_t at = 0; at < maps->size();) {
    const size_t line_end = std::min(maps->find('\n', at), maps->size());
    const std::string_view line = std::string_view(*maps).substr(at, line_end - at);
    if (line.starts_with(begin)) {
      const uint64_t end = ::strtoull(std::string(line.substr(begin.size(), 16)).c_str(), nullptr, 16);
      if (end <= base || end - base > (1 << 20)) return std::nullopt;
      std::vector<std::byte> image(end - base);
      if (!ProcessMemory(::getpid()).read_memory(base, image)) return std::nullopt;
      return image;
    }
    at = line_end + 1;
  }
  return std::nullopt;
}

}  // namespace strobe::os

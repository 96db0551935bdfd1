#include "symbolize/scratch_bytes.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/mman.h>
#include <sys/vfs.h>

#include <utility>

#include "base/unique_fd.h"

namespace strobe::symbolize {
namespace {

/// Not /tmp, which is memory on many machines.
constexpr const char* kFolder = "/var/tmp";

bool is_on_disk(const UniqueFd& file) {
  struct statfs info {};
  return ::fstatfs(file.get(), &info) == 0 && info.f_type != TMPFS_MAGIC && info.f_type != RAMFS_MAGIC;
}

}  // namespace

std::optional<ScratchBytes> ScratchBytes::make(size_t size) {
  const UniqueFd file(::open(kFolder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
  // Room is taken now: a full disk would later be a SIGBUS.
  if (!file || size == 0 || !is_on_disk(file)) return std::nullopt;
  if (::fallocate(file.get(), 0, 0, static_cast<off_t>(size)) != 0) return std::nullopt;
  void* mapping = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, file.get(), 0);
  if (mapping == MAP_FAILED) return std::nullopt;
  return ScratchBytes({static_cast<std::byte*>(mapping), size});
}

ScratchBytes::ScratchBytes(ScratchBytes&& other) noexcept : bytes_(std::exchange(other.bytes_, {})) {}

ScratchBytes::~ScratchBytes() {
  if (!bytes_.empty()) ::munmap(bytes_.data(), bytes_.size());
}

void ScratchBytes::drop_pages() const {
  if (!bytes_.empty()) ::madvise(bytes_.data(), bytes_.size(), MADV_DONTNEED);
}

}  // namespace strobe::symbolize

#include "base/mapped_file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <utility>

namespace strobe {

Result<MappedFile> MappedFile::map(const UniqueFd& fd, const std::string& name) {
  struct stat info {};
  if (::fstat(fd.get(), &info) != 0) return from_errno("stat " + name);
  if (!S_ISREG(info.st_mode)) return fail(ErrorCode::invalid_argument, name + " is not a regular file");
  MappedFile file;
  if (info.st_size == 0) return file;
  const auto size = static_cast<size_t>(info.st_size);
  void* address = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, fd.get(), 0);
  if (address == MAP_FAILED) return from_errno("map " + name);
  file.bytes_ = Bytes(static_cast<const std::byte*>(address), size);
  file.mapped_ = true;
  return file;
}

Result<MappedFile> MappedFile::open(const std::string& path) {
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!fd) return from_errno("open " + path);
  return map(fd, path);
}

MappedFile MappedFile::own(std::vector<std::byte> bytes) {
  MappedFile file;
  file.owned_ = std::move(bytes);
  file.bytes_ = file.owned_;
  return file;
}

MappedFile MappedFile::view(Bytes bytes) {
  MappedFile file;
  file.bytes_ = bytes;
  return file;
}

void MappedFile::drop_pages() const {
  if (mapped_) ::madvise(const_cast<std::byte*>(bytes_.data()), bytes_.size(), MADV_DONTNEED);
}

MappedFile::MappedFile(MappedFile&& other) noexcept
    : bytes_(std::exchange(other.bytes_, {})),
      mapped_(std::exchange(other.mapped_, false)),
      owned_(std::move(other.owned_)) {}

MappedFile& MappedFile::operator=(MappedFile&& other) noexcept {
  if (this != &other) {
    unmap();
    bytes_ = std::exchange(other.bytes_, {});
    mapped_ = std::exchange(other.mapped_, false);
    owned_ = std::move(other.owned_);
  }
  return *this;
}

MappedFile::~MappedFile() { unmap(); }

void MappedFile::unmap() {
  if (mapped_) ::munmap(const_cast<std::byte*>(bytes_.data()), bytes_.size());
  mapped_ = false;
}

}  // namespace strobe

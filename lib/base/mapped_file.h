// A file mapped read-only, or bytes we own, behind one type: what parsers get their spans from.
// A file that shrinks while mapped raises SIGBUS, so files of uncertain owners are read, not mapped.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/byte_reader.h"
#include "base/result.h"
#include "base/unique_fd.h"

namespace strobe {

class MappedFile {
 public:
  /// Maps the whole regular file behind `fd`; an empty file gives no bytes. `name` is for messages only.
  static Result<MappedFile> map(const UniqueFd& fd, const std::string& name);
  static Result<MappedFile> open(const std::string& path);
  static MappedFile own(std::vector<std::byte> bytes);
  /// Bytes of somebody else, who outlives this object.
  static MappedFile view(Bytes bytes);

  MappedFile(MappedFile&& other) noexcept;
  MappedFile& operator=(MappedFile&& other) noexcept;
  ~MappedFile();

  /// Valid as long as this object (moving keeps it valid).
  [[nodiscard]] Bytes bytes() const { return bytes_; }
  /// Gives the memory of a mapping back; the next access reads the file again. Any thread, at any time.
  void drop_pages() const;

 private:
  MappedFile() = default;
  void unmap();

  Bytes bytes_;
  bool mapped_ = false;
  std::vector<std::byte> owned_;
};

}  // namespace strobe

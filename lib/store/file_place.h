// Where a recording's file lies: creating it safely, and finding an existing one. The rim of this folder: the
// only file here that asks the file system about paths.
#pragma once

#include <cstdint>
#include <string>
#include <utility>

#include "base/result.h"
#include "base/unique_fd.h"

namespace strobe::store {

/// Creates an empty file, mode 0600, that did not exist before, and returns its absolute path without links
/// in the directories (SQLite's no-follow refuses them anywhere in a path). With `replace` a regular file of
/// that name is removed first, with what SQLite left beside it; never a link or anything else.
Result<std::string> create_file(const std::string& path, bool replace);

/// Removes a regular file and what SQLite keeps beside it; what is not there is no error.
Result<void> remove_file(const std::string& path);

/// How much a file may grow.
struct FileSpace {
  uint64_t free_bytes = 0;               ///< of its file system, for this user
  uint64_t max_file_bytes = UINT64_MAX;  ///< the limit of file sizes (RLIMIT_FSIZE)
};
[[nodiscard]] FileSpace read_file_space(const std::string& path);

/// Takes space on the file system of `path` by a file without a name: closing the descriptor, or the end of
/// this process, gives it free. None where the file system cannot do that.
[[nodiscard]] UniqueFd reserve_space(const std::string& path, uint64_t size_bytes);

struct FilePlace {
  std::string path;         ///< absolute, links resolved
  uint64_t size_bytes = 0;  ///< of the file and what SQLite keeps beside it
  bool has_wal = false;     ///< a non-empty -wal lies beside it: it was not finished, or is being written
};

/// An existing regular file, through links where there are some.
Result<FilePlace> find_file(const std::string& path);

/// A private copy of an unfinished recording and its -wal file, for places where nothing can be written:
/// SQLite writes even to read those. Removed with this object.
class PrivateCopy {
 public:
  /// Fails where the recording is being written at this moment.
  static Result<PrivateCopy> make(const FilePlace& place);
  PrivateCopy(PrivateCopy&& other) noexcept;
  PrivateCopy& operator=(PrivateCopy&&) = delete;
  ~PrivateCopy();

  [[nodiscard]] const FilePlace& place() const { return place_; }

 private:
  explicit PrivateCopy(std::string folder) : folder_(std::move(folder)) {}

  std::string folder_;
  FilePlace place_;
};

}  // namespace strobe::store

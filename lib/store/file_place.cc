#include "store/file_place.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <memory>

#include "base/unique_fd.h"

namespace strobe::store {
namespace {

constexpr const char* kOutputHint = "choose another place with -o FILE";

Result<std::string> resolve(const std::string& path, const std::string& what, const std::string& hint) {
  struct Free {
    void operator()(char* text) const { std::free(text); }
  };
  const std::unique_ptr<char, Free> resolved(::realpath(path.c_str(), nullptr));
  if (resolved == nullptr) return from_errno(what, hint);
  return std::string(resolved.get());
}

/// Removes a regular file; a file that is not there is fine.
Result<void> remove_regular(const std::string& path) {
  struct stat status {};
  if (::lstat(path.c_str(), &status) != 0) {
    if (errno == ENOENT) return {};
    return from_errno("look at " + path, kOutputHint);
  }
  if (!S_ISREG(status.st_mode)) {
    return fail(ErrorCode::invalid_argument, "replace " + path + ": it is not a regular file", kOutputHint);
  }
  if (::unlink(path.c_str()) != 0) return from_errno("replace " + path, kOutputHint);
  return {};
}

uint64_t size_of(const std::string& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0 || status.st_size < 0) return 0;
  return static_cast<uint64_t>(status.st_size);
}

}  // namespace

Result<std::string> create_file(const std::string& path, bool replace) {
  const size_t slash = path.rfind('/');
  const std::string name = slash == std::string::npos ? path : path.substr(slash + 1);
  if (name.empty() || name == "." || name == "..") {
    return fail(ErrorCode::invalid_argument, "create '" + path + "': it names no file", kOutputHint);
  }
  const std::string folder = slash == std::string::npos ? "." : path.substr(0, slash + 1);
  auto resolved = resolve(folder, "create " + path, kOutputHint);
  if (!resolved) return resolved;
  const std::string absolute = (*resolved == "/" ? "" : *resolved) + "/" + name;
  if (replace) {
    for (const char* suffix : {"", "-wal", "-shm", "-journal"}) {
      if (auto result = remove_regular(absolute + suffix); !result) return pass(std::move(result));
    }
  }
  const UniqueFd fd(::open(absolute.c_str(), O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!fd) {
    if (errno == EEXIST) {
      return fail(ErrorCode::invalid_argument, "create " + path + ": it exists already",
                  "choose another name with -o FILE, or overwrite it with --force");
    }
    return from_errno("create " + path, kOutputHint);
  }
  return absolute;
}

Result<FilePlace> find_file(const std::string& path) {
  auto resolved = resolve(path, "open " + path, {});
  if (!resolved) return pass(std::move(resolved));
  struct stat status {};
  if (::stat(resolved->c_str(), &status) != 0) return from_errno("open " + path);
  if (!S_ISREG(status.st_mode)) {
    return fail(ErrorCode::invalid_argument, "open " + path + ": it is not a regular file");
  }
  const uint64_t wal_bytes = size_of(*resolved + "-wal");
  return FilePlace{std::move(*resolved), static_cast<uint64_t>(status.st_size) + wal_bytes, wal_bytes != 0};
}

}  // namespace strobe::store

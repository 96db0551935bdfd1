#include "store/file_place.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <system_error>
#include <utility>

namespace strobe::store {
namespace {

constexpr const char* kOutputHint = "choose another place with -o FILE";
constexpr const char* kInputHint = "name a recording, or make one: strobe run -o FILE -- COMMAND";

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

/// Whether some process holds SQLite's locks on the file so that it cannot be read (the bytes at 1 GiB that
/// sqlite.org/fileformat2.html calls the lock-byte page).
bool is_locked(const std::string& path) {
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) return false;
  struct flock lock {};
  lock.l_type = F_RDLCK;
  lock.l_whence = SEEK_SET;
  lock.l_start = 0x40000000;
  lock.l_len = 512;
  return ::fcntl(fd.get(), F_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
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
    if (auto result = remove_file(absolute); !result) return pass(std::move(result));
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

Result<void> remove_file(const std::string& path) {
  for (const char* suffix : {"", "-wal", "-shm", "-journal"}) {
    if (auto result = remove_regular(path + suffix); !result) return result;
  }
  return {};
}

FileSpace read_file_space(const std::string& path) {
  FileSpace space;
  struct statvfs system {};
  if (::statvfs(path.c_str(), &system) == 0) space.free_bytes = system.f_bavail * system.f_frsize;
  rlimit limit{};
  if (::getrlimit(RLIMIT_FSIZE, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY) {
    space.max_file_bytes = limit.rlim_cur;
  }
  return space;
}

UniqueFd reserve_space(const std::string& path, uint64_t size_bytes) {
  const std::string folder = path.substr(0, path.rfind('/') + 1);
  UniqueFd fd(::open(folder.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
  if (fd && ::fallocate(fd.get(), 0, 0, static_cast<off_t>(size_bytes)) != 0) fd.reset();
  return fd;
}

Result<FilePlace> find_file(const std::string& path) {
  auto resolved = resolve(path, "open " + path, kInputHint);
  if (!resolved) return pass(std::move(resolved));
  struct stat status {};
  if (::stat(resolved->c_str(), &status) != 0) return from_errno("open " + path);
  if (!S_ISREG(status.st_mode)) {
    return fail(ErrorCode::invalid_argument, "open " + path + ": it is not a regular file", kInputHint);
  }
  const uint64_t wal_bytes = size_of(*resolved + "-wal");
  return FilePlace{std::move(*resolved), static_cast<uint64_t>(status.st_size) + wal_bytes, wal_bytes != 0};
}

Result<PrivateCopy> PrivateCopy::make(const FilePlace& place) {
  if (is_locked(place.path)) {
    return fail(ErrorCode::io, "read " + place.path + ": another program is using it",
                "a running Strobe may still be recording into it: try again when that has ended");
  }
  std::string pattern = P_tmpdir "/strobe-XXXXXX";
  if (::mkdtemp(pattern.data()) == nullptr) return from_errno("create a folder in " P_tmpdir);
  PrivateCopy copy(std::move(pattern));
  copy.place_ = {copy.folder_ + "/recording", place.size_bytes, place.has_wal};
  for (const char* suffix : {"", "-wal"}) {
    std::error_code error;
    std::filesystem::copy_file(place.path + suffix, copy.place_.path + suffix, error);
    if (error) return tl::unexpected(make_errno_error(error.value(), "copy " + place.path + suffix));
    // The copy takes over the original's mode, which may lack the right to write.
    if (::chmod((copy.place_.path + suffix).c_str(), 0600) != 0) return from_errno("copy " + place.path);
  }
  return copy;
}

PrivateCopy::PrivateCopy(PrivateCopy&& other) noexcept
    : folder_(std::exchange(other.folder_, {})), place_(std::move(other.place_)) {}

PrivateCopy::~PrivateCopy() {
  if (folder_.empty()) return;
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

}  // namespace strobe::store

#include "heap/agent_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "base/mapped_file.h"
#include "base/md5.h"
#include "base/unique_fd.h"

namespace strobe::heap {
namespace {

constexpr unsigned char kImage[] = {
#include "agent_image.inc"
};

/// The loader splits the variable at these.
bool can_be_preloaded(const std::string& path) { return path.find_first_of(" \t\n:$") == std::string::npos; }

bool is_own_folder(const std::string& folder) {
  struct stat info {};
  return ::lstat(folder.c_str(), &info) == 0 && S_ISDIR(info.st_mode) && info.st_uid == ::geteuid() &&
         (info.st_mode & (S_IWGRP | S_IWOTH)) == 0;
}

bool holds_image(const std::string& path) {
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  struct stat info {};
  if (!fd || ::fstat(fd.get(), &info) != 0 || info.st_uid != ::geteuid()) return false;
  const auto file = MappedFile::map(fd, path);
  return file && file->bytes().size() == sizeof kImage &&
         std::memcmp(file->bytes().data(), kImage, sizeof kImage) == 0;
}

bool can_be_run(const std::string& path) {
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) return false;
  void* memory = ::mmap(nullptr, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd.get(), 0);
  if (memory == MAP_FAILED) return false;
  ::munmap(memory, 4096);
  return true;
}

/// Under another name first, so that nobody loads half of it.
bool write_image(const std::string& path) {
  std::string draft = path + ".XXXXXX";
  const UniqueFd fd(::mkostemp(draft.data(), O_CLOEXEC));
  if (!fd) return false;
  size_t done = 0;
  while (done < sizeof kImage) {
    const ssize_t wrote = ::write(fd.get(), kImage + done, sizeof kImage - done);
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote <= 0) break;
    done += static_cast<size_t>(wrote);
  }
  if (done == sizeof kImage && ::fchmod(fd.get(), 0755) == 0 && ::rename(draft.c_str(), path.c_str()) == 0) {
    return true;
  }
  ::unlink(draft.c_str());
  return false;
}

}  // namespace

Bytes agent_image() { return std::as_bytes(std::span(kImage)); }

Result<std::string> place_agent(const std::vector<std::string>& folders) {
  // Versions do not replace each other: programs may still load the one they began with.
  const std::string name = fmt::format("/strobe-memory-{}.so", md5_hex(agent_image()).substr(0, 12));
  std::string tried;
  for (const std::string& folder : folders) {
    tried += (tried.empty() ? "" : ", ") + folder;
    if (!can_be_preloaded(folder)) continue;
    if (::mkdir(folder.c_str(), 0755) != 0 && errno != EEXIST) continue;
    if (!is_own_folder(folder)) continue;
    std::string path = folder + name;
    if ((holds_image(path) || write_image(path)) && can_be_run(path)) return path;
  }
  return fail(ErrorCode::not_permitted, "no place for the library that sees allocations; tried " + tried,
              "one of these has to be a folder of yours that programs can be run from");
}

}  // namespace strobe::heap

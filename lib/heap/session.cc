#include "heap/session.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <system_error>
#include <utility>

#include "heap/agent_file.h"
#include "heap/wire/ring.h"

namespace strobe::heap {
namespace {

constexpr const char* kFolderName = "strobe-memory-";

std::vector<std::string> agent_folders(const SessionOptions& options) {
  const auto uid = ::geteuid();
  std::vector<std::string> folders;
  for (const char* place : {"/tmp", "/var/tmp"}) {
    folders.push_back(fmt::format("{}/strobe-agent-{}", place, uid));
  }
  if (!options.cache_folder.empty()) folders.push_back(options.cache_folder);
  folders.push_back(fmt::format("/dev/shm/strobe-agent-{}", uid));
  return folders;
}

void remove_folder(const std::string& folder) {
  std::error_code ignored;
  std::filesystem::remove_all(folder, ignored);
}

/// Nobody has the lock of a session whose Strobe was killed.
void remove_left_folders(const char* place) {
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator(place, ignored)) {
    const std::string path = entry.path().string();
    struct stat info {};
    if (!entry.path().filename().string().starts_with(kFolderName) || ::lstat(path.c_str(), &info) != 0 ||
        !S_ISDIR(info.st_mode) || info.st_uid != ::geteuid()) {
      continue;
    }
    const UniqueFd alive(::open((path + "/" + kAliveName).c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
    if (alive && ::flock(alive.get(), LOCK_EX | LOCK_NB) == 0) remove_folder(path);
  }
}

/// Memory rather than a disk, where there is such a folder.
Result<std::string> make_ring_folder() {
  for (const char* place : {"/dev/shm", "/tmp"}) {
    remove_left_folders(place);
    std::string path = fmt::format("{}/{}XXXXXX", place, kFolderName);
    if (::mkdtemp(path.data()) != nullptr) return path;
  }
  return from_errno("make a folder in /dev/shm or /tmp");
}

}  // namespace

Result<Session> Session::make(const SessionOptions& options) {
  auto agent = place_agent(agent_folders(options));
  if (!agent) return pass(std::move(agent));
  auto folder = make_ring_folder();
  if (!folder) return pass(std::move(folder));
  Session session;
  session.folder_ = *folder;
  session.alive_ =
      UniqueFd(::open((*folder + "/" + kAliveName).c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (!session.alive_ || ::flock(session.alive_.get(), LOCK_EX | LOCK_NB) != 0) {
    return from_errno("lock a file in " + *folder);
  }
  const std::string others = options.preload.empty() ? std::string() : ":" + options.preload;
  session.environment_ = {
      "LD_PRELOAD=" + *agent + others,
      fmt::format("{}={}{}{}", kFolderVariable, *folder,
                  options.interval_bytes == 0 ? "" : fmt::format(":{}", options.interval_bytes),
                  options.python_allocators ? fmt::format(":{}", kPythonWord) : "")};
  return session;
}

Session::Session(Session&& other) noexcept
    : folder_(std::exchange(other.folder_, {})),
      alive_(std::move(other.alive_)),
      environment_(std::move(other.environment_)) {}

Session::~Session() {
  if (!folder_.empty()) remove_folder(folder_);
}

}  // namespace strobe::heap

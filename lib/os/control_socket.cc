#include "os/control_socket.h"

#include <dirent.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <memory>
#include <optional>

namespace strobe::os {
namespace {

constexpr int kBacklog = 16;
constexpr size_t kMaxListed = 10'000;  // entries looked at in a folder

std::string socket_path(const std::string& folder, pid_t pid) { return fmt::format("{}/{}", folder, pid); }

std::optional<sockaddr_un> address_of(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) return std::nullopt;
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  return address;
}

UniqueFd make_socket() {
  return UniqueFd(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
}

/// A folder of our own that nobody else can enter, and no link to one.
bool is_private_folder(const std::string& folder) {
  struct stat status {};
  return ::lstat(folder.c_str(), &status) == 0 && S_ISDIR(status.st_mode) && status.st_uid == ::geteuid() &&
         (status.st_mode & 077) == 0;
}

Result<void> make_folder(const std::string& folder) {
  if (::mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST) return from_errno("make the folder " + folder);
  if (is_private_folder(folder)) return {};
  return fail(ErrorCode::not_permitted, folder + " is not a folder of this user's alone",
              "remove it, or give it to this user with mode 700");
}

std::optional<ucred> peer_of(const UniqueFd& fd) {
  ucred peer{};
  socklen_t size = sizeof peer;
  if (::getsockopt(fd.get(), SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) return std::nullopt;
  return peer;
}

/// A connection to whoever listens there; removes a name that nobody listens on.
Result<UniqueFd> connect_to(const std::string& path) {
  const auto address = address_of(path);
  UniqueFd fd = make_socket();
  if (!fd) return from_errno("make a socket");
  if (!address) return fail(ErrorCode::not_found, path + " is too long a name for a socket");
  if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&*address), sizeof *address) == 0) return fd;
  const int connect_errno = errno;
  if (connect_errno == ECONNREFUSED) ::unlink(path.c_str());
  errno = connect_errno;
  return from_errno("connect to " + path);
}

Result<std::string> bind_in(const UniqueFd& fd, const std::string& folder) {
  if (auto made = make_folder(folder); !made) return pass(std::move(made));
  std::string path = socket_path(folder, ::getpid());
  const auto address = address_of(path);
  if (!address) return fail(ErrorCode::invalid_argument, path + " is too long a name for a socket");
  // A former Strobe of this number was killed; one that still listens has it in another PID namespace.
  static_cast<void>(connect_to(path));
  if (::bind(fd.get(), reinterpret_cast<const sockaddr*>(&*address), sizeof *address) != 0) {
    return from_errno("make the socket " + path);
  }
  ::chmod(path.c_str(), 0600);
  return path;
}

Error explain_absence(pid_t pid) {
  struct stat status {};
  if (::stat(fmt::format("/proc/{}", pid).c_str(), &status) != 0) {
    return {ErrorCode::gone, fmt::format("there is no process {}", pid),
            "strobe control, without a process id, lists what can be controlled", 0};
  }
  if (status.st_uid != ::geteuid()) {
    return {ErrorCode::not_permitted,
            fmt::format("process {} belongs to user {}: only the user who started a Strobe controls it", pid,
                        status.st_uid),
            "do it as that user", 0};
  }
  return {ErrorCode::not_found, fmt::format("process {} is no Strobe that is recording", pid),
          "give the process id of Strobe, not of what it profiles; strobe control lists them", 0};
}

}  // namespace

std::vector<std::string> control_folders(const std::string& runtime_dir) {
  std::vector<std::string> folders;
  if (runtime_dir.starts_with('/')) folders.push_back(runtime_dir + "/strobe");
  const std::string usual = fmt::format("/run/user/{}/strobe", ::geteuid());
  if (std::find(folders.begin(), folders.end(), usual) == folders.end()) folders.push_back(usual);
  folders.push_back(fmt::format("/tmp/strobe-{}", ::geteuid()));
  return folders;
}

Result<std::string> ControlConnection::receive(int timeout_ms) const {
  pollfd news{fd_.get(), POLLIN, 0};
  const int ready = ::poll(&news, 1, timeout_ms);
  if (ready == 0) return fail(ErrorCode::io, "no answer came");
  std::string packet(kMaxControlBytes, '\0');
  const ssize_t size = ready < 0 ? -1 : ::recv(fd_.get(), packet.data(), packet.size(), 0);
  if (size < 0) return from_errno("receive");
  if (size == 0) return fail(ErrorCode::gone, "the other side has ended");
  packet.resize(static_cast<size_t>(size));
  return packet;
}

void ControlConnection::send(std::string_view packet) const {
  static_cast<void>(::send(fd_.get(), packet.data(), std::min(packet.size(), kMaxControlBytes),
                           MSG_NOSIGNAL | MSG_DONTWAIT));
}

Result<ControlListener> ControlListener::open(const std::vector<std::string>& folders) {
  Result<std::string> path = fail(ErrorCode::invalid_argument, "no folder for a socket");
  for (const std::string& folder : folders) {
    UniqueFd fd = make_socket();
    if (!fd) return from_errno("make a socket");
    path = bind_in(fd, folder);
    if (!path) continue;
    ControlListener listener(std::move(fd), std::move(*path));
    if (::listen(listener.fd(), kBacklog) != 0) return from_errno("listen on a socket");
    return listener;
  }
  return pass(std::move(path));
}

ControlListener::~ControlListener() {
  if (fd_) ::unlink(path_.c_str());
}

Result<ControlConnection> ControlListener::accept() const {
  UniqueFd fd(::accept4(fd_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
  if (!fd) return from_errno("accept");
  const auto peer = peer_of(fd);
  ControlConnection connection(std::move(fd));
  if (peer && peer->uid == ::geteuid()) return connection;
  connection.send("error this Strobe belongs to another user\ndo it as the user who started it");
  return fail(ErrorCode::not_permitted, "another user wanted to control this recording");
}

std::vector<pid_t> find_controllable(const std::vector<std::string>& folders) {
  std::vector<pid_t> pids;
  for (const std::string& folder : folders) {
    if (!is_private_folder(folder)) continue;
    const std::unique_ptr<DIR, int (*)(DIR*)> listing(::opendir(folder.c_str()), ::closedir);
    if (listing == nullptr) continue;
    for (size_t seen = 0; seen < kMaxListed; ++seen) {
      const dirent* entry = ::readdir(listing.get());
      if (entry == nullptr) break;
      const std::string_view name = entry->d_name;
      pid_t pid = 0;
      const auto parsed = std::from_chars(name.data(), name.data() + name.size(), pid);
      if (parsed.ec != std::errc{} || parsed.ptr != name.data() + name.size() || pid <= 0) continue;
      if (connect_to(socket_path(folder, pid))) pids.push_back(pid);
    }
  }
  std::sort(pids.begin(), pids.end());
  pids.erase(std::unique(pids.begin(), pids.end()), pids.end());
  return pids;
}

Result<ControlConnection> connect_control(const std::vector<std::string>& folders, pid_t pid) {
  for (const std::string& folder : folders) {
    if (!is_private_folder(folder)) continue;
    auto fd = connect_to(socket_path(folder, pid));
    if (!fd) continue;
    const auto peer = peer_of(*fd);
    if (peer && peer->uid == ::geteuid()) return ControlConnection(std::move(*fd));
  }
  return tl::unexpected<Error>(explain_absence(pid));
}

}  // namespace strobe::os

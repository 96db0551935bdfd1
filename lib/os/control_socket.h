// The rendezvous of a recording Strobe and those who want to control it: a Unix socket named after Strobe's
// process id, in a folder that belongs to the user alone. One packet is a request, one packet the answer.
//
// Who may talk: the same user, as the kernel tells it (SO_PEERCRED), on both sides. The folder is 0700 and
// checked to be a real folder of the user's, the socket 0600. Sockets that nobody listens on any more (a
// killed Strobe) are removed by whoever finds them.
#pragma once

#include <sys/types.h>

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/unique_fd.h"

namespace strobe::os {

inline constexpr size_t kMaxControlBytes = 4096;  ///< of a packet; longer ones are cut

/// Where sockets may be: $XDG_RUNTIME_DIR/strobe (where that is set), /run/user/UID/strobe, /tmp/strobe-UID.
/// A Strobe listens in the first that will do; who looks for it looks in all, since their environments may
/// differ.
[[nodiscard]] std::vector<std::string> control_folders(const std::string& runtime_dir);

/// One accepted (or opened) connection.
class ControlConnection {
 public:
  explicit ControlConnection(UniqueFd fd) : fd_(std::move(fd)) {}
  /// One packet. A peer that has nothing to say for so long is an error.
  [[nodiscard]] Result<std::string> receive(int timeout_ms) const;
  /// Never blocks; a peer that is gone is none of the sender's troubles.
  void send(std::string_view packet) const;

 private:
  UniqueFd fd_;
};

/// Listens while it lives, and takes its socket's name away at the end.
class ControlListener {
 public:
  static Result<ControlListener> open(const std::vector<std::string>& folders);
  ControlListener(ControlListener&&) noexcept = default;
  ControlListener& operator=(ControlListener&&) = delete;
  ~ControlListener();

  /// Readable when somebody wants to be accepted.
  [[nodiscard]] int fd() const { return fd_.get(); }
  /// Refuses other users, with an answer that says so.
  [[nodiscard]] Result<ControlConnection> accept() const;

 private:
  ControlListener(UniqueFd fd, std::string path) : fd_(std::move(fd)), path_(std::move(path)) {}
  UniqueFd fd_;
  std::string path_;
};

/// The Strobes of this user that record now, ascending. Removes sockets that were left behind.
[[nodiscard]] std::vector<pid_t> find_controllable(const std::vector<std::string>& folders);

/// Connects to the Strobe of that process id; a hint says what else that process is.
[[nodiscard]] Result<ControlConnection> connect_control(const std::vector<std::string>& folders, pid_t pid);

}  // namespace strobe::os

// What threads wait for, as text for people: the file behind a descriptor, the peer of a socket; and who
// holds a mutex. All of it is the target's own and may hold anything. Sampling thread only.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/memory_reader.h"

namespace strobe::record {

class WaitObjects {
 public:
  /// "/path", "pipe:[1234]", "tcp 127.0.0.1:80 -> 127.0.0.1:4242", "unix /run/x.sock"; empty where it cannot
  /// be told. As of now.
  [[nodiscard]] std::string describe(pid_t pid, int descriptor, uint64_t now_ns);

  /// Whether thread ids in the process's memory are those that we see: it is in our PID namespace.
  [[nodiscard]] bool shares_thread_ids(pid_t pid);

 private:
  struct Sockets {
    uint64_t read_ns = 0;
    std::unordered_map<uint64_t, std::string> by_inode;
  };
  [[nodiscard]] std::string describe_socket(pid_t pid, uint64_t inode, uint64_t now_ns);

  std::unordered_map<pid_t, Sockets> sockets_;
  std::unordered_map<pid_t, bool> shares_ids_;
};

/// Lines of /proc/PID/net/{tcp,tcp6,udp,udp6}: pure; adds "`kind` LOCAL -> PEER" by inode.
void decode_inet_sockets(std::string_view kind, std::string_view text,
                         std::unordered_map<uint64_t, std::string>& out);
/// /proc/PID/net/unix: those with a name.
void decode_unix_sockets(std::string_view text, std::unordered_map<uint64_t, std::string>& out);

/// The thread (in its own PID namespace) that holds the glibc mutex whose futex is at `address`; 0 where it
/// is none, or nobody is sure. Valid while a thread sleeps on it.
[[nodiscard]] pid_t read_mutex_owner(MemoryReader& memory, uint64_t address);

}  // namespace strobe::record

#include "record/wait_objects.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <climits>
#include <cstring>
#include <optional>
#include <vector>

#include "os/proc_tasks.h"
#include "os/procfs.h"

namespace strobe::record {
namespace {

constexpr size_t kMaxNetText = size_t{4} << 20;
constexpr size_t kMaxSockets = 20'000;
constexpr size_t kMaxProcesses = 64;
constexpr uint64_t kReadAgainNs = 1'000'000'000;

std::vector<std::string_view> words_of(std::string_view line) {
  std::vector<std::string_view> words;
  while (!line.empty() && words.size() < 16) {
    const size_t begin = line.find_first_not_of(' ');
    if (begin == std::string_view::npos) break;
    line.remove_prefix(begin);
    const size_t size = std::min(line.find(' '), line.size());
    words.push_back(line.substr(0, size));
    line.remove_prefix(size);
  }
  return words;
}

template <class T>
std::optional<T> parse(std::string_view text, int base) {
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

/// "0100007F:1F90", or four such words before the colon: the kernel prints words as the machine has them.
std::optional<std::string> decode_address(std::string_view text) {
  const size_t colon = text.find(':');
  if (colon != 8 && colon != 32) return std::nullopt;
  std::array<uint32_t, 4> words{};
  for (size_t i = 0; i < colon / 8; ++i) {
    const auto word = parse<uint32_t>(text.substr(i * 8, 8), 16);
    if (!word) return std::nullopt;
    words[i] = *word;
  }
  const auto port = parse<uint16_t>(text.substr(colon + 1), 16);
  if (!port) return std::nullopt;
  char name[INET6_ADDRSTRLEN] = {};
  if (::inet_ntop(colon == 8 ? AF_INET : AF_INET6, words.data(), name, sizeof name) == nullptr) {
    return std::nullopt;
  }
  return colon == 8 ? fmt::format("{}:{}", name, *port) : fmt::format("[{}]:{}", name, *port);
}

/// Calls `decode(line)` for each line behind the heading.
template <class Decode>
void for_lines(std::string_view text, Decode decode) {
  bool heading = true;
  while (!text.empty()) {
    const size_t size = std::min(text.find('\n'), text.size());
    if (!heading) decode(text.substr(0, size));
    heading = false;
    text.remove_prefix(std::min(size + 1, text.size()));
  }
}

}  // namespace

void decode_inet_sockets(std::string_view kind, std::string_view text,
                         std::unordered_map<uint64_t, std::string>& out) {
  for_lines(text, [&](std::string_view line) {
    // sl local remote state queues timer retransmissions uid timeout inode
    const auto words = words_of(line);
    if (words.size() < 10 || out.size() >= kMaxSockets) return;
    const auto local = decode_address(words[1]);
    const auto peer = decode_address(words[2]);
    const auto inode = parse<uint64_t>(words[9], 10);
    if (!local || !peer || !inode) return;
    const bool connected = !words[2].ends_with(":0000");
    out[*inode] =
        connected ? fmt::format("{} {} -> {}", kind, *local, *peer) : fmt::format("{} {}", kind, *local);
  });
}

void decode_unix_sockets(std::string_view text, std::unordered_map<uint64_t, std::string>& out) {
  for_lines(text, [&](std::string_view line) {
    // address: references protocol flags type state inode [path]
    const auto words = words_of(line);
    if (words.size() < 8 || out.size() >= kMaxSockets) return;
    const auto inode = parse<uint64_t>(words[6], 10);
    if (!inode) return;
    out[*inode] = fmt::format("unix {}", line.substr(static_cast<size_t>(words[7].data() - line.data())));
  });
}

std::string WaitObjects::describe_socket(pid_t pid, uint64_t inode, uint64_t now_ns) {
  if (sockets_.size() >= kMaxProcesses && !sockets_.contains(pid)) sockets_.clear();
  Sockets& known = sockets_[pid];
  auto found = known.by_inode.find(inode);
  if (found == known.by_inode.end() && (known.read_ns == 0 || now_ns - known.read_ns >= kReadAgainNs)) {
    known = {.read_ns = now_ns, .by_inode = {}};
    for (const char* kind : {"tcp", "tcp6", "udp", "udp6"}) {
      const auto text = os::read_proc_file(fmt::format("/proc/{}/net/{}", pid, kind), kMaxNetText);
      if (text) decode_inet_sockets(kind, *text, known.by_inode);
    }
    const auto text = os::read_proc_file(fmt::format("/proc/{}/net/unix", pid), kMaxNetText);
    if (text) decode_unix_sockets(*text, known.by_inode);
    found = known.by_inode.find(inode);
  }
  return found == known.by_inode.end() ? fmt::format("socket:[{}]", inode) : found->second;
}

bool WaitObjects::shares_thread_ids(pid_t pid) {
  if (shares_ids_.size() >= kMaxSockets) shares_ids_.clear();
  const auto [known, added] = shares_ids_.try_emplace(pid, false);
  if (added) known->second = os::read_namespace_id(pid, pid).value_or(0) == pid;
  return known->second;
}

std::string WaitObjects::describe(pid_t pid, int descriptor, uint64_t now_ns) {
  char target[PATH_MAX];
  const std::string link = fmt::format("/proc/{}/fd/{}", pid, descriptor);
  const ssize_t size = ::readlink(link.c_str(), target, sizeof target);
  if (size <= 0) return {};
  std::string_view text(target, static_cast<size_t>(size));
  constexpr std::string_view kSocket = "socket:[";
  if (text.starts_with(kSocket) && text.ends_with(']')) {
    const auto inode = parse<uint64_t>(text.substr(kSocket.size(), text.size() - kSocket.size() - 1), 10);
    if (inode) return describe_socket(pid, *inode, now_ns);
  }
  return std::string(text);
}

/// struct __pthread_mutex_s of 64-bit glibc (sysdeps/nptl/bits/struct_mutex.h): lock, count, owner, users,
/// kind. A thread that sleeps on it has set `lock` to 2; the owner is there from taking it to giving it back.
pid_t read_mutex_owner(MemoryReader& memory, uint64_t address) {
  struct Mutex {
    int32_t lock, count, owner;
    uint32_t users;
    int32_t kind;
  } mutex{};
  std::array<std::byte, sizeof mutex> bytes{};
  if (address % alignof(Mutex) != 0 || !memory.read_memory(address, bytes)) return 0;
  std::memcpy(&mutex, bytes.data(), sizeof mutex);
  constexpr int32_t kTypeMask = 3;      // normal, recursive, error-checking, adaptive
  constexpr int32_t kHarmless = 0x380;  // shared between processes; elision allowed or not
  const bool known_kind = (mutex.kind & ~(kTypeMask | kHarmless)) == 0;  // neither robust nor priority-aware
  return mutex.lock == 2 && known_kind && mutex.users >= 1 && mutex.owner > 0 ? mutex.owner : 0;
}

}  // namespace strobe::record

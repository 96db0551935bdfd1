#include "os/probe_process.h"

#include <fcntl.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <thread>
#include <utility>

namespace strobe::os {
namespace {

constexpr uint64_t kWord = 0x5374'726f'6265'2121;
const volatile uint64_t kProbeWord = kWord;  // in the same place in a forked copy

Attempt attempt(bool worked) {
  if (worked) return {Attempt::Outcome::worked};
  return {Attempt::Outcome::refused, errno};
}

/// In the copy: waits until the other end of the pipe is closed, by intent or because Strobe is gone.
[[noreturn]] void wait_for_end(int life_read, int life_write) {
  ::close(life_write);
  char byte = 0;
  while (::read(life_read, &byte, 1) < 0 && errno == EINTR) {
  }
  ::_exit(0);
}

/// Through a child that ends at once; -1 where that fails.
pid_t fork_orphan(int life_read, int life_write) {
  std::array<int, 2> answer{};
  if (::pipe2(answer.data(), O_CLOEXEC) != 0) return -1;
  const UniqueFd answer_read(answer[0]);
  UniqueFd answer_write(answer[1]);
  const pid_t middle = ::fork();
  if (middle == 0) {
    const pid_t orphan = ::fork();
    if (orphan == 0) {
      ::close(answer[1]);
      wait_for_end(life_read, life_write);
    }
    static_cast<void>(!::write(answer[1], &orphan, sizeof orphan));
    ::_exit(0);
  }
  answer_write.reset();
  if (middle < 0) return -1;
  while (::waitpid(middle, nullptr, 0) < 0 && errno == EINTR) {
  }
  pid_t orphan = -1;
  return ::read(answer_read.get(), &orphan, sizeof orphan) == sizeof orphan ? orphan : -1;
}

}  // namespace

std::optional<ProbeProcess> ProbeProcess::start(Kinship kinship) {
  std::array<int, 2> life{};
  if (::pipe2(life.data(), O_CLOEXEC) != 0) return std::nullopt;
  const UniqueFd life_read(life[0]);
  UniqueFd life_write(life[1]);
  pid_t pid = -1;
  if (kinship == Kinship::orphan) {
    pid = fork_orphan(life[0], life[1]);
  } else {
    pid = ::fork();
    if (pid == 0) wait_for_end(life[0], life[1]);
  }
  if (pid < 0) return std::nullopt;
  return ProbeProcess(pid, std::move(life_write));
}

ProbeProcess::ProbeProcess(ProbeProcess&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)), life_(std::move(other.life_)) {}

ProbeProcess::~ProbeProcess() {
  if (pid_ < 0) return;
  life_.reset();
  // Fails at once for an orphan, which is its new parent's to collect.
  while (::waitpid(pid_, nullptr, __WALL) < 0 && errno == EINTR) {
  }
}

Attempt ProbeProcess::try_trace() const {
  if (::ptrace(PTRACE_SEIZE, pid_, nullptr, nullptr) != 0) return attempt(false);
  Attempt result = attempt(::ptrace(PTRACE_INTERRUPT, pid_, nullptr, nullptr) == 0);
  if (!result.worked()) return result;
  int status = 0;
  while (::waitpid(pid_, &status, __WALL) < 0 && errno == EINTR) {
  }
  return attempt(WIFSTOPPED(status) && ::ptrace(PTRACE_DETACH, pid_, nullptr, nullptr) == 0);
}

Attempt ProbeProcess::try_read() const {
  uint64_t word = 0;
  iovec local{.iov_base = &word, .iov_len = sizeof word};
  iovec remote{.iov_base = const_cast<uint64_t*>(&kProbeWord), .iov_len = sizeof word};
  const ssize_t got = ::process_vm_readv(pid_, &local, 1, &remote, 1, 0);
  if (got == sizeof word && word != kWord) return {Attempt::Outcome::refused, EIO};
  return attempt(got == sizeof word);
}

Attempt try_seize(pid_t pid) {
  Attempt result;
  // A tracer that ends lets go of everything without stopping it; detaching would need a stop (ptrace(2)).
  std::thread tracer([&] { result = attempt(::ptrace(PTRACE_SEIZE, pid, nullptr, nullptr) == 0); });
  tracer.join();
  return result;
}

Attempt try_read_memory(pid_t pid) {
  uint64_t word = 0;
  iovec local{.iov_base = &word, .iov_len = sizeof word};
  iovec remote{.iov_base = nullptr, .iov_len = sizeof word};
  const ssize_t got = ::process_vm_readv(pid, &local, 1, &remote, 1, 0);
  // Rights are looked at before the address is (process_vm_rw_core in mm/process_vm_access.c).
  return attempt(got > 0 || errno == EFAULT);
}

}  // namespace strobe::os

// What the agent asks of the kernel, without going through functions of the C library that a program or
// another preloaded library may have replaced, and without touching errno.
#pragma once

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>

namespace strobe::heap::agent {

/// The result, or -errno.
inline long system_call(long number, long a = 0, long b = 0, long c = 0, long d = 0, long e = 0, long f = 0) {
  register long r10 asm("r10") = d;
  register long r8 asm("r8") = e;
  register long r9 asm("r9") = f;
  long result = number;
  asm volatile("syscall"
               : "+a"(result)
               : "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
               : "rcx", "r11", "memory");
  return result;
}

template <class T>
long as_word(T* pointer) {
  return static_cast<long>(reinterpret_cast<uintptr_t>(pointer));
}

/// Zeroed memory of our own; null where there is none.
inline void* get_pages(size_t bytes) {
  const long got = system_call(SYS_mmap, 0, static_cast<long>(bytes), PROT_READ | PROT_WRITE,
                               MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  return got < 0 && got > -4096 ? nullptr : reinterpret_cast<void*>(got);
}

inline void sleep_ms(long ms) {
  struct {
    long seconds, ns;
  } time{ms / 1000, ms % 1000 * 1'000'000};
  system_call(SYS_clock_nanosleep, 1 /* CLOCK_MONOTONIC */, 0, as_word(&time), 0);
}

inline uint64_t clock_ns() {
  struct {
    long seconds, ns;
  } time{};
  system_call(SYS_clock_gettime, 1 /* CLOCK_MONOTONIC */, as_word(&time));
  return static_cast<uint64_t>(time.seconds) * 1'000'000'000 + static_cast<uint64_t>(time.ns);
}

/// Whether a word can be read there: the kernel looks before it finds that the first argument makes no sense.
inline bool is_readable(uint64_t address) {
  return system_call(SYS_rt_sigprocmask, ~0L, static_cast<long>(address), 0, 8) != -EFAULT;
}

/// Calls of the C library between these two leave errno as the program had it.
class KeepErrno {
 public:
  KeepErrno() : value_(errno) {}
  KeepErrno(const KeepErrno&) = delete;
  KeepErrno& operator=(const KeepErrno&) = delete;
  ~KeepErrno() { errno = value_; }

 private:
  int value_;
};

}  // namespace strobe::heap::agent

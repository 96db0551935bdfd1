// One sample as an engine took it: one thread, one instant, its registers and the top of its stack.
// The spans are borrowed from the engine's buffer and valid until the sink's call returns; everything the
// unwinder needs is in here, so a sample can be saved, replayed and fuzzed.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <span>

#include "model/python.h"
#include "model/registers.h"

namespace strobe {

struct RawSample {
  uint64_t time_ns = 0;  ///< CLOCK_MONOTONIC
  pid_t pid = 0;
  pid_t tid = 0;
  uint32_t cpu = 0;

  /// Kernel return addresses, innermost first; empty in user mode or where the kernel may not be sampled.
  std::span<const uint64_t> kernel_frames;

  /// User registers; absent for kernel threads, exiting threads and 32-bit code.
  bool has_registers = false;
  Registers registers;

  /// Bytes of the user stack from the stack pointer upwards.
  std::span<const std::byte> stack;
  /// True where the stack may go on beyond `stack` (the copy was as long as asked for).
  bool stack_full = false;

  /// Python's frames, as of the sample; null where nobody looked. Borrowed like the spans.
  const PythonCapture* python = nullptr;
};

}  // namespace strobe

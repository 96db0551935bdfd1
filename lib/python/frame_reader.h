// Reads the Python frames of one thread of one process: while it stands still, or while it runs (twice,
// keeping what did not change meanwhile). One thread at a time.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <span>
#include <vector>

#include "base/memory_reader.h"
#include "model/python.h"
#include "python/core/frame_walk.h"
#include "python/page_memory.h"
#include "python/running_walk.h"
#include "python/runtime.h"
#include "python/thread_finder.h"

namespace strobe::python {

class FrameReader {
 public:
  /// The memory is borrowed; with os::ProcessMemory a look costs few system calls.
  FrameReader(MemoryReader& memory, Runtime runtime);
  FrameReader(const FrameReader&) = delete;
  FrameReader& operator=(const FrameReader&) = delete;

  /// `native_id` is the thread's id in the target's PID namespace. `out` is filled with an outcome always:
  /// `none` for a thread without Python. The thread stands still until the call returns; its general
  /// `registers`, in any order, tell what is in no memory yet while a call begins (empty: not known).
  void capture_stopped(pid_t native_id, PythonCapture& out, std::span<const uint64_t> registers = {});
  /// The thread may run.
  void capture_running(pid_t native_id, PythonCapture& out);

  /// Where the frames of the last capture lie, in the order of its frames (see locals.h).
  [[nodiscard]] const std::vector<uint64_t>& frame_addresses() const { return addresses_; }

  [[nodiscard]] const Runtime& runtime() const { return runtime_; }

 private:
  void capture(pid_t native_id, PythonReading reading, PythonCapture& out);
  /// One thread state; false where it is not that thread's any more.
  bool capture_state(const PythonThread& thread, PythonReading reading, PythonCapture& out);
  /// Several states of one thread, one for each interpreter it runs: their stacks one above the other.
  bool capture_states(std::span<const PythonThread> threads, PythonReading reading, PythonCapture& out);
  bool read_stopped(const PythonThread& thread, ThreadHead& head, InterpreterWords& words);
  void append_frames(MemoryReader& memory, const ThreadHead& head, size_t first, PythonCapture& out);
  void read_identities(std::span<RawPythonFrame> frames);

  MemoryReader* memory_;
  Runtime runtime_;
  ThreadFinder finder_;
  PageMemory pages_;
  RunningWalk running_;
  std::vector<ChainFrame> chain_storage_;
  FrameChain chain_;
  std::vector<uint64_t> addresses_;
  std::span<const uint64_t> registers_;  // during capture_stopped()
  /// A code object of the stack that is being read, and the part of it that tells what it is.
  struct CodePart {
    uint64_t code = 0;
    uint64_t identity = 0;
    std::array<std::byte, 128> bytes{};
  };
  std::vector<CodePart> code_parts_;  // reused
  std::vector<MemoryPiece> pieces_;   // reused
  bool lacks_leaf_ = false;           // read_stopped() had to leave out the innermost frames
};

}  // namespace strobe::python

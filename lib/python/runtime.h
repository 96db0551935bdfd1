// One process's CPython: which version it is, where its fields are, and its interpreters and threads.
// Everything is read from a live process or an image of one and checked: lists are bounded, pointers that
// lead nowhere are errors. The memory is borrowed for the call only. Any thread.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "base/memory_reader.h"
#include "base/result.h"
#include "model/python.h"
#include "python/interpreter_module.h"
#include "python/layout.h"

namespace strobe::python {

struct Runtime {
  uint64_t address = 0;  ///< of _PyRuntime in the process
  uint32_t version_hex = 0;
  bool free_threaded = false;
  Layout layout;
  uint64_t code_type = 0;    ///< address of PyCode_Type; 0 unknown
  uint64_t none_object = 0;  ///< address of None; 0 unknown
  /// Up to 3.10: where struct pthread has the thread's id; 0 not found.
  PythonOffset tid_in_pthread = 0;

  [[nodiscard]] int minor() const { return static_cast<int>(layout.walk.minor); }
};

/// "CPython 3.13.2", "CPython 3.13.2 free-threaded", "CPython 3.10" where the file does not tell more.
[[nodiscard]] std::string version_text(const Runtime& runtime);

/// Looks at the runtime at `runtime_address`, whose file said `module`; `pid` is the process's own id in its
/// PID namespace (up to 3.10 threads are found by it). Errors:
/// - not_found: not initialised yet, nor has it threads: try again later;
/// - unsupported: a version that this Strobe does not know (too new, too old, a pre-release): native frames
///   only, as the hint says;
/// - malformed: it says that it is a known version, but is not laid out like it;
/// - gone: its memory cannot be read.
Result<Runtime> open_runtime(MemoryReader& memory, uint64_t runtime_address, const InterpreterModule& module,
                             pid_t pid);

/// One thread state: a thread's part of one interpreter.
struct PythonThread {
  uint64_t state = 0;  ///< address of its PyThreadState
  uint64_t interpreter = 0;
  int64_t interpreter_id = 0;
  uint64_t gil = 0;     ///< address of the GIL that its interpreter uses; 0 not known
  pid_t native_id = 0;  ///< in the target's PID namespace; 0 not known (yet)
  uint64_t ident = 0;   ///< threading.get_ident()
};

/// The first words of the lists of interpreters and threads: while they stay, no thread state came.
struct ThreadListHeads {
  std::vector<uint64_t> interpreters;  ///< addresses, newest first
  std::vector<uint64_t> threads;       ///< the first thread state of each
};

/// The thread states of all interpreters, newest first. False, with what was found, where memory could not be
/// read or the lists are longer than any (they change while they are read).
bool list_threads(MemoryReader& memory, const Runtime& runtime, std::vector<PythonThread>& out,
                  ThreadListHeads* heads = nullptr);

/// The address of the GIL that an interpreter uses; 0 where it has none.
[[nodiscard]] uint64_t find_gil(MemoryReader& memory, const Runtime& runtime, uint64_t interpreter);

}  // namespace strobe::python

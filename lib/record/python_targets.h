// Which targets run Python, and the reading of their frames: finds the interpreter when its file is mapped,
// waits until it is initialised, and then answers the engine's questions about threads and the recorder's
// about code objects.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "model/ids.h"
#include "model/python.h"
#include "os/process_memory.h"
#include "python/code_objects.h"
#include "python/frame_reader.h"
#include "python/interpreter_module.h"

namespace strobe::record {

/// An interpreter's file as a process mapped it.
struct MappedInterpreter {
  uint64_t runtime = 0;  ///< address of _PyRuntime in the process
  uint64_t bias = 0;
  python::InterpreterModule file;
  ModuleId module;
};

/// A process whose Python frames can be read.
struct PythonProcess {
  PythonProcess(pid_t target_pid, const MappedInterpreter& mapped, python::Runtime runtime);
  PythonProcess(const PythonProcess&) = delete;
  PythonProcess& operator=(const PythonProcess&) = delete;

  pid_t pid;
  MappedInterpreter interpreter;
  std::string version;  ///< "CPython 3.11.2"
  os::ProcessMemory memory;
  python::FrameReader frames;  // of whoever asks through read_frames(), one at a time
  std::mutex frames_mutex;
  /// The thread that the target's own namespace numbers so; 0 for one that had no sample.
  [[nodiscard]] pid_t outer_tid(pid_t native_id);
  python::CodeObjects code;
  std::mutex code_mutex;                               // guards `code`
  std::unordered_map<pid_t, pid_t> tids_in_namespace;  // by tid; guarded by frames_mutex
  bool own_namespace = true;                           ///< its thread ids are those that we see
};

/// Whether it has mapped a file whose name is that of an interpreter: a guess, and quick.
[[nodiscard]] bool looks_like_python(pid_t pid);

class PythonTargets final : public PythonFrameReader {
 public:
  // All but read_frames(): sampling thread.
  void mapped(pid_t pid, const MappedInterpreter& interpreter);
  /// A process of an interpreter that cannot be read, by its name.
  void met_other(pid_t pid, const std::string& name);
  /// A child begins as a copy of its parent.
  void forked(pid_t parent, pid_t child);
  /// The process became another program, or ended.
  void gone(pid_t pid);

  /// Whether looks should come soon: some interpreter is not ready yet.
  [[nodiscard]] bool is_waiting() const { return !waiting_.empty(); }
  /// Looks at those again; what is ready, or gone (`runtime` 0), since the last call.
  std::vector<PythonTarget> take_changes(uint64_t now_ns);

  /// Null where the process runs no Python that is known. Valid until the next call of a function that
  /// changes.
  [[nodiscard]] PythonProcess* find(pid_t pid) const;
  bool read_frames(const PythonLook& look, PythonCapture& out) override;

  /// Versions seen, in order of appearance, and whole sentences about those that cannot be read.
  [[nodiscard]] const std::vector<std::string>& interpreters() const { return interpreters_; }
  [[nodiscard]] const std::vector<std::string>& warnings() const { return warnings_; }

 private:
  struct Waiting {
    MappedInterpreter interpreter;
    uint64_t next_look_ns = 0;
    uint32_t looks = 0;
  };

  bool look(pid_t pid, Waiting& waiting);
  void add(pid_t pid, const MappedInterpreter& interpreter, python::Runtime runtime);
  [[nodiscard]] std::shared_ptr<PythonProcess> find_shared(pid_t pid) const;

  mutable std::mutex mutex_;  // guards processes_
  std::unordered_map<pid_t, std::shared_ptr<PythonProcess>> processes_;
  std::map<pid_t, Waiting> waiting_;
  std::vector<PythonTarget> changes_;
  std::vector<std::string> interpreters_;
  std::vector<std::string> warnings_;
  std::vector<std::string> others_;  // that were warned of
};

}  // namespace strobe::record

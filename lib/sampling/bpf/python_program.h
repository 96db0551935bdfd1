// The BPF program that reads Python's frames in the interrupt of a sample (python_walk.bpf.c), loaded: which
// processes it looks at, on which events it runs, and what it found. Loading needs root, or CAP_BPF and
// CAP_PERFMON; everything else works on descriptors that are open by then. One thread.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <span>

#include "base/result.h"
#include "base/unique_fd.h"
#include "model/python.h"
#include "sampling/bpf/python_record.h"

namespace strobe::sampling::bpf {

/// Takes what the program found, in the order of time for each thread. `frames` is borrowed for the call.
class PythonRecordSink {
 public:
  virtual void on_python(const PythonRecord& record, std::span<const RawPythonFrame> frames) = 0;

 protected:
  ~PythonRecordSink() = default;
};

class PythonProgram {
 public:
  virtual ~PythonProgram() = default;

  /// Runs it at every sample of this event, and of all that will be inherited from it.
  virtual Result<void> attach(const UniqueFd& event) const = 0;

  /// From now on its samples bring a record; again when the process became another program.
  virtual Result<void> watch(const PythonTarget& target) = 0;
  virtual void forget(pid_t pid) = 0;

  /// Hands out all that is there. A sample that is visible in its ring has its record here.
  virtual void drain(PythonRecordSink& sink) = 0;

  /// Becomes readable when a record came with code objects that are new: they may be freed soon.
  [[nodiscard]] virtual int wake_fd() const = 0;

  /// Records that did not fit into the ring.
  [[nodiscard]] virtual uint64_t lost() const = 0;
};

/// Which form is loaded: by bpf_loop (Linux 5.17), which the kernel checks in milliseconds and which walks
/// deep stacks, or by unrolled loops.
enum class PythonProgramForm : uint8_t { best, unrolled };

/// Fails where BPF is not permitted, and where Strobe was built without libbpf or clang.
Result<std::unique_ptr<PythonProgram>> load_python_program(PythonProgramForm form = PythonProgramForm::best);

/// What a record says, in Strobe's own words; frames of walks that went wrong are left out.
void fill_capture(const PythonRecord& record, std::span<const RawPythonFrame> frames, PythonCapture& out);

/// Fails where the layout is beyond what the program looks at.
Result<PythonProcess> make_python_process(const PythonTarget& target);

}  // namespace strobe::sampling::bpf

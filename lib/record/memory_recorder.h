// Turns what the agents in the programs told (lib/heap) into rows of the recording: finds the frames of their
// stacks by the processes' mappings, and keeps the sums by process and stack. Sampling thread only.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "heap/heap_reader.h"
#include "model/events.h"
#include "model/recording.h"
#include "record/memory_stacks.h"
#include "record/target_tracker.h"
#include "record/unseen_programs.h"

namespace strobe::record {

/// Borrowed.
struct MemoryTables {
  TargetTracker* tracker = nullptr;
  const ModuleTable* modules = nullptr;
  AddressNamer* namer = nullptr;
  const PythonTargets* python = nullptr;
  PythonFrames* python_frames = nullptr;
};

class MemoryRecorder {
 public:
  /// `folder`: of the session's rings. The others are borrowed.
  MemoryRecorder(std::string folder, uint64_t start_ns, const MemoryTables& tables);

  void start() { reader_.start(); }
  /// The process ends, or becomes another program: its mappings still are those of the old one.
  void program_ended(pid_t pid, uint64_t time_ns, bool exec);
  /// Code is mapped, maybe where other code was; before the tracker is told.
  void code_is_mapped(const MapEvent& event);
  /// It became one.
  void program_began(pid_t pid, uint64_t time_ns) { unseen_.began(pid, time_ns); }
  /// Reads all that is left; before the last take().
  void stop();
  /// To be called often: tells agents of Python, and names its frames while their code objects are there.
  void look();
  /// Whether that is of use.
  [[nodiscard]] bool has_python() const { return has_python_; }
  /// Adds what changed. `now_ns`: CLOCK_MONOTONIC.
  void take(uint64_t now_ns, RecordingDelta& delta);

  [[nodiscard]] MemoryCounts counts() const;

 private:
  /// A process, as long as it runs one program.
  struct Program {
    ProcessId process;
    MemoryStacks stacks;
    std::unordered_map<uint64_t, uint32_t> rows;  // by node and kind
    /// Nodes that follow those, and how many of them were there at the last take(): the kernel's news of
    /// mappings come a little later than the agent's of frames in them.
    std::vector<heap::Node> waiting;
    size_t ripe = 0;
    /// By node and kind: new ones, and of nodes that wait.
    std::unordered_map<uint64_t, heap::StackSums> sums;
    heap::HeapNews last;  // its totals
    bool closed = false;  // ended, and all is told
  };

  [[nodiscard]] uint64_t relative(uint64_t time_ns) const {
    return time_ns > start_ns_ ? time_ns - start_ns_ : 0;
  }
  void read_news(bool last);
  void note_end(pid_t pid);
  void settle(Program& program, size_t count);
  [[nodiscard]] StackTools tools_for(const Program& program, const ProcessState* process) const;
  void take_nodes(Program& program, const ProcessState& process, size_t count);
  void add_rows(Program& program, RecordingDelta& delta);
  void add_process_rows(RecordingDelta& delta);
  void add_points(uint64_t now_ns, RecordingDelta& delta);

  heap::HeapReader reader_;
  uint64_t start_ns_;
  MemoryTables tables_;
  UnseenPrograms unseen_;
  std::map<uint32_t, Program> programs_;  // by ring
  uint32_t rows_ = 0;
  uint64_t next_rows_ns_ = 0;
  uint64_t next_point_ns_ = 0;
  bool stopped_ = false;
  bool has_python_ = false;
};

}  // namespace strobe::record

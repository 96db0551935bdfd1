// The rows of a recording, the same structs while recording (RecordingDelta), on disk (lib/store) and in
// reports (Profile). Ids are indices into the vectors of Profile. Plain data.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "model/address.h"
#include "model/call_counts.h"
#include "model/ids.h"
#include "model/losses.h"
#include "model/memory.h"
#include "model/python.h"
#include "model/quality.h"
#include "model/sources.h"
#include "model/thread_state.h"

namespace strobe {

enum class ModuleKind : uint8_t {
  file,    ///< an ELF file
  kernel,  ///< the kernel's text
  kernel_module,
  vdso,
  jit,      ///< anonymous executable memory of one process (a perf map may name it)
  unknown,  ///< addresses in no mapping of one process
};

struct ModuleRow {
  ModuleKind kind = ModuleKind::file;
  StringId path;           ///< as the target sees it, or a pseudo-name: "[kernel]", "[vdso]", "[jit]"
  std::string build_id;    ///< lower-case hex; empty where the file has none
  ProcessId process;       ///< for jit and unknown: whose memory it is; for files: first mapped by
  uint64_t file_size = 0;  ///< with `mtime_ns`: tells later whether the file is still the one that ran
  int64_t mtime_ns = 0;    ///< since the epoch
  /// Holds a Python interpreter: its own frames are shown as the Python frames that they run.
  bool interpreter = false;
};

struct ProcessRow {
  int32_t pid = 0;
  ProcessId parent;       ///< none for the first
  StringId command;       ///< short name (comm) of its main thread, last seen
  StringId command_line;  ///< arguments joined by spaces, quoted; none under --no-args
  uint64_t start_ns = 0;  ///< relative to the recording's start
  uint64_t end_ns = 0;    ///< when it exited or the recording ended
  bool exited = false;
  std::optional<int32_t> exit_status;  ///< as a shell gives it (128+N); only known for our own child
  /// User and system time of the whole process as far as the kernel said; used where kernel time is not
  /// sampled. Relative sizes count, not the sum.
  uint64_t user_ns = 0;
  uint64_t system_ns = 0;
};

struct ThreadRow {
  ProcessId process;
  int32_t tid = 0;
  StringId name;
  uint64_t start_ns = 0;
  uint64_t end_ns = 0;
  uint64_t cpu_ns = 0;  ///< exact, from the scheduler, within the recording
  /// Where waiting was recorded (RecordingInfo::wall), else 0. cpu_ns + waited_ns is the thread's life.
  uint64_t waited_ns = 0;    ///< off the CPU, by its switches
  uint64_t runnable_ns = 0;  ///< of it, ready to run
  uint64_t voluntary_switches = 0;
  uint64_t forced_switches = 0;
};

enum class FrameKind : uint8_t {
  native,   ///< module and file address
  kernel,   ///< kernel (or kernel module) and runtime address
  inlined,  ///< a caller that a native frame was inlined into: reached by FrameRow::outer only
  python,   ///< function, file and line, no address; known while recording
  /// Native code of a Python interpreter that is at work for Python frames of the same stack, or started the
  /// first of them: as native, but left out of views unless asked for.
  interpreter,
};

/// A place in code. Recording fills kind, module and address; symbolizing fills the rest.
struct FrameRow {
  FrameKind kind = FrameKind::native;
  ModuleId module;
  uint64_t address = 0;  ///< file address to look up (a return address already has its 1 taken off)
  FunctionId function;   ///< innermost function at that address; none until symbolized or when unknown
  uint32_t line = 0;     ///< current line in the function's file; 0 unknown
  StringId file;         ///< the file `line` is in (may differ from the function's: macros, #include)
  FrameId outer;         ///< kind inlined: the function this one was inlined into, with the call's line
};

enum class Language : uint8_t { native, python, kernel };

struct FunctionRow {
  StringId name;          ///< readable (demangled); "[kernel]"-style pseudo-functions have brackets
  StringId linkage_name;  ///< as in the symbol table; none where the same
  ModuleId module;
  StringId file;      ///< none where unknown
  uint32_t line = 0;  ///< of the definition; 0 unknown
  Language language = Language::native;
};

struct StackRow {
  StackId parent;  ///< the caller's node; none at the root
  FrameId frame;
};

struct SampleRow {
  uint64_t time_ns = 0;  ///< relative to the recording's start
  ThreadId thread;
  StackId stack;  ///< the leaf's node; none where there was no stack at all
  StackClass stack_class = StackClass::none;
  PythonState python = PythonState::none;
};

/// A time that a thread spent off the CPU in one go, from leaving it until running again. Of short ones only
/// a share is kept; how long a thread waited in all is in its row (ThreadRow::waited_ns).
struct StretchRow {
  uint64_t start_ns = 0;  ///< relative to the recording's start
  uint64_t end_ns = 0;    ///< when it ran again, ended, or the recording did
  ThreadId thread;
  ThreadState state = ThreadState::unknown;  ///< what it waited for; runnable: for a CPU all the time
  uint64_t runnable_ns = 0;                  ///< its last part: what it waited for had come, a CPU had not
  uint32_t weight = 1;  ///< stands for so many stretches of its thread: 1 / the chance of being kept
  StackId stack;        ///< where it waited; none where nobody looked
  StackClass stack_class = StackClass::none;
  PythonState python = PythonState::none;
  StringId object;              ///< what it waited for, for people: a path, a peer, a lock's symbol
  uint64_t object_address = 0;  ///< of a lock: of its futex in the process; of a GIL: its own; else 0
  ThreadId owner;               ///< of a lock or GIL: who held it when somebody looked; none: unknown
  ThreadId waker;               ///< who made it ready to run; none: unknown
};

/// What a process occupied and did at a moment, as the kernel's counters say; ten times a second.
struct CounterRow {
  uint64_t time_ns = 0;  ///< relative to the recording's start
  ProcessId process;
  uint64_t rss_bytes = 0;  ///< resident: anonymous + file + shmem
  uint64_t anonymous_bytes = 0;
  uint64_t file_bytes = 0;
  uint64_t shmem_bytes = 0;
  uint64_t swap_bytes = 0;
  uint64_t peak_rss_bytes = 0;            ///< the most that was ever resident, by the kernel (VmHWM)
  std::optional<uint64_t> pss_bytes;      ///< shared pages in parts; less often, as it costs more to ask
  std::optional<uint64_t> private_bytes;  ///< with pss_bytes
  uint64_t minor_faults = 0;              ///< since the process began
  uint64_t major_faults = 0;
};

/// Of a source text in a recording, and of all of them together: more is left out, and said.
inline constexpr uint64_t kMaxEmbeddedFileBytes = uint64_t{4} << 20;
inline constexpr uint64_t kMaxEmbeddedBytes = uint64_t{64} << 20;

/// A source file embedded in the recording, or why it is not.
struct SourceRow {
  std::string path;  ///< as frames and functions name it
  SourceState state = SourceState::found;
  std::string text;          ///< empty unless found
  int64_t mtime_ns = 0;      ///< of the file's last change, since the epoch
  std::string md5;           ///< of `text`, lower-case hex
  std::string expected_md5;  ///< by the debug information; empty where it has none
};

/// What the recording is about.
struct RecordingInfo {
  std::string strobe_version;
  std::string command;  ///< what was run or attached to, for people
  std::string hostname;
  std::string kernel_release;
  std::string architecture;
  int64_t start_unix_ns = 0;  ///< wall-clock time of the start
  uint64_t start_monotonic_ns = 0;
  uint64_t duration_ns = 0;
  uint64_t period_ns = 0;  ///< CPU time between two samples of a thread
  bool kernel_sampled = false;
  /// Samples are spread evenly over all processes, however short (per-CPU events), so that threads too short
  /// for a sample of their own can be judged together with others of the same command name.
  bool pooled_sampling = false;
  bool wall = false;  ///< waiting was recorded as well: there are stretches
  /// How time ready to run was told from waiting: "switch", "run_delay", "sched_wakeup", "looking"; empty
  /// without `wall`.
  std::string runnable_source;
  MemoryInfo memory;
  std::optional<int32_t> exit_status;  ///< of the program under `run`
};

/// The oldest part of a recording that is given up: samples, stacks and stretches before these.
struct DropMark {
  uint64_t first_sample = 0;
  uint32_t first_stack = 0;
  uint64_t first_stretch = 0;
};

/// New and changed rows since the last delta. New rows of a table come in order of their ids without gaps,
/// beginning at first_*; changed processes and threads come with their id.
struct RecordingDelta {
  uint32_t first_string = 0, first_module = 0, first_function = 0, first_frame = 0, first_stack = 0;
  std::vector<std::string> strings;
  std::vector<ModuleRow> modules;
  std::vector<FunctionRow> functions;  ///< of Python: native ones come with symbolizing
  std::vector<FrameRow> frames;
  std::vector<StackRow> stacks;
  std::vector<std::pair<ProcessId, ProcessRow>> processes;  ///< inserted or replaced
  std::vector<std::pair<ThreadId, ThreadRow>> threads;      ///< inserted or replaced
  std::vector<SampleRow> samples;
  std::vector<StretchRow> stretches;
  std::vector<CounterRow> counters;
  /// Inserted or replaced; their ids count from 0 without gaps.
  std::vector<std::pair<uint32_t, MemoryRow>> memory;
  std::vector<std::pair<ProcessId, MemoryProcessRow>> memory_processes;  ///< inserted or replaced
  std::vector<MemoryPointRow> memory_points;
  std::optional<Quality> quality;     ///< replaces the stored one
  std::optional<RecordingInfo> info;  ///< replaces the stored one
  std::optional<DropMark> drop;
};

/// What symbolizing found: replaces functions and the symbol part of frames; adds strings and inlined frames.
struct SymbolDelta {
  uint32_t first_string = 0, first_frame = 0;
  std::vector<std::string> strings;
  std::vector<FunctionRow> functions;  ///< the whole table
  std::vector<std::pair<FrameId, FrameRow>> changed_frames;
  std::vector<FrameRow> frames;  ///< new ones (inlined callers)
  Quality quality;               ///< with its symbols part filled
};

enum class RecordingState : uint8_t { open, recorded, symbolized };

/// A whole recording in memory; immutable once built. Everything after it is a pure function of it.
struct Profile {
  RecordingState state = RecordingState::open;
  RecordingInfo info;
  Quality quality;
  std::vector<std::string> strings;
  std::vector<ModuleRow> modules;
  std::vector<ProcessRow> processes;
  std::vector<ThreadRow> threads;
  std::vector<FunctionRow> functions;
  std::vector<FrameRow> frames;
  std::vector<StackRow> stacks;
  std::vector<SampleRow> samples;
  std::vector<StretchRow> stretches;  ///< in the order of their ends; empty without RecordingInfo::wall
  std::vector<CounterRow> counters;   ///< in order of time
  std::vector<MemoryRow> memory;      ///< empty without RecordingInfo::memory, as are the two below
  std::vector<std::pair<ProcessId, MemoryProcessRow>> memory_processes;  ///< by process
  std::vector<MemoryPointRow> memory_points;                             ///< in order of time
  std::vector<SourceRow> sources;  ///< sorted by path; empty unless sources were embedded
  /// Of a profiler that sees every call: there are no samples, stacks and threads then.
  std::optional<CallCounts> counts;

  [[nodiscard]] const std::string& text(StringId id) const;  ///< empty for none or out of range
};

/// The Profile with a SymbolDelta applied. Ids out of range are ignored.
void apply(SymbolDelta&& delta, Profile& profile);

}  // namespace strobe

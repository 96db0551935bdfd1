// What kernel, user and container allow here, as found by trying it: the facts that `strobe doctor` judges
// (analyze/diagnosis.h). Plain data, filled by workflow/examine.h.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace strobe {

/// The outcome of one real try.
struct Attempt {
  enum class Outcome : uint8_t { not_tried, worked, refused } outcome = Outcome::not_tried;
  int sys_errno = 0;  ///< with `refused`

  [[nodiscard]] bool worked() const { return outcome == Outcome::worked; }
  [[nodiscard]] bool refused() const { return outcome == Outcome::refused; }
  friend bool operator==(const Attempt&, const Attempt&) = default;
};

/// perf_event_open with the very attributes that the engine uses, on this process.
struct PerfFacts {
  Attempt user;                    ///< task-clock samples of user code
  Attempt stack_copy;              ///< the same with user registers and a copy of the stack
  Attempt kernel;                  ///< the same in kernel mode as well
  Attempt whole_cpus;              ///< cpu-clock of everything that runs on one CPU
  Attempt cycles;                  ///< the hardware counter of cycles
  Attempt tracepoints;             ///< sched:sched_switch of this process, its number read from tracefs
  uint64_t ring_bytes = 0;         ///< what the kernel granted for all rings together
  uint64_t wanted_ring_bytes = 0;  ///< what Strobe asks for first
};

/// Access to a process of the same user.
struct AccessFacts {
  Attempt sample;  ///< perf events on it
  Attempt read;    ///< its memory, by process_vm_readv
  Attempt trace;   ///< PTRACE_SEIZE
};

/// What the system says of itself; empty where it does not.
struct SystemSettings {
  std::optional<int64_t> perf_event_paranoid;
  std::optional<int64_t> perf_event_mlock_kb;
  std::optional<int64_t> yama_ptrace_scope;
  std::optional<int64_t> kptr_restrict;
  std::optional<int64_t> unprivileged_bpf_disabled;
};

/// Who asks: rights and confinement of this process.
struct OwnFacts {
  uint32_t user_id = 0;
  std::string program;        ///< path of Strobe as a word for a shell
  uint64_t capabilities = 0;  ///< effective, a bit each
  bool no_new_privs = false;
  bool seccomp = false;              ///< a filter is in force
  bool user_namespace = false;       ///< not the machine's first one
  std::string container;             ///< "docker", "podman", "lxc", …; empty: no sign of one
  uint64_t locked_memory_bytes = 0;  ///< RLIMIT_MEMLOCK
  uint64_t open_files = 0;           ///< RLIMIT_NOFILE, the hard limit, which Strobe takes
};

/// A folder that Strobe writes to.
struct FolderFacts {
  std::string path;  ///< empty: there is none
  Attempt write;
};

/// A terminal's standard stream as reports see it.
struct TerminalFacts {
  bool is_terminal = false;
  bool color = false;
  size_t columns = 0;
};

struct MachineFacts {
  std::string kernel_release;
  std::string architecture;
  size_t cpus = 0;  ///< online
  OwnFacts own;
  SystemSettings settings;
  PerfFacts perf;
  AccessFacts child;                      ///< a child of ours, as under `run`
  AccessFacts other;                      ///< a process of ours that is no child, as under `attach`
  Attempt tracefs;                        ///< reading the descriptions of tracepoints
  bool kernel_addresses_visible = false;  ///< /proc/kallsyms shows more than zeros
  Attempt bpf;                            ///< loading the program that reads Python's frames
  bool debuginfod_library = false;
  std::string debuginfod_urls;  ///< the variable DEBUGINFOD_URLS
  FolderFacts cache;
  FolderFacts recordings;  ///< the working folder
  TerminalFacts terminal;  ///< stdout
};

/// What can be done with one process, and what is known of it.
struct TargetFacts {
  int32_t pid = 0;
  std::string command;
  std::optional<uint32_t> user_id;  ///< effective
  bool not_dumpable = false;        ///< its /proc files are root's though it is not
  bool more_capabilities = false;   ///< it has some that we do not have
  int32_t tracer_pid = 0;           ///< who traces it already; 0 nobody
  std::string tracer_command;
  bool stopped = false;  ///< by job control: nothing to sample until it goes on
  bool other_pid_namespace = false;
  uint64_t threads = 0;
  AccessFacts access;
  bool kernel_sampled = false;  ///< its kernel time may be sampled as well
  Attempt maps;                 ///< /proc/PID/maps
  Attempt program_file;         ///< the file it runs, through /proc/PID/exe
  bool is_32_bit = false;
};

}  // namespace strobe

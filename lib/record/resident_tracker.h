// What the recorded processes occupy as time goes on: the kernel's cheap counters ten times a second, and the
// proportional share (PSS), which takes the kernel long for large processes, as often as a hundredth of a CPU
// allows. Processes that stand still are looked at less often. Needs nothing of the target but /proc.
// Sampling thread only.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "model/recording.h"
#include "os/process_usage.h"

namespace strobe::record {

/// How a process is looked at.
class ResidentSource {
 public:
  virtual ~ResidentSource() = default;
  virtual std::optional<os::ResidentMemory> read_resident(pid_t pid) = 0;
  virtual std::optional<os::SharedMemory> read_shared(pid_t pid) = 0;
  virtual std::optional<os::PageFaults> read_faults(pid_t pid) = 0;
  /// CPU time of the process so far: tells whether it did anything.
  virtual std::optional<uint64_t> read_run_ns(pid_t pid) = 0;
  virtual bool share_memory(pid_t a, pid_t b) = 0;
  /// CPU time of this thread so far: tells what looking costs.
  virtual uint64_t own_run_ns() = 0;
};

/// By /proc.
[[nodiscard]] std::unique_ptr<ResidentSource> make_resident_source();

class ResidentTracker {
 public:
  static constexpr uint64_t kIntervalNs = 100'000'000;
  static constexpr uint64_t kIdleIntervalNs = 1'000'000'000;  ///< of a process that did nothing meanwhile
  static constexpr uint64_t kFirstIntervalNs = 5'000'000;     ///< of a young process: a quarter of its age
  static constexpr uint64_t kSharedPart = 100;                ///< PSS takes up to a hundredth of a CPU in all
  static constexpr uint64_t kCountersPart = 200;              ///< and the counters up to half of that
  static constexpr uint64_t kMostCreditNs = 2'000'000;        ///< of it, unused so far

  ResidentTracker(std::unique_ptr<ResidentSource> source, uint64_t start_ns)
      : source_(std::move(source)), start_ns_(start_ns) {}

  /// A process is there, or has become another program (again with its id): it is looked at soon. `parent` is
  /// its parent's pid while it may run in the parent's memory, else 0.
  void began(pid_t pid, ProcessId id, pid_t parent, uint64_t now_ns);
  void ended(pid_t pid) { processes_.erase(pid); }
  /// Looks at those whose time has come.
  void run(uint64_t now_ns);
  /// A last look at all that are left.
  void close(uint64_t now_ns);
  /// Appends the rows since the last call.
  void take(std::vector<CounterRow>& rows);

 private:
  struct Process {
    ProcessId id;
    pid_t parent = 0;
    uint64_t born_ns = 0;
    uint64_t next_ns = 0;
    std::optional<uint64_t> run_ns;        // at the last look
    std::optional<uint64_t> round_run_ns;  // at the last look at all shares
    std::optional<CounterRow> last;        // as stored
    bool refuses_share = false;
  };
  /// The counters of a process; none where it cannot be looked at, or (unless `always`) did nothing since.
  [[nodiscard]] std::optional<CounterRow> look(pid_t pid, Process& process, uint64_t now_ns, bool always);
  void visit(pid_t pid, Process& process, uint64_t now_ns);
  /// A row of each process with its share.
  void visit_all_shares(uint64_t now_ns);
  [[nodiscard]] bool is_time_for_shares(uint64_t now_ns);
  static void plan_next(Process& process, uint64_t now_ns);
  void store(Process& process, const CounterRow& row);

  std::unique_ptr<ResidentSource> source_;
  uint64_t start_ns_;
  std::map<pid_t, Process> processes_;
  std::vector<CounterRow> rows_;
  uint64_t next_ns_ = 0;      // no process is due before
  uint64_t round_ns_ = 0;     // of the last look at all shares
  bool has_new_ = false;      // a process began since
  uint64_t credited_ns_ = 0;  // when the budget below was last filled
  int64_t shared_budget_ns_ = static_cast<int64_t>(kMostCreditNs);
};

}  // namespace strobe::record

// The descriptors of all events on the target: per original thread one inherited event on each CPU, which
// every thread and process that comes from it shares, and (mostly) one counter of its own; and, when switched
// on, one sampling event per CPU for all.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "base/result.h"
#include "base/unique_fd.h"
#include "sampling/bpf/python_program.h"
#include "sampling/perf/event_attributes.h"
#include "sampling/perf/ring_set.h"
#include "sampling/perf/switch_events.h"

namespace strobe::sampling {

class TargetEvents {
 public:
  /// What the events are opened with, borrowed for the life of this object.
  struct Outlets {
    RingSet* rings = nullptr;  ///< one for each CPU
    /// Runs at every sample; may be null.
    const bpf::PythonProgram* program = nullptr;
    RingSet* switch_rings = nullptr;  ///< where waiting is recorded: for the switches, likewise
  };
  TargetEvents(const EngineOptions& options, const PerfFeatures& features, std::vector<int> cpus,
               const Outlets& outlets);

  /// Begins recording one thread, on the CPUs for which `wanted` (by index) says so. `sample` false: CPU
  /// time, mappings, births and ends only. A thread that is gone is error `gone`.
  Result<void> open_thread(pid_t tid, bool sample, const std::function<bool(size_t)>& wanted);

  /// When the event of an original thread on a CPU was open; 0 where it was not.
  [[nodiscard]] uint64_t opened_ns(pid_t tid, size_t cpu_index) const;

  /// Begins sampling per CPU, and ends sampling per thread as far as the kernel lets: threads born from now
  /// on and the original ones. Returns when, or an error with nothing changed.
  Result<uint64_t> switch_to_per_cpu();
  [[nodiscard]] bool is_cpu_event(uint64_t event_id, size_t ring) const {
    return ring < cpu_event_ids_.size() && cpu_event_ids_[ring] == event_id;
  }

  /// Samples of these are stacks of switches.
  [[nodiscard]] bool is_switch_event(uint64_t event_id) const {
    return switches_ && switches_->owns(event_id);
  }
  /// Samples of these are stacks of page faults.
  [[nodiscard]] bool is_fault_event(uint64_t event_id) const { return fault_event_ids_.contains(event_id); }
  /// So many switches happened up to now.
  void adapt_switches(uint64_t now_ns, uint64_t switches) {
    if (switches_) switches_->adapt(now_ns, switches);
  }

  /// CPU time on one CPU of all original threads and all that came from them.
  [[nodiscard]] uint64_t read_cpu_ns(size_t cpu_index) const;
  /// Sends the records of one CPU into another ring.
  Result<void> redirect(size_t cpu_index, const UniqueFd& ring) const;
  [[nodiscard]] size_t thread_count() const { return threads_.size(); }

  void disable_all();
  void enable_all();

  /// Whether original threads have counters. A launched one has none: a counter is not inherited, and threads
  /// whose events are all inherited are switched for a tenth of the price (the kernel hands the running
  /// events from one to the other, see context_equiv in kernel/events/core.c): at 100,000 switches a second
  /// with one the program takes 30 % longer.
  [[nodiscard]] bool counts_originals() const { return !features_.on_exec; }
  /// Whether the thread was opened by open_thread and its own count was not taken yet.
  [[nodiscard]] bool has_counter(pid_t tid) const { return counters_.contains(tid); }
  /// Its CPU time since recording began, but for pauses; 0 without a counter.
  [[nodiscard]] uint64_t read_count(pid_t tid) const;
  /// The same, and closes the counter.
  uint64_t take_count(pid_t tid);
  [[nodiscard]] std::vector<pid_t> counted_threads() const;
  /// CPU time of all original threads and all that came from them.
  [[nodiscard]] uint64_t read_total_ns() const;

 private:
  struct ThreadEvents {
    std::vector<UniqueFd> per_cpu;  // by index of cpus_; none where not wanted
    std::vector<uint64_t> opened_ns;
  };

  template <class Action>
  void for_all(Action action);
  Result<void> open_faults(pid_t tid, size_t cpu_index);
  /// An event whose records go to the CPU's ring.
  Result<UniqueFd> open_sampling(const perf_event_attr& attr, pid_t tid, size_t cpu_index) const;

  EngineOptions options_;
  PerfFeatures features_;
  std::vector<int> cpus_;
  Outlets outlets_;
  std::unordered_map<pid_t, ThreadEvents> threads_;
  std::unordered_map<pid_t, UniqueFd> counters_;
  std::vector<UniqueFd> cpu_events_;
  std::vector<uint64_t> cpu_event_ids_;
  struct FaultEvent {
    size_t cpu_index = 0;
    UniqueFd fd;
  };
  std::vector<FaultEvent> fault_events_;
  std::unordered_set<uint64_t> fault_event_ids_;
  std::optional<SwitchEvents> switches_;  // where waiting is recorded
};

}  // namespace strobe::sampling

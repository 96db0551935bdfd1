// Reads the rings of all processes of a session: finds them as they appear in its folder, drains them while
// the programs run, on a thread of its own, and adds their events up. Others take the sums now and then.
#pragma once

#include <sys/types.h>

#include <atomic>
#include <cstdint>
#include <list>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "base/unique_fd.h"
#include "heap/process_heap.h"
#include "heap/ring_file.h"

namespace strobe::heap {

/// Sums of one stack of one process.
struct StackSums {
  uint32_t node = 0;
  MemoryKind kind = MemoryKind::malloc;  ///< not fault
  Amount allocated, live, peak, temporary;
};

/// What is new of a process since it was told of last.
struct HeapNews {
  uint32_t ring = 0;  ///< tells processes apart: one that became another program is two
  pid_t pid = 0;
  Mode mode = Mode::off;
  uint64_t interval_bytes = 0;
  uint64_t started_ns = 0;  ///< CLOCK_MONOTONIC
  std::vector<Node> nodes;  ///< that follow those told before; the first one is the root and no frame
  std::vector<StackSums> stacks;
  double peak_bytes = 0;  ///< of the heap
  uint64_t peak_ns = 0;   ///< CLOCK_MONOTONIC
  double mapped_peak_bytes = 0;
  uint64_t mapped_peak_ns = 0;
  uint64_t events = 0;
  uint64_t lost = 0;
  uint64_t cut_stacks = 0;
  uint64_t no_stacks = 0;
  uint64_t invalid_frees = 0;
  OffReason off_reason = OffReason::none;
  bool ended = false;  ///< nothing more will come
  std::array<Amount, kMemorySizeClasses> sizes{};
};

/// Nodes of one process's tree that are Python frames, by their ids.
struct PythonNodes {
  uint32_t ring = 0;
  pid_t pid = 0;
  std::vector<std::pair<uint32_t, Node>> nodes;
};

/// What is live in a process at this moment.
struct HeapLevel {
  uint32_t ring = 0;
  double live_bytes = 0;
  double mapped_bytes = 0;
};

class HeapReader {
 public:
  /// `folder`: where the agents put their rings; emptied at the end.
  explicit HeapReader(std::string folder);
  HeapReader(const HeapReader&) = delete;
  HeapReader& operator=(const HeapReader&) = delete;
  ~HeapReader();

  /// Begins to read, on a thread of its own.
  void start();
  /// Reads what is there once more, and ends reading: agents in processes that go on are told to stop. Before
  /// the last news.
  void stop();
  /// The process becomes another program (`exec`), or its last thread is about to end: reads what it told.
  void program_ended(pid_t pid, uint64_t time_ns, bool exec);

  /// Rings that were not told of Python, and their processes.
  [[nodiscard]] std::vector<std::pair<uint32_t, pid_t>> rings_without_python() const;
  /// The process with that ring runs Python, laid out so.
  void tell_python(uint32_t ring, const PythonWalkLayout& layout);
  /// Frames of Python that are new since the last call: to be named while their code objects are there.
  [[nodiscard]] std::vector<PythonNodes> take_python_nodes();

  /// Any thread. With `last` the last word on all stacks.
  [[nodiscard]] std::vector<HeapNews> take_news(bool last);
  [[nodiscard]] std::vector<HeapLevel> levels() const;
  /// By ring of that process: nodes of code that was gone by then.
  [[nodiscard]] std::vector<std::pair<uint32_t, uint32_t>> nodes_gone_by(pid_t pid, uint64_t time_ns) const;

 private:
  struct Source {
    Source(uint32_t number, RingFile file)
        : id(number), ring(std::move(file)), heap(ring.mode(), ring.interval_bytes()) {}
    uint32_t id;
    RingFile ring;
    ProcessHeap heap;
    UniqueFd process;  // a pidfd: readable once it has ended
    uint32_t nodes_told = 0;
    uint32_t nodes_looked_at = 0;  // for Python
    bool has_python = false;
    uint64_t holes = 0;
    bool ended = false;
  };

  void run();
  /// Whether anything was there.
  bool read_all();
  void find_rings();
  void drain(Source& source);
  void end(Source& source);
  [[nodiscard]] HeapNews tell(Source& source, bool last) const;

  std::string folder_;
  UniqueFd watch_;  // inotify, of the folder
  UniqueFd wake_;
  mutable std::mutex mutex_;   // guards the three below
  std::list<Source> sources_;  // that have not been told to their end
  uint32_t next_id_ = 0;
  bool any_unready_ = false;
  std::atomic<bool> stop_{false};  // set by stop(), read by run(); ordering given by join
  std::thread thread_;
};

}  // namespace strobe::heap

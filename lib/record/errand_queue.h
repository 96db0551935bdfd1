// What other threads ask the sampling thread to do, since the engine and the tables are its alone: functions
// to be called between two looks at the engine. do_errand(): any thread; run_all() and close(): the sampling
// thread.
#pragma once

#include <deque>
#include <functional>
#include <mutex>

#include "base/unique_fd.h"

namespace strobe::record {

class ErrandQueue {
 public:
  ErrandQueue();

  /// Has `errand` called on the sampling thread and returns when that is done; false where it is not running.
  bool do_errand(const std::function<void()>& errand);
  /// Wakes the sampling thread without an errand.
  void wake() const;
  /// Readable while there is something to run, or after wake().
  [[nodiscard]] int fd() const { return wake_fd_.get(); }

  void open();  ///< the sampling thread runs
  void run_all();
  void close();  ///< and will not any more: nobody has to wait

 private:
  struct Errand;

  UniqueFd wake_fd_;
  std::mutex mutex_;  // guards the two below
  std::deque<Errand*> waiting_;
  bool open_ = false;
};

}  // namespace strobe::record

#include "record/errand_queue.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <future>
#include <utility>

namespace strobe::record {

struct ErrandQueue::Errand {
  const std::function<void()>* run;
  std::promise<bool> done;
};

ErrandQueue::ErrandQueue() : wake_fd_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}

bool ErrandQueue::do_errand(const std::function<void()>& run) {
  Errand errand{&run, {}};
  auto done = errand.done.get_future();
  {
    const std::lock_guard lock(mutex_);
    if (!open_) return false;
    waiting_.push_back(&errand);
  }
  wake();
  return done.get();
}

void ErrandQueue::wake() const {
  const uint64_t one = 1;
  static_cast<void>(!::write(wake_fd_.get(), &one, sizeof one));  // an eventfd of ours: cannot be full
}

void ErrandQueue::open() {
  const std::lock_guard lock(mutex_);
  open_ = true;
}

void ErrandQueue::run_all() {
  std::deque<Errand*> errands;
  uint64_t wakes = 0;
  static_cast<void>(!::read(wake_fd_.get(), &wakes, sizeof wakes));
  {
    const std::lock_guard lock(mutex_);
    errands.swap(waiting_);
  }
  for (Errand* errand : errands) {
    (*errand->run)();
    errand->done.set_value(true);
  }
}

void ErrandQueue::close() {
  const std::lock_guard lock(mutex_);
  open_ = false;
  for (Errand* errand : std::exchange(waiting_, {})) errand->done.set_value(false);
}

}  // namespace strobe::record

#include "sampling/ptrace/event_queue.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <utility>

namespace strobe::sampling {
namespace {

constexpr size_t kMaxWaitingBytes = 32u << 20;

}  // namespace

EventQueue::EventQueue() : wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}

void EventQueue::on_sample(const RawSample& sample) {
  OwnedSample copy{sample, {sample.stack.begin(), sample.stack.end()}, {}};
  size_t bytes = sample.stack.size() + sizeof(Item);
  if (sample.python != nullptr) {
    copy.python = *sample.python;
    bytes += sample.python->frames.size() * sizeof(RawPythonFrame);
  }
  push(std::move(copy), bytes);
}
void EventQueue::on_fork(const ForkEvent& event) { push(event); }
void EventQueue::on_exit(const ExitEvent& event) { push(event); }
void EventQueue::on_comm(const CommEvent& event) { push(OwnedComm{event, std::string(event.name)}); }
void EventQueue::on_map(const MapEvent& event) { push(OwnedMap{event, std::string(event.path)}); }
void EventQueue::on_lost(const LostEvent& event) { push(event); }
void EventQueue::on_thread_cpu(const ThreadCpuEvent& event) { push(event); }

void EventQueue::push(Item item, size_t bytes) {
  bool first = false;
  {
    const std::lock_guard lock(mutex_);
    if (bytes != 0 && waiting_bytes_ + bytes > kMaxWaitingBytes) {
      ++dropped_samples_;
      return;
    }
    first = waiting_.empty();
    waiting_bytes_ += bytes;
    waiting_.push_back(std::move(item));
  }
  if (!first) return;
  const uint64_t one = 1;
  static_cast<void>(!::write(wake_.get(), &one, sizeof one));  // cannot be full: at most one a round
}

void EventQueue::deliver(EventSink& sink) {
  std::vector<Item> items;
  {
    const std::lock_guard lock(mutex_);
    uint64_t count = 0;
    static_cast<void>(!::read(wake_.get(), &count, sizeof count));
    items.swap(waiting_);
    waiting_bytes_ = 0;
  }
  for (Item& item : items) {
    delivered_samples_ += std::holds_alternative<OwnedSample>(item) ? 1 : 0;
    hand_over(item, sink);
  }
}

void EventQueue::hand_over(Item& item, EventSink& sink) {
  if (auto* sample = std::get_if<OwnedSample>(&item)) {
    sample->sample.stack = sample->stack;
    sample->sample.python = sample->python ? &*sample->python : nullptr;
    sink.on_sample(sample->sample);
  } else if (auto* comm = std::get_if<OwnedComm>(&item)) {
    comm->event.name = comm->name;
    sink.on_comm(comm->event);
  } else if (auto* map = std::get_if<OwnedMap>(&item)) {
    map->event.path = map->path;
    sink.on_map(map->event);
  } else if (const auto* fork = std::get_if<ForkEvent>(&item)) {
    sink.on_fork(*fork);
  } else if (const auto* exit = std::get_if<ExitEvent>(&item)) {
    sink.on_exit(*exit);
  } else if (const auto* lost = std::get_if<LostEvent>(&item)) {
    sink.on_lost(*lost);
  } else if (const auto* cpu = std::get_if<ThreadCpuEvent>(&item)) {
    sink.on_thread_cpu(*cpu);
  }
}

uint64_t EventQueue::dropped_samples() const {
  const std::lock_guard lock(mutex_);
  return dropped_samples_;
}

}  // namespace strobe::sampling

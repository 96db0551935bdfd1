// Events on their way from the tracer thread to the thread that polls the engine: copies, because the spans
// and texts of events are borrowed, in the order in which they came. Bounded by the bytes of waiting samples;
// other events are few and never dropped. push side (EventSink): tracer thread; deliver(): polling thread.
#pragma once

#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/unique_fd.h"
#include "model/events.h"

namespace strobe::sampling {

class EventQueue final : public EventSink {
 public:
  EventQueue();

  void on_sample(const RawSample& sample) override;
  void on_fork(const ForkEvent& event) override;
  void on_exit(const ExitEvent& event) override;
  void on_comm(const CommEvent& event) override;
  void on_map(const MapEvent& event) override;
  void on_lost(const LostEvent& event) override;
  void on_thread_cpu(const ThreadCpuEvent& event) override;

  /// Hands everything that waits to `sink`.
  void deliver(EventSink& sink);
  /// Readable while something waits.
  [[nodiscard]] int wake_fd() const { return wake_.get(); }
  [[nodiscard]] uint64_t delivered_samples() const { return delivered_samples_; }
  [[nodiscard]] uint64_t dropped_samples() const;

 private:
  struct OwnedSample {
    RawSample sample;
    std::vector<std::byte> stack;
    std::optional<PythonCapture> python;
  };
  struct OwnedComm {
    CommEvent event;
    std::string name;
  };
  struct OwnedMap {
    MapEvent event;
    std::string path;
  };
  using Item =
      std::variant<OwnedSample, ForkEvent, ExitEvent, OwnedComm, OwnedMap, LostEvent, ThreadCpuEvent>;

  void push(Item item, size_t bytes = 0);
  static void hand_over(Item& item, EventSink& sink);

  UniqueFd wake_;
  mutable std::mutex mutex_;  // guards the three below
  std::vector<Item> waiting_;
  size_t waiting_bytes_ = 0;
  uint64_t dropped_samples_ = 0;
  uint64_t delivered_samples_ = 0;  // polling thread
};

}  // namespace strobe::sampling

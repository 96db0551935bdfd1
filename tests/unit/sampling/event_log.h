// An event sink that keeps what it is told, as text, in order.
#pragma once

#include <fmt/format.h>

#include <string>
#include <vector>

#include "model/events.h"

namespace strobe::sampling::test {

class EventLog final : public EventSink {
 public:
  void on_sample(const RawSample& sample) override {
    stacks.emplace_back(sample.stack.begin(), sample.stack.end());
    add(fmt::format("sample {} {}", sample.tid, sample.time_ns));
  }
  void on_fork(const ForkEvent& event) override {
    add(fmt::format("fork {} of {}", event.tid, event.parent_tid));
  }
  void on_exit(const ExitEvent& event) override { add(fmt::format("exit {}", event.tid)); }
  void on_comm(const CommEvent& event) override { add(fmt::format("comm {} {}", event.tid, event.name)); }
  void on_map(const MapEvent& event) override {
    add(fmt::format("map {:x}+{:x} {}", event.start, event.size, event.path));
  }
  void on_lost(const LostEvent& event) override { add(fmt::format("lost {}", event.samples)); }
  void on_thread_cpu(const ThreadCpuEvent& event) override {
    add(fmt::format("cpu {} {}", event.tid, event.cpu_ns));
  }
  [[nodiscard]] std::vector<std::string> take() { return std::exchange(events, {}); }

  std::vector<std::string> events;
  std::vector<std::vector<std::byte>> stacks;

 private:
  void add(std::string text) { events.push_back(std::move(text)); }
};

}  // namespace strobe::sampling::test

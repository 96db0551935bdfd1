// Observers: an emitter calls whoever listens to a topic; one listener emits a second event from within.
// Build:  g++ -std=c++20 -O2 -g -fno-optimize-sibling-calls event_emitter.cc
// Run:    event_emitter [SECONDS=1]
// Hot:    Dashboard::repaint 50 %, TradingDesk::decide 20 %, AuditLog::append 30 % (self); Emitter::emit is
//         on every stack, once or twice, and has 100 % in total: recursion is counted once
// Stacks: main > Emitter::emit > (std::function) > Dashboard::repaint | AuditLog::append;
//         main > Emitter::emit > (…) > TradingDesk::decide > Emitter::emit > (…) > AuditLog::append
// Prints: one JSON line, CPU seconds by function: "functions" self, "totals" with callees.
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "stopwatch.h"

struct Event {
  std::string topic;
  uint64_t value = 0;
};

class Emitter {
 public:
  using Listener = std::function<void(const Event&)>;
  void on(const std::string& topic, Listener listener) { listeners_[topic].push_back(std::move(listener)); }
  NAMED void emit(const Event& event) {
    const auto found = listeners_.find(event.topic);
    if (found == listeners_.end()) return;
    for (const Listener& listener : found->second) listener(event);
  }

 private:
  std::map<std::string, std::vector<Listener>> listeners_;
};

struct Dashboard {
  uint64_t pixels = 88172645463325252ULL;
  double self_s = 0;

  NAMED void repaint(const Event& event) {
    const Stopwatch watch(self_s);
    uint64_t x = pixels ^ event.value;
    CHURN(x, 5 * ROUNDS_PER_MS)  // HOT: Dashboard::repaint
    pixels = x | 1;
  }
};

struct AuditLog {
  uint64_t digest = 88172645463325252ULL;
  double self_s = 0;
  long entries = 0;

  // Once for a tick itself and once for the order that it leads to.
  NAMED void append(const Event& event) {
    const Stopwatch watch(self_s);
    uint64_t x = digest ^ event.value;
    CHURN(x, 3 * ROUNDS_PER_MS / 2)  // HOT: AuditLog::append
    digest = x | 1;
    entries++;
  }
};

struct TradingDesk {
  Emitter* emitter;
  double self_s = 0;
  double total_s = 0;

  NAMED void decide(const Event& event) {
    const Stopwatch all(total_s);
    Event order{"order", event.value};
    {
      const Stopwatch watch(self_s);
      uint64_t x = event.value + 3;
      CHURN(x, 2 * ROUNDS_PER_MS)  // HOT: TradingDesk::decide
      order.value = x;
    }
    emitter->emit(order);
  }
};

int main(int argc, char** argv) {
  const double seconds = argc > 1 ? atof(argv[1]) : 1;
  Emitter emitter;
  Dashboard dashboard;
  AuditLog audit;
  TradingDesk desk{&emitter};
  emitter.on("tick", [&](const Event& event) { dashboard.repaint(event); });
  emitter.on("tick", [&](const Event& event) { desk.decide(event); });
  emitter.on("tick", [&](const Event& event) { audit.append(event); });
  emitter.on("order", [&](const Event& event) { audit.append(event); });
  double emit_s = 0;
  for (long turn = 0; turn < static_cast<long>(seconds * 100); turn++) {
    const Stopwatch watch(emit_s);
    emitter.emit({"tick", static_cast<uint64_t>(turn)});
  }
  printf(
      "{\"functions\":{\"Dashboard::repaint\":%.6f,\"TradingDesk::decide\":%.6f,\"AuditLog::append\":%.6f},"
      "\"totals\":{\"Emitter::emit\":%.6f,\"TradingDesk::decide\":%.6f},\"cpu_s\":%.6f,\"entries\":%ld}\n",
      dashboard.self_s, desk.self_s, audit.self_s, emit_s, desk.total_s,
      cpu_seconds(CLOCK_PROCESS_CPUTIME_ID), audit.entries);
  return 0;
}

#include "report/state_columns.h"

#include <fmt/format.h>

namespace strobe::report {
namespace {

constexpr std::string_view kTitles[kStateColumnCount] = {"on-cpu", "runnable", "lock", "io",
                                                         "sleep",  "gil",      "other"};

}  // namespace

std::string_view title_of(StateColumn column) { return kTitles[static_cast<size_t>(column)]; }

StateColumn column_of(ThreadState state) {
  switch (state) {
    case ThreadState::on_cpu:
      return StateColumn::on_cpu;
    case ThreadState::runnable:
      return StateColumn::runnable;
    case ThreadState::lock:
    case ThreadState::cond:
      return StateColumn::lock;
    case ThreadState::io:
    case ThreadState::disk:
      return StateColumn::io;
    case ThreadState::sleep:
      return StateColumn::sleep;
    case ThreadState::gil:
      return StateColumn::gil;
    case ThreadState::child:
    case ThreadState::stopped:
    case ThreadState::other:
    case ThreadState::unknown:
      break;
  }
  return StateColumn::other;
}

ColumnSeconds sum_columns(const analyze::StateSeconds& states) {
  ColumnSeconds sums{};
  for (size_t state = 0; state < states.size(); ++state)
    sums[static_cast<size_t>(column_of(static_cast<ThreadState>(state)))] += states[state];
  return sums;
}

std::string state_titles() {
  std::string text;
  for (const std::string_view title : kTitles) text += fmt::format("{:>{}}", title, kStateColumnWidth);
  return text;
}

std::string state_numbers(const analyze::StateSeconds& states) {
  std::string text;
  for (const double seconds : sum_columns(states))
    text += fmt::format("{:{}.3f}", seconds, kStateColumnWidth);
  return text;
}

}  // namespace strobe::report

// The columns that tables of wall time divide it into: a few for the eye; JSON has every state.
#pragma once

#include <string>
#include <string_view>

#include "analyze/thread_states.h"

namespace strobe::report {

enum class StateColumn : uint8_t { on_cpu, runnable, lock, io, sleep, gil, other };
inline constexpr int kStateColumnCount = 7;

using ColumnSeconds = std::array<double, kStateColumnCount>;

/// lock holds lock and cond, io holds io and disk, other whatever has no column.
[[nodiscard]] std::string_view title_of(StateColumn column);
[[nodiscard]] StateColumn column_of(ThreadState state);
[[nodiscard]] ColumnSeconds sum_columns(const analyze::StateSeconds& states);

/// " on-cpu runnable     lock …", each column of `kStateColumnWidth`.
inline constexpr size_t kStateColumnWidth = 9;
[[nodiscard]] std::string state_titles();
[[nodiscard]] std::string state_numbers(const analyze::StateSeconds& states);

}  // namespace strobe::report

// The memory view as text, the series as CSV.
#pragma once

#include <string>

#include "analyze/memory_view.h"
#include "report/json_writer.h"
#include "report/text.h"

namespace strobe::report {

struct MemoryTextOptions {
  analyze::MemoryOrder order;
  bool strip_directories = false;
  bool intervals = false;  ///< the 95 % intervals of own bytes, where they are estimates
};

[[nodiscard]] std::string write_memory(const analyze::MemoryView& view, const MemoryTextOptions& options,
                                       const TextStyle& style);

/// Peak and growth in a line, for the summary after a run; empty where nothing is known.
[[nodiscard]] std::string write_memory_line(const Profile& profile);

/// What was resident and live by process and time: a line for each row of the recording, with a header.
[[nodiscard]] std::string write_memory_csv(const Profile& profile,
                                           const analyze::SelectedProcesses& selected);

}  // namespace strobe::report

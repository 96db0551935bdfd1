// The memory view of `strobe report`: its own options, and the view put together.
#pragma once

#include <string>
#include <vector>

#include "analyze/selection.h"
#include "model/recording.h"
#include "options.h"
#include "report/text.h"

namespace strobe::cli {

/// The view's own options.
void add_memory_options(CLI::App& app, ReportOptions& options);

/// The view's part of a request, checked; the suppressions are read here. Takes --sort out of `options`, as
/// its words are not those of other views, and sets what is usual for this one.
Result<MemoryRequest> take_memory_request(ReportOptions& options,
                                          const std::vector<std::string>& restrictions);

/// Fails where the recording knows nothing of memory.
Result<std::string> render_memory(const Profile& profile, const analyze::SelectedThreads& selected,
                                  const ReportRequest& request, const report::TextStyle& style);

}  // namespace strobe::cli

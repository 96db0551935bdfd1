// The lines view of `strobe report`: finds the sources and puts the view together.
#pragma once

#include <string>
#include <vector>

#include "analyze/selection.h"
#include "model/recording.h"
#include "options.h"
#include "report/text.h"
#include "workflow/source_finder.h"

namespace strobe::cli {

/// What holds for this view where the user said nothing: fewer functions, the largest total time first.
[[nodiscard]] ReportOptions with_line_defaults(ReportOptions options,
                                               const std::vector<std::string>& restrictions);

/// Finds sources as the user asked for them, and below the current directory. Borrows the profile.
[[nodiscard]] workflow::SourceFinder make_source_finder(const Profile& profile, const ReportRequest& request);

[[nodiscard]] std::string render_lines(const Profile& profile, const analyze::SelectedThreads& selected,
                                       const ReportRequest& request, const report::TextStyle& style);

}  // namespace strobe::cli

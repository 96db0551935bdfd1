// The views of what threads waited for.
#pragma once

#include <string>

#include "analyze/selection.h"
#include "model/recording.h"
#include "options.h"
#include "view_words.h"

namespace strobe::cli {

/// `view` is locks or gil; the recording has waiting (check_waiting()).
[[nodiscard]] std::string render_waiting(const Profile& profile, const analyze::SelectedThreads& selected,
                                         ViewKind view, const ReportRequest& request,
                                         const report::TextStyle& style);

}  // namespace strobe::cli

// Views of profiles that count calls (cProfile): functions with their callers and callees, and nothing of
// what needs samples, stacks or threads.
#pragma once

#include <string>

#include "base/result.h"
#include "model/recording.h"
#include "options.h"
#include "view_words.h"

namespace strobe::cli {

/// Fails where such a profile is asked for what it does not have; never for one with samples.
Result<void> check_counted(const Profile& profile, ViewKind view, const ReportRequest& request);

/// `profile` counts calls.
Result<std::string> render_counted_view(const Profile& profile, ViewKind view, const ReportRequest& request,
                                        const report::TextStyle& style);

}  // namespace strobe::cli

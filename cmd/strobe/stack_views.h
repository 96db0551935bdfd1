// The views that are made of stacks, as text. Pure.
#pragma once

#include <string>

#include "analyze/weighted_stacks.h"
#include "model/recording.h"
#include "options.h"
#include "view_words.h"

namespace strobe::cli {

/// `view` is one of stacks; `stacks` are those of `profile`, filtered.
[[nodiscard]] std::string render_stack_view(const Profile& profile, const analyze::WeightedStacks& stacks,
                                            ViewKind view, const ReportRequest& request,
                                            const report::TextStyle& style);

}  // namespace strobe::cli

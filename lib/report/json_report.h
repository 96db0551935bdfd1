// A profile as JSON, schema strobe-report/1 (docs/formats/strobe-report-1.schema.json). Ordered and
// deterministic: equal input gives equal bytes. Always valid UTF-8.
#pragma once

#include "analyze/weighted_stacks.h"
#include "model/recording.h"
#include "model/sources.h"
#include "report/json_writer.h"

namespace strobe::report {

/// The whole report, written piece by piece: a large one needs no memory of its own. `stacks` are of
/// `profile`, in CPU time, and have states where waiting was recorded (StateDetail::always); what their
/// filter dropped is in no list but in the processes, which are exact. With `sources`, which may be nullptr,
/// also the text of every line and what came of looking for each file.
void write_json_report(const Profile& profile, const analyze::WeightedStacks& stacks, const TextSink& sink,
                       SourceProvider* sources = nullptr);
/// The same without filters.
void write_json_report(const Profile& profile, const analyze::SelectedThreads& selected,
                       const TextSink& sink);

}  // namespace strobe::report

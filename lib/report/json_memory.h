// Memory as JSON: the object `memory` of a report, and its part of `quality`.
#pragma once

#include "analyze/function_table.h"
#include "analyze/source_paths.h"
#include "analyze/weighted_stacks.h"
#include "model/memory.h"
#include "report/json_writer.h"

namespace strobe::report {

/// The member `memory`; `table` (with rows for all functions_of_memory()) and `paths` are of `stacks`.
void write_json_memory(JsonWriter& json, const Profile& profile, const analyze::WeightedStacks& stacks,
                       const analyze::FunctionTable& table, const analyze::SourcePaths& paths);

/// The member `memory` of quality; nothing where no agent was asked for.
void write_json_memory_quality(JsonWriter& json, const MemoryCounts& memory);

}  // namespace strobe::report

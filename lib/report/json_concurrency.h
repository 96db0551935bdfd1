// What threads waited for, as JSON: the object `concurrency`, and parts that other objects share with it.
#pragma once

#include "analyze/source_paths.h"
#include "analyze/thread_states.h"
#include "analyze/thread_tree.h"
#include "analyze/weighted_stacks.h"
#include "report/json_writer.h"

namespace strobe::report {

enum class StateList : uint8_t {
  all,        ///< every state, in the order of the documentation
  occurring,  ///< those with time in them
};
/// {"on_cpu": seconds, …}
void write_json_states(JsonWriter& json, const analyze::StateSeconds& states, StateList list);

/// [{"function": id, "line": line}, …], the root first.
void write_json_frames(JsonWriter& json, const analyze::SourcePaths& paths, uint32_t path);

/// The member `concurrency`. `table` and `paths` are of `stacks`.
void write_json_concurrency(JsonWriter& json, const Profile& profile, const analyze::WeightedStacks& stacks,
                            const analyze::FunctionTable& table, const analyze::SourcePaths& paths,
                            const analyze::ThreadTree& tree);

}  // namespace strobe::report

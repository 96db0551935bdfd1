#include "analyze/wait_places.h"

namespace strobe::analyze {
namespace {

void drop_kernel_frames(const Profile& profile, FrameFunctions& functions) {
  const FrameKeys& frames = functions.frames;
  FrameKeys kept;
  kept.key_count = frames.key_count;
  kept.begin.push_back(0);
  for (uint32_t frame = 0; frame + 1 < frames.begin.size(); ++frame) {
    if (profile.frames[frame].kind != FrameKind::kernel) {
      const auto keys = frames.at(FrameId{frame});
      const auto sources = frames.sources_at(FrameId{frame});
      kept.keys.insert(kept.keys.end(), keys.begin(), keys.end());
      kept.sources.insert(kept.sources.end(), sources.begin(), sources.end());
    }
    kept.begin.push_back(static_cast<uint32_t>(kept.keys.size()));
  }
  functions.frames = std::move(kept);
}

}  // namespace

WaitPlaces find_wait_places(const Profile& profile, const SelectedThreads& selected) {
  const StackFilter wall{.wall = true};
  WeightedStacks all = weigh_stacks(profile, select_all(profile), wall);
  drop_kernel_frames(profile, all.functions);
  FunctionTable table = make_function_table(profile, all, all.functions, false);
  SourcePaths paths(profile, all.functions, table);
  WeightedStacks stacks = weigh_stacks(profile, selected, wall);
  stacks.functions = std::move(all.functions);
  return {std::move(stacks), std::move(table), std::move(paths)};
}

}  // namespace strobe::analyze

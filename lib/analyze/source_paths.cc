#include "analyze/source_paths.h"

#include <algorithm>

#include "analyze/stack_sums.h"

namespace strobe::analyze {

SourcePaths::SourcePaths(const Profile& profile, const FrameFunctions& functions, const FunctionTable& table)
    : steps_(1) {
  of_stack_.reserve(profile.stacks.size());
  for (size_t i = 0; i < profile.stacks.size(); ++i) {
    const StackId caller = parent_of(profile, StackId{static_cast<uint32_t>(i)});  // comes before its callees
    uint32_t path = caller.is_none() ? kEmpty : of(caller);
    const FrameId frame = profile.stacks[i].frame;
    const auto called = functions.frames.at(frame);
    const auto sources = functions.frames.sources_at(frame);
    for (size_t level = 0; level < called.size(); ++level) {
      path = extend({path, table.row_of[called[level]], profile.frames[sources[level].index()].line});
    }
    of_stack_.push_back(path);
  }
}

uint32_t SourcePaths::extend(const Step& step) {
  const auto [found, fresh] = ids_.try_emplace(step, static_cast<uint32_t>(steps_.size()));
  if (fresh) steps_.push_back(step);
  return found->second;
}

uint32_t SourcePaths::of(StackId stack) const {
  return stack.index() < of_stack_.size() ? of_stack_[stack.index()] : kEmpty;
}

std::vector<SourcePaths::Step> SourcePaths::steps(uint32_t path) const {
  std::vector<Step> found;
  for (; path != kEmpty; path = steps_[path].caller) found.push_back(steps_[path]);
  std::reverse(found.begin(), found.end());
  return found;
}

}  // namespace strobe::analyze

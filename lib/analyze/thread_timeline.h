// What threads did between two moments: looked up for every time that others waited for them. Pure.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "analyze/weighted_stacks.h"
#include "model/recording.h"

namespace strobe::analyze {

/// The part of a stretch in which it waited, in ns of the recording: what it was ready to run is behind it.
struct WaitSpan {
  uint64_t from = 0;
  uint64_t to = 0;
};
[[nodiscard]] WaitSpan waiting_part(const StretchRow& stretch);

class ThreadTimeline {
 public:
  /// `stacks` with weights of stretches; both have to outlive this.
  ThreadTimeline(const Profile& profile, const WeightedStacks& stacks);

  using Use = std::function<void(StackId stack, ThreadState state, double seconds)>;
  /// What the thread did in [from, to), in estimated seconds: nothing where nobody looked at it then.
  void visit(ThreadId thread, uint64_t from, uint64_t to, const Use& use) const;
  /// The same, of what it did with Python's GIL.
  void visit_holding(ThreadId thread, uint64_t from, uint64_t to, const Use& use) const;

 private:
  enum class Which : uint8_t { all, holding };
  void visit_pieces(ThreadId thread, const WaitSpan& span, Which which, const Use& use) const;

  const Profile* profile_;
  const WeightedStacks* stacks_;
  std::vector<std::vector<uint32_t>> samples_;    // by thread, in order of time
  std::vector<std::vector<uint32_t>> stretches_;  // by thread, in order of their ends
};

}  // namespace strobe::analyze

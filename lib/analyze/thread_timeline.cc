#include "analyze/thread_timeline.h"

#include <algorithm>

namespace strobe::analyze {
namespace {

double overlap(uint64_t a_from, uint64_t a_to, uint64_t b_from, uint64_t b_to) {
  const uint64_t from = std::max(a_from, b_from);
  const uint64_t to = std::min(a_to, b_to);
  return to > from ? static_cast<double>(to - from) : 0;
}

}  // namespace

WaitSpan waiting_part(const StretchRow& stretch) {
  const uint64_t end = std::max(stretch.start_ns, stretch.end_ns);
  if (stretch.state == ThreadState::runnable) return {stretch.start_ns, stretch.start_ns};
  return {stretch.start_ns, end - std::min(stretch.runnable_ns, end - stretch.start_ns)};
}

ThreadTimeline::ThreadTimeline(const Profile& profile, const WeightedStacks& stacks)
    : profile_(&profile),
      stacks_(&stacks),
      samples_(profile.threads.size()),
      stretches_(profile.threads.size()) {
  for (uint32_t i = 0; i < profile.samples.size(); ++i) {
    const size_t thread = profile.samples[i].thread.index();
    if (thread < samples_.size()) samples_[thread].push_back(i);
  }
  for (uint32_t i = 0; i < stacks.weights.stretches.size(); ++i) {
    const size_t thread = profile.stretches[i].thread.index();
    if (thread < stretches_.size()) stretches_[thread].push_back(i);
  }
  const auto time_of = [&](uint32_t i) { return profile.samples[i].time_ns; };
  for (std::vector<uint32_t>& rows : samples_) std::ranges::stable_sort(rows, {}, time_of);
  const auto end_of = [&](uint32_t i) { return profile.stretches[i].end_ns; };
  for (std::vector<uint32_t>& rows : stretches_) std::ranges::stable_sort(rows, {}, end_of);
}

void ThreadTimeline::visit(ThreadId thread, uint64_t from, uint64_t to, const Use& use) const {
  visit_pieces(thread, {from, to}, Which::all, use);
}

void ThreadTimeline::visit_holding(ThreadId thread, uint64_t from, uint64_t to, const Use& use) const {
  visit_pieces(thread, {from, to}, Which::holding, use);
}

void ThreadTimeline::visit_pieces(ThreadId thread, const WaitSpan& span, Which which, const Use& use) const {
  if (thread.index() >= samples_.size()) return;
  const uint64_t from = span.from;
  const uint64_t to = span.to;
  const auto is_asked = [&](PythonState state) { return which == Which::all || holds_gil(state); };
  const std::vector<uint32_t>& samples = samples_[thread.index()];
  const auto time_of = [&](uint32_t i) { return profile_->samples[i].time_ns; };
  for (auto at = std::ranges::lower_bound(samples, from, {}, time_of);
       at != samples.end() && time_of(*at) < to; ++at) {
    if (!is_asked(profile_->samples[*at].python)) continue;
    use(profile_->samples[*at].stack, ThreadState::on_cpu,
        stacks_->attribution.threads[thread.index()].seconds_per_sample);
  }
  const std::vector<uint32_t>& stretches = stretches_[thread.index()];
  const auto end_of = [&](uint32_t i) { return profile_->stretches[i].end_ns; };
  for (auto at = std::ranges::upper_bound(stretches, from, {}, end_of); at != stretches.end(); ++at) {
    const StretchRow& stretch = profile_->stretches[*at];
    if (stretch.start_ns >= to) break;
    if (!is_asked(stretch.python)) continue;
    const StretchSeconds& seconds = stacks_->weights.stretches[*at];
    const WaitSpan waiting = waiting_part(stretch);
    const auto put = [&](ThreadState state, uint64_t begin, uint64_t end, double all) {
      const double part = overlap(begin, end, from, to);
      if (part > 0 && all > 0)
        use(waiting_place(*profile_, stretch), state, all * part / static_cast<double>(end - begin));
    };
    put(stretch.state, waiting.from, waiting.to, seconds.waiting);
    put(ThreadState::runnable, waiting.to, stretch.end_ns, seconds.runnable);
  }
}

}  // namespace strobe::analyze

#include "unwind/recent_stacks.h"

#include <algorithm>
#include <optional>

namespace strobe::unwind {

namespace {

uint64_t mix(uint64_t hash, const StackedFrame& frame) {
  hash = (hash ^ raw(frame.frame.address)) * 0x9E3779B97F4A7C15ull;
  hash = (hash ^ (hash >> 29) ^ frame.sp) * 0xBF58476D1CE4E5B9ull;
  return hash ^ (hash >> 32);
}

/// Where in `whole` the last frame of `cut` is, if what lies inside of it is the same as well. The innermost
/// frame of a cut stack may be any: functions called by the same frame in turn.
std::optional<size_t> find_place(std::span<const StackedFrame> whole, std::span<const StackedFrame> cut) {
  const auto found = std::find(whole.begin(), whole.end(), cut.back());
  if (found == whole.end()) return std::nullopt;
  const auto place = static_cast<size_t>(found - whole.begin());
  const size_t compared = std::min(cut.size() - 1, RecentStacks::kFramesCompared);
  if (place < compared) return std::nullopt;
  for (size_t i = 1; i < compared; ++i) {
    if (whole[place - i] != cut[cut.size() - 1 - i]) return std::nullopt;
  }
  return place;
}

}  // namespace

RecentStacks::Thread& RecentStacks::thread_of(const Key& key) {
  const auto known =
      std::find_if(threads_.begin(), threads_.end(), [&](const Thread& t) { return t.tid == key.tid; });
  Thread* thread = known == threads_.end() ? nullptr : &*known;
  if (thread == nullptr && threads_.size() < kMaxThreads) thread = &threads_.emplace_back();
  if (thread == nullptr) {
    thread = &*std::min_element(threads_.begin(), threads_.end(),
                                [](const Thread& a, const Thread& b) { return a.last_ns < b.last_ns; });
  }
  if (thread->tid != key.tid || thread->space != key.space) *thread = {.tid = key.tid, .space = key.space};
  return *thread;
}

const RecentStacks::Thread* RecentStacks::find(const Key& key) const {
  const auto found = std::find_if(threads_.begin(), threads_.end(),
                                  [&](const Thread& t) { return t.tid == key.tid && t.space == key.space; });
  return found == threads_.end() ? nullptr : &*found;
}

void RecentStacks::Stack::assign(uint64_t time, std::span<const StackedFrame> stack) {
  time_ns = time;
  frames.assign(stack.begin(), stack.end());
  rest_hashes.resize(stack.size());
  uint64_t hash = 0;
  for (size_t i = stack.size(); i-- > 0;) {
    rest_hashes[i] = hash;
    hash = mix(hash, stack[i]);
  }
}

/// Whether a frame that both have is reached in different ways. Frames are in the order of their stack
/// pointers, but for signal stacks.
bool RecentStacks::disagree(const Stack& a, const Stack& b) {
  size_t j = 0;
  for (size_t i = 0; i < a.frames.size(); ++i) {
    while (j < b.frames.size() && b.frames[j].sp < a.frames[i].sp) ++j;
    if (j < b.frames.size() && a.frames[i] == b.frames[j] && a.rest_hashes[i] != b.rest_hashes[j])
      return true;
  }
  return false;
}

void RecentStacks::remember(const Key& key, std::span<const StackedFrame> stack) {
  compare(key, stack);
  Thread& thread = thread_of(key);
  if (thread.ambiguous || (thread.next != 0 && key.time_ns < thread.last_ns + kIntervalNs)) return;
  thread.last_ns = key.time_ns;
  thread.stacks[thread.next++ % kKept].assign(key.time_ns, stack);
}

bool RecentStacks::wants_comparison(const Key& key) const {
  const Thread* thread = find(key);
  return thread != nullptr && !thread->ambiguous && thread->next != 0;
}

void RecentStacks::compare(const Key& key, std::span<const StackedFrame> stack) {
  if (!wants_comparison(key)) return;
  Thread& thread = thread_of(key);
  compared_.assign(key.time_ns, stack);
  if (disagree(compared_, thread.stacks[(thread.next - 1) % kKept])) {
    thread = {.tid = key.tid, .space = key.space, .last_ns = key.time_ns, .ambiguous = true};
  }
}

std::span<const StackedFrame> RecentStacks::find_rest(const Key& key,
                                                      std::span<const StackedFrame> cut) const {
  if (cut.empty()) return {};
  const auto thread = std::find_if(threads_.begin(), threads_.end(),
                                   [&](const Thread& t) { return t.tid == key.tid && t.space == key.space; });
  if (thread == threads_.end() || thread->ambiguous || thread->next < kNeeded) return {};
  std::span<const StackedFrame> rest;
  std::optional<uint64_t> hash;
  for (const Stack& stack : thread->stacks) {
    if (stack.frames.empty() || key.time_ns > stack.time_ns + kMaxAgeNs) continue;
    const auto place = find_place(stack.frames, cut);
    if (!place) continue;
    if (hash && *hash != stack.rest_hashes[*place]) return {};
    hash = stack.rest_hashes[*place];
    rest = std::span(stack.frames).subspan(*place + 1);
  }
  return rest;
}

}  // namespace strobe::unwind

#include "python/running_walk.h"

#include <algorithm>

#include "python/core/read_word.h"

namespace strobe::python {
namespace {

constexpr uint32_t kMaxAttempts = 8;
constexpr size_t kMaxGuesses = 4096;
constexpr uint64_t kAboveTop = 2048;  // the data stack may have grown since the last look
constexpr uint64_t kMaxChunkBytes = 64 << 10;
constexpr int kMaxChunks = 64;
constexpr size_t kMaxMissesOfObjects = kMaxChainFrames;  // up to 3.10 every frame is an object of its own
constexpr size_t kMaxNewFrames = 64;                     // above the common part

/// The beginning of a _PyStackChunk.
struct ChunkHeader {
  uint64_t previous;
  uint64_t size;
  uint64_t top;  // in words; of chunks that are not the newest
};

}  // namespace

void RunningWalk::set_guess(const ThreadHead& head, Guess& guess) {
  const uint64_t end = head.top + kAboveTop;
  if (head.chunk == 0 || end <= head.chunk) return;
  guess.chunk = head.chunk;
  guess.chunk_end = std::min(end, head.chunk + kMaxChunkBytes);
  static_cast<void>(guess.copies.add(guess.chunk, guess.chunk_end - guess.chunk));
}

bool RunningWalk::covers(const Guess& guess, const ThreadHead& head) const {
  if (head.chunk == 0) return true;  // no data stack yet, or up to 3.10
  const bool capped = guess.chunk_end - guess.chunk >= kMaxChunkBytes;
  return head.chunk == guess.chunk && (head.top <= guess.chunk_end || capped);
}

RunningWalk::Step RunningWalk::take_look(const PythonThread& thread, Guess& guess, Look& look,
                                         InterpreterWords& words) {
  const PythonWalkLayout& layout = runtime_->layout.walk;
  const size_t size = std::min<size_t>(layout.thread_size, kMaxThreadBytes);
  std::vector<MemoryPiece> before;
  words.add_pieces(layout, thread, before);
  before.push_back({thread.state, std::span(look.before_bytes).first(size)});
  const std::array after{MemoryPiece{thread.state, std::span(look.after_bytes).first(size)}};
  bool lost = false;
  if (!guess.copies.read(*memory_, before, after, lost)) {
    return lost ? Step::gone : Step::again;
  }
  look.before = decode_thread(layout, thread.state, before.back().out);
  look.after = decode_thread(layout, thread.state, after[0].out);
  return Step::done;
}

/// Adds the older chunks of the data stack, all at once; whether one of them holds `address`.
bool RunningWalk::add_chunk_of(Guess& guess, uint64_t address) {
  ChunkHeader header{};
  bool found = false;
  uint64_t chunk = guess.chunk;
  for (int i = 0; i < kMaxChunks && chunk != 0 && read_value(*memory_, chunk, header); ++i) {
    const uint64_t used =
        std::min({sizeof header + 8 * std::min(header.top, kMaxChunkBytes), header.size, kMaxChunkBytes});
    const bool added = chunk != guess.chunk && guess.copies.add(chunk, used);
    found = found || (added && address >= chunk && address - chunk + kMaxFrameBytes <= used);
    chunk = header.previous;
  }
  return found;
}

void RunningWalk::add_misses(Guess& guess, const CopyMemory& copy) {
  for (const CopyMemory::Miss& miss : copy.misses()) {
    if (!guess.copies.find(DoubleCopy::Copy::first, miss.address, miss.size).empty()) continue;
    if (guess.chunk != 0 && add_chunk_of(guess, miss.address)) continue;
    static_cast<void>(guess.copies.add(miss.address, miss.size));
  }
}

void RunningWalk::remember(const CopyMemory& copy) {
  if (last_ != nullptr) add_misses(*last_, copy);
}

/// The innermost frame of `chain` that the chain at the other end of the look has as well; nullopt where that
/// one cannot be followed.
std::optional<size_t> RunningWalk::common_suffix(const ThreadHead& other, CopyMemory& memory,
                                                 const FrameChain& chain) {
  std::array<std::byte, kMaxFrameBytes> buffer{};
  const auto bytes = std::span(buffer).first(runtime_->layout.walk.frame_size);
  const auto frames = chain.frames();
  uint64_t address = other.frame;
  for (size_t i = 0; i < kMaxNewFrames && address != 0; ++i) {
    const auto shared = std::ranges::find(frames, address, &ChainFrame::address);
    if (shared != frames.end()) return static_cast<size_t>(shared - frames.begin());
    if (!memory.read_memory(address, bytes)) break;
    address = decode_frame(runtime_->layout.walk, address, bytes).previous;
  }
  return std::nullopt;
}

/// The innermost frame of `chain` that was below the data stack's top at the other end of the look.
size_t RunningWalk::below_top(const Guess& guess, const ThreadHead& other, const FrameChain& chain) {
  for (size_t i = chain.count; i > 0; --i) {
    const uint64_t address = chain.storage[i - 1].address;
    if (address >= other.top && address >= guess.chunk && address < guess.chunk_end) return i;
  }
  return 0;
}

/// The innermost frame, not above `first`, from which on outwards `other` has the same as `chain`.
size_t RunningWalk::stable_part(Guess& guess, DoubleCopy::Copy other, const FrameChain& chain, size_t first) {
  const PythonWalkLayout& layout = runtime_->layout.walk;
  const auto frames = chain.frames();
  for (size_t i = chain.count; i > first; --i) {
    const ChainFrame& frame = frames[i - 1];
    const auto bytes = guess.copies.find(other, frame.address, layout.frame_size);
    if (bytes.empty()) return i;
    const ChainFrame again = decode_frame(layout, frame.address, bytes);
    const bool popped = layout.minor >= 14 && frame.code == 0 && frame.owner != layout.owner_shim;
    if (popped || again.code != frame.code || again.previous != frame.previous) return i;
    // It went on: whatever it called has returned.
    if (again.instruction != frame.instruction) return i - 1;
  }
  return first;
}

/// The chain as it began at one end of the look, without what is different at the other. False where it does
/// not lead to the thread's first frame: it changed while it was copied.
bool RunningWalk::follow(Guess& guess, const ThreadHead& head, const ThreadHead& other, DoubleCopy::Copy copy,
                         FrameChain& chain, Result& result) {
  const PythonWalkLayout& layout = runtime_->layout.walk;
  const size_t misses = layout.thread_chunk < 0 ? kMaxMissesOfObjects : kMaxMisses;
  const auto opposite = copy == DoubleCopy::Copy::first ? DoubleCopy::Copy::second : DoubleCopy::Copy::first;
  CopyMemory here(guess.copies, copy, *memory_, misses);
  CopyMemory there(guess.copies, opposite, *memory_, kMaxMisses);
  ThreadHead begin = head;
  ThreadHead end = other;
  WalkStart start;
  bool current = walk_thread(here, layout, begin, chain, start) && read_current_frame(there, layout, end);
  // The call that was left at this end is left at the other one, too, if it is the newest there.
  if (head.cframe == other.cframe) {
    for (int i = 0; i < start.left_calls && current; ++i) current = step_to_caller(there, layout, end);
  }
  result.head = begin;
  result.copy = copy;
  result.lacks_leaf = start.lacks_leaf;
  if (current && chain.end == ChainEnd::bottom && here.misses().empty()) {
    result.first = 0;
    if (begin.frame != end.frame) {
      result.first = common_suffix(end, there, chain).value_or(below_top(guess, end, chain));
    }
    result.first = stable_part(guess, opposite, chain, result.first);
  }
  if (chain.end == ChainEnd::bottom || chain.end == ChainEnd::unreadable) add_misses(guess, here);
  if (!current || !here.misses().empty()) return false;
  if (chain.end == ChainEnd::empty && end.frame == 0) result.outcome = PythonOutcome::none;
  return chain.end == ChainEnd::bottom || result.outcome == PythonOutcome::none;
}

RunningWalk::Step RunningWalk::attempt(const PythonThread& thread, Guess& guess, FrameChain& chain,
                                       Result& result) {
  const PythonWalkLayout& layout = runtime_->layout.walk;
  Look look;
  if (const Step step = take_look(thread, guess, look, result.words); step != Step::done) return step;
  result.other_thread = !is_state_of(layout, thread, look.before);
  if (result.other_thread) return Step::gone;
  if (!covers(guess, look.before) || !covers(guess, look.after)) {
    set_guess(look.after, guess);
    return Step::again;
  }
  if (!follow(guess, look.before, look.after, DoubleCopy::Copy::first, chain, result) &&
      !follow(guess, look.after, look.before, DoubleCopy::Copy::second, chain, result)) {
    return Step::again;
  }
  if (result.outcome == PythonOutcome::none) return Step::done;
  const auto kept = chain.frames().subspan(result.first);
  const bool any = std::ranges::any_of(kept, [&](const ChainFrame& frame) {
    return layout.frame_owner < 0 || frame.owner != layout.owner_shim;
  });
  if (!any && result.first != 0) return Step::again;
  const bool whole = result.first == 0 && !result.lacks_leaf;
  result.outcome = whole ? PythonOutcome::full : PythonOutcome::partial;
  return Step::done;
}

RunningWalk::Result RunningWalk::walk(const PythonThread& thread, FrameChain& chain) {
  if (guesses_.size() >= kMaxGuesses) guesses_.clear();
  Guess& guess = guesses_[thread.state];
  last_ = &guess;
  Result result{.outcome = PythonOutcome::inconsistent};
  guess.copies.age();
  for (result.attempts = 1; result.attempts <= kMaxAttempts; ++result.attempts) {
    const Step step = attempt(thread, guess, chain, result);
    if (step == Step::done) return result;
    if (step == Step::gone) {
      result.outcome = PythonOutcome::unread;
      return result;
    }
  }
  result.outcome = PythonOutcome::inconsistent;
  return result;
}

}  // namespace strobe::python

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

uint64_t at(uint64_t base, PythonOffset offset) { return base + static_cast<uint64_t>(offset); }

}  // namespace

void RunningWalk::set_guess(const ThreadHead& head, Guess& guess) {
  guess.cframe = head.cframe;
  if (runtime_->layout.walk.thread_chunk < 0) return;
  const uint64_t end = head.top + kAboveTop;
  if (head.chunk == 0 || end <= head.chunk) return;
  if (guess.chunk != head.chunk) guess.copies.remove(head.chunk);  // it may be there as an older one
  guess.chunk = head.chunk;
  guess.chunk_end = std::min(end, head.chunk + kMaxChunkBytes);
  static_cast<void>(guess.copies.add(guess.chunk, guess.chunk_end - guess.chunk));
}

bool RunningWalk::covers(const Guess& guess, const ThreadHead& head) const {
  const PythonWalkLayout& layout = runtime_->layout.walk;
  if (layout.cframe_frame >= 0 && head.cframe != guess.cframe) return false;
  if (layout.thread_chunk < 0 || head.chunk == 0) return true;
  const bool capped = guess.chunk_end - guess.chunk >= kMaxChunkBytes;
  return head.chunk == guess.chunk && (head.top <= guess.chunk_end || capped);
}

bool RunningWalk::take_look(const PythonThread& thread, Guess& guess, Look& look, bool& gone) {
  const PythonWalkLayout& layout = runtime_->layout.walk;
  const size_t size = std::min<size_t>(layout.thread_size, kMaxThreadBytes);
  const auto before = std::span(look.before_bytes).first(size);
  const auto after = std::span(look.after_bytes).first(size);
  const bool through_cframe = layout.cframe_frame >= 0 && guess.cframe != 0;
  const uint64_t current = through_cframe ? at(guess.cframe, layout.cframe_frame) : thread.state;
  const auto word = [](uint64_t& out) { return std::as_writable_bytes(std::span(&out, 1)); };
  const std::array first{MemoryPiece{thread.state, before}, MemoryPiece{current, word(look.before_frame)}};
  const std::array last{MemoryPiece{current, word(look.after_frame)}, MemoryPiece{thread.state, after}};
  if (!guess.copies.read(*memory_, first, last, gone)) {
    // A _PyCFrame that went with its stack is no reason to give up.
    if (gone && through_cframe && memory_->read_memory(thread.state, before)) {
      set_guess(decode_thread(layout, thread.state, before), guess);
      gone = false;
    }
    return false;
  }
  look.before = decode_thread(layout, thread.state, before);
  look.after = decode_thread(layout, thread.state, after);
  if (through_cframe) {
    look.before.frame = look.before_frame;
    look.after.frame = look.after_frame;
  }
  return true;
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

/// The innermost frame that the chains before and after the copies share; chain.count where there is none.
size_t RunningWalk::common_suffix(Guess& guess, const Look& look, const FrameChain& chain) {
  CopyMemory second(guess.copies, DoubleCopy::Copy::second, *memory_, kMaxMisses);
  std::array<std::byte, kMaxFrameBytes> buffer{};
  const auto bytes = std::span(buffer).first(runtime_->layout.walk.frame_size);
  const auto frames = chain.frames();
  uint64_t address = look.after.frame;
  for (size_t i = 0; i < kMaxNewFrames && address != 0; ++i) {
    const auto shared = std::ranges::find(frames, address, &ChainFrame::address);
    if (shared != frames.end()) return static_cast<size_t>(shared - frames.begin());
    if (!second.read_memory(address, bytes)) break;
    address = decode_frame(runtime_->layout.walk, address, bytes).previous;
  }
  add_misses(guess, second);
  return chain.count;
}

/// The innermost frame, not above `first`, from which on outwards nothing changed between the copies.
size_t RunningWalk::stable_part(Guess& guess, const FrameChain& chain, size_t first) {
  const PythonWalkLayout& layout = runtime_->layout.walk;
  const auto frames = chain.frames();
  for (size_t i = chain.count; i > first; --i) {
    const ChainFrame& frame = frames[i - 1];
    const auto bytes = guess.copies.find(DoubleCopy::Copy::second, frame.address, layout.frame_size);
    if (bytes.empty()) return i;
    const ChainFrame again = decode_frame(layout, frame.address, bytes);
    const bool popped = layout.minor >= 14 && frame.code == 0 && frame.owner != layout.owner_shim;
    if (popped || again.code != frame.code || again.previous != frame.previous) return i;
    // It went on: whatever it called has returned.
    if (again.instruction != frame.instruction) return i - 1;
  }
  return first;
}

RunningWalk::Step RunningWalk::attempt(const PythonThread& thread, Guess& guess, FrameChain& chain,
                                       Result& result) {
  const PythonWalkLayout& layout = runtime_->layout.walk;
  Look look;
  bool gone = false;
  if (!take_look(thread, guess, look, gone)) return gone ? Step::gone : Step::again;
  result.other_thread =
      look.before.interpreter != thread.interpreter ||
      (layout.thread_native_id >= 0 ? static_cast<pid_t>(look.before.native_id) != thread.native_id
                                    : look.before.ident != thread.ident);
  if (result.other_thread) return Step::gone;
  if (!covers(guess, look.before) || !covers(guess, look.after)) {
    set_guess(look.after, guess);
    return Step::again;
  }
  result.head = look.before;
  const bool objects = layout.thread_chunk < 0;
  CopyMemory copy(guess.copies, DoubleCopy::Copy::first, *memory_,
                  objects ? kMaxMissesOfObjects : kMaxMisses);
  walk_chain(copy, layout, look.before, chain);
  if (!copy.misses().empty()) {
    add_misses(guess, copy);
    return Step::again;
  }
  if (chain.end == ChainEnd::empty && look.after.frame == 0) {
    result.outcome = PythonOutcome::none;
    return Step::done;
  }
  if (chain.end != ChainEnd::bottom) return Step::again;
  result.first = look.after.frame == look.before.frame ? 0 : common_suffix(guess, look, chain);
  result.first = stable_part(guess, chain, result.first);
  const auto kept = chain.frames().subspan(result.first);
  const bool any = std::ranges::any_of(kept, [&](const ChainFrame& frame) {
    return layout.frame_owner < 0 || frame.owner != layout.owner_shim;
  });
  if (!any && result.first != 0) return Step::again;
  result.outcome = result.first == 0 ? PythonOutcome::full : PythonOutcome::partial;
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

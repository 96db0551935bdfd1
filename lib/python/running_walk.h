// Walks the frames of a thread that runs: thread state, data stack and scattered frames are copied twice in
// one system call, in this order: state, frames, frames again, state again. Frames that are the same in both
// copies stood still during the call, hence all existed at once; what changed is cut off, from the innermost
// frame on. One process, one thread.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <unordered_map>
#include <vector>

#include "base/memory_reader.h"
#include "model/python.h"
#include "python/core/frame_walk.h"
#include "python/double_copy.h"
#include "python/interpreter_words.h"
#include "python/runtime.h"

namespace strobe::python {

class RunningWalk {
 public:
  /// What one look at a thread state gave.
  struct Result {
    PythonOutcome outcome = PythonOutcome::unread;
    bool other_thread = false;                        ///< the state belongs to another thread by now
    ThreadHead head;                                  ///< with which the chain begins
    DoubleCopy::Copy copy = DoubleCopy::Copy::first;  ///< which the chain is from
    InterpreterWords words;
    bool lacks_leaf = false;  ///< frames that were not found are missing at the inner end
    size_t first = 0;         ///< the innermost frame of the chain that stood still
    uint32_t attempts = 0;
  };

  RunningWalk(MemoryReader& memory, const Runtime& runtime) : memory_(&memory), runtime_(&runtime) {}

  /// `chain` is filled; valid together with the memory of copy().
  Result walk(const PythonThread& thread, FrameChain& chain);

  /// The memory that the last chain was read from; what it lacks is read live.
  [[nodiscard]] CopyMemory copy(const Result& result) {
    return {last_->copies, result.copy, *memory_, 2 * kMaxChainFrames};
  }
  /// Adds what was missing in `copy`, for the next look at the same thread.
  void remember(const CopyMemory& copy);

 private:
  static constexpr size_t kMaxMisses = 8;  // reads one by one in one attempt: they are not of one instant

  /// Where the last look found things; they are mostly still there.
  struct Guess {
    uint64_t chunk = 0;
    uint64_t chunk_end = 0;
    DoubleCopy copies;
  };
  /// The thread state as it was before and after the copies.
  struct Look {
    std::array<std::byte, kMaxThreadBytes> before_bytes;
    std::array<std::byte, kMaxThreadBytes> after_bytes;
    ThreadHead before;
    ThreadHead after;
  };
  enum class Step : uint8_t { done, again, gone };

  Step attempt(const PythonThread& thread, Guess& guess, FrameChain& chain, Result& result);
  Step take_look(const PythonThread& thread, Guess& guess, Look& look, InterpreterWords& words);
  void set_guess(const ThreadHead& head, Guess& guess);
  [[nodiscard]] bool covers(const Guess& guess, const ThreadHead& head) const;
  void add_misses(Guess& guess, const CopyMemory& copy);
  [[nodiscard]] bool add_chunk_of(Guess& guess, uint64_t address);
  bool follow(Guess& guess, const ThreadHead& head, const ThreadHead& other, DoubleCopy::Copy copy,
              FrameChain& chain, Result& result);
  [[nodiscard]] std::optional<size_t> common_suffix(const ThreadHead& other, CopyMemory& memory,
                                                    const FrameChain& chain);
  [[nodiscard]] static size_t below_top(const Guess& guess, const ThreadHead& other, const FrameChain& chain);
  [[nodiscard]] size_t stable_part(Guess& guess, DoubleCopy::Copy other, const FrameChain& chain,
                                   size_t first);

  MemoryReader* memory_;
  const Runtime* runtime_;
  std::unordered_map<uint64_t, Guess> guesses_;  // by thread state
  Guess* last_ = nullptr;
};

}  // namespace strobe::python

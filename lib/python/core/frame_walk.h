// Walks the Python frames of one thread in another process's memory: the chain as it lies there, and what is
// worth keeping of it. Bounded whatever the memory says. Freestanding: no allocation; storage is the
// caller's. Sources: CPython's Include/internal/pycore_frame.h and Python/ceval.c of each minor version.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "base/memory_reader.h"
#include "model/python_walk.h"

namespace strobe::python {

inline constexpr size_t kMaxChainFrames = 4096;
inline constexpr size_t kMaxThreadBytes = 512;  ///< more than `thread_size` of any version
inline constexpr size_t kMaxFrameBytes = 128;   ///< more than `frame_size` of any version

inline constexpr uint8_t kOwnerGenerator = 1;

/// What a thread state says of itself.
struct ThreadHead {
  PythonWord address = 0;  ///< of the thread state itself
  PythonWord interpreter = 0;
  PythonWord native_id = 0;  ///< 0 up to 3.10
  PythonWord ident = 0;
  PythonWord frame = 0;   ///< the innermost; 0 where a _PyCFrame knows it (3.11, 3.12)
  PythonWord cframe = 0;  ///< the newest _PyCFrame; 0 where this version has none
  PythonWord base_frame = 0;
  PythonWord chunk = 0;
  PythonWord top = 0;
  int32_t state = 0;  ///< from 3.13: 1 attached
};

/// One frame as it lies in memory; also those of the evaluator itself.
struct ChainFrame {
  PythonWord address = 0;
  PythonWord code = 0;  ///< tag bits removed; 0: the frame was popped
  PythonWord previous = 0;
  PythonWord instruction = 0;
  PythonHalf tlbc = 0;
  uint8_t owner = 0;
  uint8_t is_entry = 0;  ///< 3.11 only
};

enum class ChainEnd : uint8_t {
  bottom,      ///< the frame with which the thread's Python began
  empty,       ///< no frame at all
  torn,        ///< a frame that no thread begins with
  unreadable,  ///< a frame that cannot be read
  too_deep,    ///< more frames than there is storage for
  cycle,
};

struct FrameChain {
  std::span<ChainFrame> storage;
  size_t count = 0;  ///< frames in `storage`, innermost first
  ChainEnd end = ChainEnd::empty;

  [[nodiscard]] std::span<ChainFrame> frames() const { return storage.first(count); }
};

/// `bytes`: `thread_size` of them, from the thread state at `address` on.
[[nodiscard]] ThreadHead decode_thread(const PythonWalkLayout& layout, uint64_t address,
                                       std::span<const std::byte> bytes);
/// `bytes`: `frame_size` of them, from `address` on.
[[nodiscard]] ChainFrame decode_frame(const PythonWalkLayout& layout, uint64_t address,
                                      std::span<const std::byte> bytes);

/// Whether a frame is one of Python code: neither of the evaluator itself nor popped.
[[nodiscard]] bool is_python_frame(const PythonWalkLayout& layout, const ChainFrame& frame);

/// Fills in the innermost frame where only the newest _PyCFrame knows it; false where it cannot be read.
[[nodiscard]] bool read_current_frame(MemoryReader& memory, const PythonWalkLayout& layout, ThreadHead& head);

/// 3.11 and 3.12: goes back to the call of the evaluator before the newest, and its current frame; false
/// where there is none.
[[nodiscard]] bool step_to_caller(MemoryReader& memory, const PythonWalkLayout& layout, ThreadHead& head);

/// The chain that begins with `head.frame`. 3.11 and 3.12: that frame is the current one of `head.cframe`; a
/// call that has not begun, or is over, is left out of it.
void walk_chain(MemoryReader& memory, const PythonWalkLayout& layout, const ThreadHead& head,
                FrameChain& out);

/// What a thread that stands still has beside its memory. While the evaluator enters or leaves a call, the
/// caller may be in a register only (3.11, 3.12).
struct StoppedRegisters {
  std::span<const uint64_t> registers;  ///< the general ones, in any order; empty where not known
  uint64_t code_type = 0;               ///< address of PyCode_Type; 0 unknown: the registers are of no use
};

/// How walk_thread came to its chain.
struct WalkStart {
  int left_calls = 0;       ///< 3.11, 3.12: newest calls of the evaluator that run nothing (yet, or any more)
  bool lacks_leaf = false;  ///< the innermost frames are missing
};
/// The whole chain of a thread; `head` becomes that of the call it begins in. False where the innermost frame
/// cannot be read.
[[nodiscard]] bool walk_thread(MemoryReader& memory, const PythonWalkLayout& layout, ThreadHead& head,
                               FrameChain& out, WalkStart& start, const StoppedRegisters& stopped = {});

/// The Python frames of `chain` from `first` on, each oldest one of a call of the
/// evaluator with its anchor. `head` is the one the chain began with. How many were written to `out`, which
/// holds as many as `chain`.
size_t make_raw_frames(MemoryReader& memory, const PythonWalkLayout& layout, const ThreadHead& head,
                       std::span<const ChainFrame> chain, size_t first, std::span<RawPythonFrame> out);

}  // namespace strobe::python

#include "python/core/frame_walk.h"

#include "python/core/evaluator_call.h"
#include "python/core/read_word.h"

namespace strobe::python {
namespace {

constexpr PythonWord kTagBits = 3;        // 3.14's references have tags; objects are aligned to 16 bytes
constexpr PythonWord kUnknownAnchor = 1;  // there is a boundary, and no address of it
constexpr uint8_t kMaxOwner = 4;          // enum _frameowner of every version ends there
constexpr size_t kMaxCFrames = 2 * kMaxChainFrames;
constexpr int kMaxLeftCalls = 4;  // what lay there before may lead to others of its kind

bool is_shim(const PythonWalkLayout& layout, const ChainFrame& frame) {
  return layout.frame_owner >= 0 && frame.owner == layout.owner_shim;
}

bool is_plausible(const PythonWalkLayout& layout, const ChainFrame& frame) {
  constexpr PythonWord kPointerBits = 7;
  if (((frame.address | frame.previous) & kPointerBits) != 0) return false;
  return layout.frame_owner < 0 || frame.owner <= kMaxOwner;
}

/// Whether a thread's Python begins with this frame, which has no previous one to go on with.
bool is_bottom(const PythonWalkLayout& layout, const ThreadHead& head, const ChainFrame& frame) {
  if (layout.thread_base_frame >= 0) return frame.address == head.base_frame;
  if (frame.previous != 0) return false;
  if (layout.frame_owner < 0) return frame.owner != kOwnerGenerator;
  if (layout.frame_is_entry >= 0) return frame.is_entry != 0 && frame.owner != kOwnerGenerator;
  return is_shim(layout, frame);
}

/// The _PyCFrames of a thread, newest first.
class CFrames {
 public:
  CFrames(MemoryReader& memory, const PythonWalkLayout& layout, PythonWord newest)
      : memory_(&memory), layout_(&layout), address_(newest) {}

  [[nodiscard]] PythonWord address() const { return address_; }
  [[nodiscard]] PythonWord current_frame() const {
    PythonWord frame = 0;
    return address_ != 0 && read_value(*memory_, at(address_, layout_->cframe_frame), frame) ? frame : 0;
  }
  void advance() {
    PythonWord next = 0;
    if (address_ != 0 && !read_value(*memory_, at(address_, layout_->cframe_previous), next)) next = 0;
    address_ = next;
  }

 private:
  MemoryReader* memory_;
  const PythonWalkLayout* layout_;
  PythonWord address_;
};

/// How many _PyCFrames there are, without the oldest, which is in the thread state (and whose `previous` 3.10
/// leaves as it finds it).
size_t count_cframes(CFrames frames, PythonWord state) {
  size_t count = 0;
  for (; frames.address() != 0 && count < kMaxCFrames; frames.advance(), ++count) {
    if (is_in_state(state, frames.address())) break;
  }
  return count;
}

/// Which address tells the run of frames that `chain[i]` ends (as its oldest frame) apart; 0: it ends none.
class Anchors {
 public:
  Anchors(MemoryReader& memory, const PythonWalkLayout& layout, const ThreadHead& head,
          std::span<const ChainFrame> chain)
      : layout_(&layout), cframes_(memory, layout, head.cframe), chain_(chain), run_(head.frame) {
    if (layout.minor != 10) return;
    // A call of the evaluator that has not entered its frame yet has a _PyCFrame already: count from the end.
    const size_t count = count_cframes(cframes_, head.address);
    for (size_t i = chain.size(); i < count; ++i) cframes_.advance();
    missing_ = count < chain.size() ? chain.size() - count : 0;
  }

  PythonWord of(size_t i) {
    if (layout_->minor >= 12) {
      const bool last = i + 1 < chain_.size() && is_shim(*layout_, chain_[i + 1]);
      if (!last) return 0;
      return layout_->thread_base_frame >= 0 && i + 2 == chain_.size() ? 0 : chain_[i + 1].address;
    }
    if (layout_->minor == 11) return chain_[i].is_entry != 0 ? next_run(i) : 0;
    if (layout_->minor < 10) return kUnknownAnchor;
    if (i < missing_ || cframes_.address() == 0) return kUnknownAnchor;
    const PythonWord anchor = cframes_.address();
    cframes_.advance();
    return anchor;
  }

 private:
  /// 3.11: the _PyCFrame of the run that chain_[i] ends, if it says that it runs that run.
  PythonWord next_run(size_t i) {
    const PythonWord address = cframes_.address();
    const bool sure = address != 0 && cframes_.current_frame() == run_;
    cframes_.advance();
    run_ = chain_[i].previous;
    return sure ? address : kUnknownAnchor;
  }

  const PythonWalkLayout* layout_;
  CFrames cframes_;
  std::span<const ChainFrame> chain_;
  PythonWord run_;      // 3.11: the innermost frame of the current run
  size_t missing_ = 0;  // 3.10: innermost frames without a _PyCFrame
};

/// 3.11 and 3.12: a call of the evaluator is in the chain of _PyCFrames some instructions before its own one
/// is filled in. Until then that names the frames, and the call before, of whatever lay there last, often
/// an earlier call, whose frames look right. So the frames of the newest call are checked for being those of
/// calls that go on.
class NewestCall {
 public:
  enum class Verdict : uint8_t { keep, leave_out, stale };

  NewestCall(MemoryReader& memory, const PythonWalkLayout& layout, const ThreadHead& head)
      : memory_(&memory),
        layout_(&layout),
        head_(&head),
        cframe_(head.cframe),
        open_(layout.cframe_frame >= 0 && head.cframe != 0) {}

  /// `any`: a frame before was kept. Only the innermost frame can be left out: one that was called, or has
  /// returned, within a call that goes on.
  Verdict judge(const ChainFrame& frame, bool any) {
    if (!open_) return Verdict::keep;
    if (is_shim(*layout_, frame)) {
      const bool runs_nothing = left_out_ && !any;
      return !runs_nothing && is_end_of_call(frame, any) ? Verdict::keep : Verdict::stale;
    }
    // The evaluator's own frame (3.12), of which not even the owner is filled in.
    if (layout_->frame_is_entry < 0 && is_local(frame)) return Verdict::stale;
    const bool alive = goes_on(*memory_, *layout_, *head_, frame);
    if (!alive && (any || left_out_ || frame.is_entry != 0)) return Verdict::stale;
    if (frame.is_entry != 0 && !is_end_of_call(frame, true)) return Verdict::stale;
    left_out_ = !alive;
    return alive ? Verdict::keep : Verdict::leave_out;
  }

 private:
  /// Whether it lies on the C stack, in the call itself.
  [[nodiscard]] bool is_local(const ChainFrame& frame) const {
    return is_local_of_call(cframe_, frame.address);
  }
  /// Whether the frame is where this call began: the call before says that it was called from there.
  bool is_end_of_call(const ChainFrame& frame, bool any) {
    PythonWord before = 0;
    PythonWord caller = 0;
    if (!read_value(*memory_, at(cframe_, layout_->cframe_previous), before) || before == 0) return false;
    if (!read_value(*memory_, at(before, layout_->cframe_frame), caller) || caller != frame.previous)
      return false;
    const bool own = !is_shim(*layout_, frame) || is_local(frame);
    const bool older = before > cframe_ || is_in_state(head_->address, before);
    cframe_ = before;
    open_ = !any;
    return own && older;
  }

  MemoryReader* memory_;
  const PythonWalkLayout* layout_;
  const ThreadHead* head_;
  PythonWord cframe_;
  bool left_out_ = false;  // the innermost frame
  bool open_;              // the frames are still those of the newest call that runs any
};

}  // namespace

ThreadHead decode_thread(const PythonWalkLayout& layout, uint64_t address, std::span<const std::byte> bytes) {
  const auto word = [&](PythonOffset offset) { return value_at<PythonWord>(bytes, offset); };
  ThreadHead head{.address = address};
  head.interpreter = word(layout.thread_interpreter);
  head.native_id = word(layout.thread_native_id);
  head.ident = word(layout.thread_ident);
  head.base_frame = word(layout.thread_base_frame);
  head.chunk = word(layout.thread_chunk);
  head.top = word(layout.thread_top);
  head.state = value_at<int32_t>(bytes, layout.thread_state);
  if (layout.cframe_frame >= 0) {
    head.cframe = word(layout.thread_frame);
  } else {
    head.frame = word(layout.thread_frame);
    head.cframe = word(layout.thread_cframe);
  }
  return head;
}

ChainFrame decode_frame(const PythonWalkLayout& layout, uint64_t address, std::span<const std::byte> bytes) {
  const auto word = [&](PythonOffset offset) { return value_at<PythonWord>(bytes, offset); };
  ChainFrame frame;
  frame.address = address;
  frame.code = word(layout.frame_code) & ~kTagBits;
  frame.previous = word(layout.frame_previous);
  if (layout.frame_owner >= 0) {
    frame.instruction = word(layout.frame_instruction);
    frame.owner = value_at<uint8_t>(bytes, layout.frame_owner);
    frame.is_entry = value_at<uint8_t>(bytes, layout.frame_is_entry);
    frame.tlbc = value_at<PythonHalf>(bytes, layout.frame_tlbc);
  } else {
    const auto last = value_at<int32_t>(bytes, layout.frame_instruction);
    frame.instruction = static_cast<PythonWord>(static_cast<int64_t>(last));
    frame.owner = word(layout.frame_generator) != 0 ? kOwnerGenerator : 0;
  }
  return frame;
}

bool is_python_frame(const PythonWalkLayout& layout, const ChainFrame& frame) {
  return !is_shim(layout, frame) && frame.code != 0;
}

bool read_current_frame(MemoryReader& memory, const PythonWalkLayout& layout, ThreadHead& head) {
  if (layout.cframe_frame < 0) return true;
  if (head.cframe == 0 || !read_value(memory, at(head.cframe, layout.cframe_frame), head.frame)) return false;
  // Only the one in the thread state itself, of a thread that runs nothing, has no frame.
  return head.frame != 0 || is_in_state(head.address, head.cframe);
}

bool step_to_caller(MemoryReader& memory, const PythonWalkLayout& layout, ThreadHead& head) {
  if (layout.cframe_frame < 0 || head.cframe == 0) return false;
  return read_value(memory, at(head.cframe, layout.cframe_previous), head.cframe) &&
         read_current_frame(memory, layout, head);
}

namespace {

/// Whether all there is is the frame of a generator that nobody seems to have called.
bool is_cut_generator(const FrameChain& chain) {
  return chain.end == ChainEnd::torn && chain.count == 1 && chain.storage[0].owner == kOwnerGenerator;
}

/// Adds the frames from this one on to the chain.
void walk_on(MemoryReader& memory, const PythonWalkLayout& layout, const ThreadHead& head, PythonWord address,
             FrameChain& out) {
  std::byte buffer[kMaxFrameBytes];
  const auto bytes = std::span(buffer).first(layout.frame_size);
  NewestCall newest(memory, layout, head);
  PythonWord checkpoint = 0;  // Brent: a cycle comes back to an address that was kept at a power of two
  while (address != 0) {
    if (address == checkpoint) return void(out.end = ChainEnd::cycle);
    if (out.count == out.storage.size()) return void(out.end = ChainEnd::too_deep);
    if (!memory.read_memory(address, bytes)) return void(out.end = ChainEnd::unreadable);
    const ChainFrame frame = decode_frame(layout, address, bytes);
    // Memory that was a frame a moment ago: do not follow what it holds now.
    if (!is_plausible(layout, frame)) return void(out.end = ChainEnd::torn);
    const NewestCall::Verdict verdict = newest.judge(frame, out.count != 0);
    if (verdict == NewestCall::Verdict::stale) return void(out.end = ChainEnd::torn);
    if (verdict == NewestCall::Verdict::keep) out.storage[out.count++] = frame;
    if ((out.count & (out.count - 1)) == 0) checkpoint = address;
    const bool sentinel = layout.thread_base_frame >= 0 && address == head.base_frame;
    address = sentinel ? 0 : frame.previous;
    out.end = address == 0 && is_bottom(layout, head, frame) ? ChainEnd::bottom : ChainEnd::torn;
  }
}

}  // namespace

void walk_chain(MemoryReader& memory, const PythonWalkLayout& layout, const ThreadHead& head,
                FrameChain& out) {
  out.count = 0;
  out.end = ChainEnd::empty;
  walk_on(memory, layout, head, head.frame, out);
}

bool walk_thread(MemoryReader& memory, const PythonWalkLayout& layout, ThreadHead& head, FrameChain& out,
                 WalkStart& start, const StoppedRegisters& stopped) {
  start = {};
  RegisterSearch search(memory, layout, stopped);
  if (!read_current_frame(memory, layout, head)) {
    // The newest call is not filled in.
    if (!search.find_call_before(head) && !step_to_caller(memory, layout, head)) return false;
    start.left_calls = 1;
  }
  walk_chain(memory, layout, head, out);
  if (is_cut_generator(out)) {
    const PythonWord caller = search.find_caller(out.storage[0].address);
    if (caller != 0) walk_on(memory, layout, head, caller, out);
  }
  while (out.end != ChainEnd::bottom && out.end != ChainEnd::empty && start.left_calls < kMaxLeftCalls) {
    // 3.12 cuts a generator's frame off before it leaves it: what called it in the same call is not known.
    const bool lacks_leaf = out.count != 0 && out.storage[0].owner == kOwnerGenerator;
    ++start.left_calls;
    ThreadHead before = head;
    if (search.find_call_before(before)) {
      walk_chain(memory, layout, before, out);
      if (out.end == ChainEnd::bottom) {
        head = before;
        return true;
      }
    }
    if (!step_to_caller(memory, layout, head)) break;
    start.lacks_leaf = start.lacks_leaf || lacks_leaf;
    walk_chain(memory, layout, head, out);
  }
  // A thread that runs nothing has no call to leave.
  if (start.left_calls != 0 && out.end == ChainEnd::empty) out.end = ChainEnd::torn;
  return true;
}

size_t make_raw_frames(MemoryReader& memory, const PythonWalkLayout& layout, const ThreadHead& head,
                       std::span<const ChainFrame> chain, size_t first, std::span<RawPythonFrame> out) {
  Anchors anchors(memory, layout, head, chain);
  size_t count = 0;
  for (size_t i = 0; i < chain.size() && count < out.size(); ++i) {
    const ChainFrame& frame = chain[i];
    if (is_shim(layout, frame)) continue;
    const PythonWord anchor = anchors.of(i);
    if (i < first || !is_python_frame(layout, frame)) continue;
    out[count++] = {.code = frame.code,
                    .instruction = frame.instruction,
                    .anchor = anchor,
                    .tlbc = frame.tlbc,
                    .generator = frame.owner == kOwnerGenerator ? PythonHalf{1} : PythonHalf{0}};
  }
  return count;
}

}  // namespace strobe::python

#include "python/core/evaluator_call.h"

#include "model/python_calls.h"
#include "python/core/read_word.h"

namespace strobe::python {
namespace {

constexpr PythonWord kMaxStateBytes = 1024;
constexpr PythonWord kAlignmentBits = 7;
constexpr PythonWord kCodeTagBits = 3;

bool has_begun(const PythonWalkLayout& layout, const ChainFrame& frame) {
  return frame.instruction >= frame.code + python_code_start(layout.minor);
}

bool has_ended(MemoryReader& memory, const PythonWalkLayout& layout, const ThreadHead& head,
               const ChainFrame& frame) {
  if (frame.owner != kOwnerGenerator) {
    return frame.address >= head.top && frame.address - head.chunk < kPythonLeastChunkBytes;
  }
  int8_t state = 0;
  return layout.minor == 11 &&
         (!read_value(memory, frame.address - kPythonGeneratorStateBefore, state) || state != 0);
}

}  // namespace

bool is_in_state(PythonWord state, PythonWord address) {
  return address >= state && address - state < kMaxStateBytes;
}

bool goes_on(MemoryReader& memory, const PythonWalkLayout& layout, const ThreadHead& head,
             const ChainFrame& frame) {
  return has_begun(layout, frame) && !has_ended(memory, layout, head, frame);
}

bool is_local_of_call(PythonWord cframe, PythonWord address) {
  const PythonWord apart = address > cframe ? address - cframe : cframe - address;
  return apart < kPythonEvaluatorLocalsBytes;
}

/// False where there is no frame of Python code at this address.
bool RegisterSearch::read_frame(PythonWord address, ChainFrame& out) {
  const PythonOffset type_at = layout_->free_threaded != 0 ? 24 : 8;  // ob_type of a PyObject
  std::byte buffer[kMaxFrameBytes];
  const auto bytes = std::span(buffer).first(layout_->frame_size);
  if (address == 0 || (address & kAlignmentBits) != 0 || !memory_->read_memory(address, bytes)) return false;
  out = decode_frame(*layout_, address, bytes);
  PythonWord type = 0;
  return out.code != 0 && (out.code & kCodeTagBits) == 0 &&
         read_value(*memory_, at(out.code, type_at), type) && type == stopped_->code_type;
}

PythonWord RegisterSearch::find_caller(PythonWord generator) {
  if (stopped_->code_type == 0) return 0;
  ChainFrame frame;
  for (const PythonWord value : stopped_->registers) {
    if (value != generator && read_frame(value, frame)) return value;
  }
  return 0;
}

PythonWord RegisterSearch::frame_of_call(const ThreadHead& head, PythonWord cframe) {
  PythonWord current = 0;
  PythonWord before = 0;
  ChainFrame frame;
  const bool older = cframe > head.cframe || is_in_state(head.address, cframe);
  if (!older || (cframe & kAlignmentBits) != 0) return 0;
  if (!read_value(*memory_, at(cframe, layout_->cframe_frame), current) || !read_frame(current, frame))
    return 0;
  if (!read_value(*memory_, at(cframe, layout_->cframe_previous), before)) return 0;
  return before > cframe || is_in_state(head.address, before) ? current : 0;
}

/// `head` with the data stack's top where a frame begins that has not begun to run: nothing lies above it.
ThreadHead RegisterSearch::without_new_frame(ThreadHead head) {
  ChainFrame frame;
  for (const PythonWord value : stopped_->registers) {
    if (value >= head.chunk && value < head.top && read_frame(value, frame) && !has_begun(*layout_, frame))
      head.top = value;
  }
  return head;
}

/// Where a register has the frame that the newest call will run, or (3.11) the one that it was called from.
PythonWord RegisterSearch::caller_of_newest(const ThreadHead& head, PythonWord address) {
  ChainFrame frame;
  if (!read_frame(address, frame)) return 0;
  if (layout_->frame_is_entry >= 0) {
    const bool resumed = frame.owner == kOwnerGenerator && frame.previous == 0;
    return !resumed && goes_on(*memory_, *layout_, head, frame) ? address : 0;
  }
  // Between the two lies the evaluator's own frame, a local of the call.
  PythonWord caller = 0;
  if (!is_local_of_call(head.cframe, frame.previous) ||
      !read_value(*memory_, at(frame.previous, layout_->frame_previous), caller))
    return 0;
  return read_frame(caller, frame) && goes_on(*memory_, *layout_, head, frame) ? caller : 0;
}

bool RegisterSearch::find_call_before(ThreadHead& head) {
  if (layout_->cframe_frame < 0 || head.cframe == 0 || stopped_->code_type == 0) return false;
  PythonWord nearest = 0;  // of the calls in registers, the newest
  PythonWord frame = 0;
  for (const PythonWord value : stopped_->registers) {
    if (nearest != 0 && value >= nearest) continue;
    if (const PythonWord found = frame_of_call(head, value); found != 0) {
      nearest = value;
      frame = found;
    }
  }
  const ThreadHead begun = without_new_frame(head);
  for (size_t i = 0; i < stopped_->registers.size() && frame == 0; ++i) {
    frame = caller_of_newest(begun, stopped_->registers[i]);
  }
  if (frame == 0) return false;
  head.cframe = nearest;
  head.frame = frame;
  return true;
}

}  // namespace strobe::python

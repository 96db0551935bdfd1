// The pure part beside the BPF program: layouts on the way in, records on the way out.
#include <algorithm>
#include <array>

#include "sampling/bpf/python_program.h"

namespace strobe::sampling::bpf {
namespace {

PythonOutcome outcome_of(uint8_t walk) {
  switch (walk) {
    case kPythonWalkNone:
      return PythonOutcome::none;
    case kPythonWalkFull:
      return PythonOutcome::full;
    case kPythonWalkTooDeep:
      return PythonOutcome::partial;
    case kPythonWalkTorn:
      return PythonOutcome::inconsistent;
    default:
      return PythonOutcome::unread;
  }
}

constexpr PythonOffset kWord = sizeof(PythonWord);

bool fits(PythonOffset offset, PythonHalf size) {
  return offset < 0 || offset + kWord <= static_cast<PythonOffset>(size);
}

}  // namespace

void fill_capture(const PythonRecord& record, std::span<const RawPythonFrame> frames, PythonCapture& out) {
  out.clear();
  out.reading = PythonReading::in_interrupt;
  out.outcome = outcome_of(record.outcome);
  out.holds_gil = record.holds_gil != 0;
  out.collecting = record.collecting != 0;
  out.interpreter = record.interpreter;
  if (out.outcome == PythonOutcome::full || out.outcome == PythonOutcome::partial) {
    out.frames.assign(frames.begin(), frames.end());
  }
}

Result<PythonProcess> make_python_process(const PythonTarget& target) {
  const PythonWalkLayout& layout = target.layout;
  const std::array in_thread = {layout.thread_next,       layout.thread_interpreter, layout.thread_frame,
                                layout.thread_ident,      layout.thread_native_id,   layout.thread_state,
                                layout.thread_base_frame, layout.thread_chunk,       layout.thread_top};
  const std::array in_frame = {layout.frame_code, layout.frame_previous, layout.frame_instruction};
  const std::array needed = {
      layout.runtime_interpreters, layout.interpreter_next,   layout.interpreter_threads,
      layout.thread_next,          layout.thread_interpreter, layout.thread_frame,
      layout.frame_code,           layout.frame_previous,     layout.frame_instruction};
  PythonProcess process{.layout = layout, .runtime = target.runtime};
  const PythonOffset last = *std::max_element(in_thread.begin(), in_thread.end());
  const bool complete = std::all_of(needed.begin(), needed.end(), [](auto offset) { return offset >= 0; });
  const bool threads_fit = fits(last, kMaxPythonThreadBytes);
  // Offsets into what was read are masked in the program: a wrong one reads nonsense and harms nothing.
  const bool frames_fit = std::all_of(in_frame.begin(), in_frame.end(),
                                      [&](auto offset) { return fits(offset, kMaxPythonFrameBytes); });
  if (!complete || !threads_fit || !frames_fit || layout.frame_size > kMaxPythonFrameBytes) {
    return fail(ErrorCode::unsupported, "the layout of this CPython is beyond what the BPF program reads");
  }
  process.ident_tid = static_cast<PythonHalf>(target.tid_in_pthread);
  process.thread_bytes = static_cast<PythonHalf>(last + kWord);
  return process;
}

}  // namespace strobe::sampling::bpf

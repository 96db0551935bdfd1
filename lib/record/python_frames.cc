#include "record/python_frames.h"

#include <algorithm>

#include "record/flat_index.h"

namespace strobe::record {
namespace {

PythonState state_of(const PythonCapture& capture, bool in_interpreter) {
  if (capture.outcome == PythonOutcome::none || capture.outcome == PythonOutcome::unread) {
    return PythonState::none;
  }
  if (!capture.holds_gil) return PythonState::native_nogil;
  if (capture.collecting) return PythonState::gc;
  return in_interpreter ? PythonState::python : PythonState::native_gil;
}

LossReason reason_of(PythonOutcome outcome) {
  switch (outcome) {
    case PythonOutcome::none:
    case PythonOutcome::full:
      return LossReason::none;
    case PythonOutcome::partial:
    case PythonOutcome::inconsistent:
      return LossReason::changed_while_read;
    case PythonOutcome::unread:
      return LossReason::not_captured;
  }
  return LossReason::none;
}

}  // namespace

void PythonFrames::name(PythonProcess& process, PythonCapture& capture) {
  const std::lock_guard lock(process.code_mutex);
  capture.named.clear();
  for (const RawPythonFrame& frame : capture.frames) {
    capture.named.push_back(name_frame(process, frame, capture.nameless));
  }
}

FrameId PythonFrames::name_marked(PythonProcess& process, const RawPythonFrame& frame, uint32_t mark) {
  const std::lock_guard lock(process.code_mutex);
  const python::CodeObject* code = process.code.find_marked(frame.code, mark);
  if (code != nullptr) return name_code(process, frame, *code);
  const FunctionRow row{.name = rows_.strings->intern("[Python code freed before Strobe read its name]"),
                        .module = process.interpreter.module,
                        .language = Language::python};
  return rows_.frames->intern_python(rows_.functions->intern(row), row, 0);
}

bool PythonFrames::is_of_interpreter(FrameId native) const {
  return rows_.modules->find_interpreter(rows_.frames->row(native).module) != nullptr;
}

bool PythonFrames::is_of_starter(FrameId native) const {
  return rows_.modules->is_starter(rows_.frames->row(native).module);
}

FrameId PythonFrames::name_frame(PythonProcess& process, const RawPythonFrame& raw, bool& bad) {
  const python::CodeObject* code = process.code.find(raw.code, raw.identity);
  if (code == nullptr) {
    bad = true;
    return {};
  }
  return name_code(process, raw, *code);
}

FrameId PythonFrames::name_code(PythonProcess& process, const RawPythonFrame& raw,
                                const python::CodeObject& code) {
  if (code.hidden) return {};
  Cached& cached = cache_[mix_hash(raw.instruction, raw.code) & (kCacheSize - 1)];
  if (cached.serial != code.serial || cached.pid != process.pid || cached.code != raw.code ||
      cached.instruction != raw.instruction) {
    cached = {code.serial, raw.code, raw.instruction, process.pid, name_anew(process, raw, code)};
  }
  return cached.frame;
}

FrameId PythonFrames::name_anew(PythonProcess& process, const RawPythonFrame& raw,
                                const python::CodeObject& code) {
  FunctionRow row;
  row.name = rows_.strings->intern(code.qualname);
  row.module = process.interpreter.module;
  row.file = rows_.strings->intern(code.file);
  row.line = static_cast<uint32_t>(std::max(code.first_line, 0));
  row.language = Language::python;
  const int line = process.code.line_of(code, raw.instruction, raw.tlbc).value_or(0);
  return rows_.frames->intern_python(rows_.functions->intern(row), row,
                                     static_cast<uint32_t>(std::max(line, 0)));
}

void PythonFrames::mark_evaluators(const python::InterpreterModule& interpreter, ModuleId module,
                                   const std::vector<FrameId>& native) {
  evaluators_.clear();
  for (const FrameId id : native) {
    const FrameRow& row = rows_.frames->row(id);
    const bool inside = row.module == module && row.address >= raw(interpreter.evaluator_begin) &&
                        row.address < raw(interpreter.evaluator_end);
    evaluators_.push_back(inside ? 1 : 0);
  }
}

FrameId PythonFrames::as_interpreter(FrameId native) {
  const FrameRow row = rows_.frames->row(native);
  return rows_.frames->intern(FrameKind::interpreter, row.module, row.address);
}

FrameId PythonFrames::name_c_function(PythonProcess& process, const AddressSpace& space, FrameId native) {
  const auto [known, added] = c_frames_.try_emplace(native.value);
  if (!added) return known->second;
  const FrameRow frame = rows_.frames->row(native);
  if (frame.kind != FrameKind::native) return {};
  const auto mapping = std::ranges::find(space.mappings(), frame.module, &Mapping::module);
  if (mapping == space.mappings().end()) return {};
  const std::string* name =
      c_functions_.find(frame.module, FileAddr{frame.address}, process.memory, mapping->bias);
  if (name == nullptr) return {};
  FunctionRow row;
  row.name = rows_.strings->intern(*name);
  row.module = frame.module;
  row.language = Language::python;
  return known->second = rows_.frames->intern_python(rows_.functions->intern(row), row, 0);
}

/// One behind the outermost Python frame among the merged ones; 0 where there is none.
size_t PythonFrames::outermost_python(const PythonCapture& capture) const {
  size_t end = mixed_.frames.size();
  while (end > 0 && (!mixed_.frames[end - 1].python || capture.named[mixed_.frames[end - 1].index].is_none()))
    --end;
  return end;
}

/// Code that started the interpreter, or a thread of it, is no part of the program.
void PythonFrames::hide_start(size_t start, NamedStack& out) {
  for (size_t i = out.frames.size(); i > start; --i) {
    const FrameRow& row = rows_.frames->row(out.frames[i - 1]);
    if (row.kind == FrameKind::native && !rows_.modules->is_starter(row.module)) return;
    if (row.kind == FrameKind::native) out.frames[i - 1] = as_interpreter(out.frames[i - 1]);
  }
}

void PythonFrames::merge(PythonProcess& process, const PythonCapture& capture,
                         const unwind::UnwoundStack& unwound, const std::vector<FrameId>& native,
                         const SampleMoment& moment, NamedStack& out) {
  out.outcome = capture.outcome;
  out.reason = reason_of(capture.outcome);
  mark_evaluators(process.interpreter.file, process.interpreter.module, native);
  const NativeStack shape{.stack_pointers = unwound.stack_pointers,
                          .count = native.size(),
                          .reaches_start = unwound.stack_class == StackClass::complete ||
                                           unwound.stack_class == StackClass::completed,
                          .evaluators = evaluators_};
  const bool later = capture.reading == PythonReading::running;
  merge_frames(shape, capture.frames, later ? Trusted::python : Trusted::native, mixed_);
  const size_t python_end = outermost_python(capture);
  out.frames.clear();
  size_t start = 0;  // where the native frames outside of all Python begin
  for (size_t i = 0; i < mixed_.frames.size(); ++i) {
    if (i == python_end) start = out.frames.size();
    const MixedFrame& frame = mixed_.frames[i];
    const FrameId id = frame.python ? capture.named[frame.index] : native[frame.index];
    if (frame.python || python_end == 0) {
      if (!id.is_none()) out.frames.push_back(id);
      continue;
    }
    const bool is_interpreters = rows_.modules->find_interpreter(rows_.frames->row(id).module) != nullptr;
    out.frames.push_back(is_interpreters ? as_interpreter(id) : id);
    const FrameId function = i < python_end ? name_c_function(process, *moment.space, id) : FrameId{};
    if (!function.is_none()) out.frames.push_back(function);
  }
  if (python_end != 0) hide_start(start, out);
  const bool in_interpreter =
      !moment.in_kernel && !native.empty() &&
      rows_.modules->find_interpreter(rows_.frames->row(native.front()).module) != nullptr;
  out.state = state_of(capture, in_interpreter);
  if (out.outcome != PythonOutcome::full) return;
  if (capture.nameless || (mixed_.left_out != 0 && !later)) out.outcome = PythonOutcome::partial;
  if (capture.nameless) {
    out.reason = LossReason::bad_code_object;
  } else if (mixed_.left_out != 0) {
    out.reason = LossReason::changed_while_read;
  }
}

}  // namespace strobe::record

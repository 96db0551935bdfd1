#include "python/interpreter_words.h"

namespace strobe::python {
namespace {

constexpr int32_t kAttached = 1;  // PyThreadState.state, from 3.13

template <class T>
MemoryPiece piece_at(uint64_t base, PythonOffset offset, T& out) {
  return {base + static_cast<uint64_t>(offset), std::as_writable_bytes(std::span(&out, 1))};
}

}  // namespace

bool is_state_of(const PythonWalkLayout& layout, const PythonThread& thread, const ThreadHead& head) {
  if (head.interpreter != thread.interpreter) return false;
  return layout.thread_native_id >= 0 ? static_cast<pid_t>(head.native_id) == thread.native_id
                                      : head.ident == thread.ident;
}

void InterpreterWords::add_pieces(const PythonWalkLayout& layout, const PythonThread& thread,
                                  std::vector<MemoryPiece>& pieces) {
  pieces.push_back(piece_at(thread.interpreter, layout.interpreter_gc_collecting, collecting));
  if (layout.thread_state >= 0 || thread.gil == 0) return;
  pieces.push_back(piece_at(thread.gil, layout.gil_locked, locked));
  pieces.push_back(piece_at(thread.gil, layout.gil_last_holder, holder));
}

void InterpreterWords::apply(const PythonWalkLayout& layout, const PythonThread& thread,
                             const ThreadHead& head, PythonCapture& out) const {
  out.holds_gil = layout.thread_state >= 0 ? head.state == kAttached : locked > 0 && holder == thread.state;
  out.collecting = out.holds_gil && collecting != 0;
}

}  // namespace strobe::python

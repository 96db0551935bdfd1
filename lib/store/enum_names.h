// How enums stand in a recording: numbers in the large tables, words in the small ones. The numbers are part
// of the format: the checks below fail to compile when an enum is reordered.
#pragma once

#include <optional>
#include <string_view>

#include "model/losses.h"
#include "model/recording.h"

namespace strobe::store {

static_assert(static_cast<int>(ModuleKind::file) == 0 && static_cast<int>(ModuleKind::kernel) == 1 &&
              static_cast<int>(ModuleKind::kernel_module) == 2 && static_cast<int>(ModuleKind::vdso) == 3 &&
              static_cast<int>(ModuleKind::jit) == 4 && static_cast<int>(ModuleKind::unknown) == 5);
static_assert(static_cast<int>(FrameKind::native) == 0 && static_cast<int>(FrameKind::kernel) == 1 &&
              static_cast<int>(FrameKind::inlined) == 2 && static_cast<int>(FrameKind::python) == 3 &&
              static_cast<int>(FrameKind::interpreter) == 4);
static_assert(static_cast<int>(Language::native) == 0 && static_cast<int>(Language::python) == 1 &&
              static_cast<int>(Language::kernel) == 2);
static_assert(static_cast<int>(StackClass::complete) == 0 && static_cast<int>(StackClass::completed) == 1 &&
              static_cast<int>(StackClass::truncated) == 2 && static_cast<int>(StackClass::incomplete) == 3 &&
              static_cast<int>(StackClass::none) == 4);

static_assert(static_cast<int>(PythonState::none) == 0 && static_cast<int>(PythonState::python) == 1 &&
              static_cast<int>(PythonState::native_gil) == 2 &&
              static_cast<int>(PythonState::native_nogil) == 3 &&
              static_cast<int>(PythonState::gil_wait) == 4 && static_cast<int>(PythonState::gc) == 5);
static_assert(static_cast<int>(ThreadState::on_cpu) == 0 && static_cast<int>(ThreadState::lock) == 1 &&
              static_cast<int>(ThreadState::sleep) == 2 && static_cast<int>(ThreadState::io) == 3 &&
              static_cast<int>(ThreadState::disk) == 4 && static_cast<int>(ThreadState::child) == 5 &&
              static_cast<int>(ThreadState::stopped) == 6 && static_cast<int>(ThreadState::gil) == 7 &&
              static_cast<int>(ThreadState::other) == 8 && static_cast<int>(ThreadState::unknown) == 9 &&
              static_cast<int>(ThreadState::runnable) == 10 && static_cast<int>(ThreadState::cond) == 11 &&
              kThreadStateCount == 12);
static_assert(static_cast<int>(MemoryMode::none) == 0 && static_cast<int>(MemoryMode::sampled) == 1 &&
              static_cast<int>(MemoryMode::all) == 2 && static_cast<int>(MemoryMode::resident) == 3);
static_assert(static_cast<int>(MemoryKind::malloc) == 0 && static_cast<int>(MemoryKind::mmap) == 1 &&
              static_cast<int>(MemoryKind::python) == 2 && static_cast<int>(MemoryKind::fault) == 3);
static_assert(static_cast<int>(SourceState::found) == 0 && static_cast<int>(SourceState::absent) == 1 &&
              static_cast<int>(SourceState::not_regular) == 2 &&
              static_cast<int>(SourceState::unreadable) == 3 &&
              static_cast<int>(SourceState::too_large) == 4 && static_cast<int>(SourceState::binary) == 5 &&
              static_cast<int>(SourceState::ambiguous) == 6);

inline constexpr const char* kStackSubject = "stack";  ///< quality_blame.subject
inline constexpr const char* kSymbolSubject = "symbol";
inline constexpr const char* kPythonSubject = "python";

[[nodiscard]] std::string_view name_of(RecordingState state);
[[nodiscard]] std::optional<RecordingState> find_state(std::string_view name);
[[nodiscard]] std::optional<LossReason> find_loss_reason(std::string_view name);

using strobe::name_of;

}  // namespace strobe::store

// Hostile Python processes: runtime, layouts, threads, frames, names and lines out of a damaged image of
// memory.
#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "../support/memory_image.h"
#include "python/code_objects.h"
#include "python/frame_reader.h"
#include "python/gil.h"
#include "python/locals.h"
#include "python/thread_names.h"

namespace {

using namespace strobe;

void look_at_thread(MemoryReader& memory, python::FrameReader& reader, python::CodeObjects& codes,
                    pid_t tid) {
  PythonCapture capture;
  const auto look_at_locals = [&] {
    const auto& addresses = reader.frame_addresses();
    for (size_t i = 0; i < std::min({addresses.size(), capture.frames.size(), size_t{16}}); ++i) {
      const auto locals = python::read_locals(memory, reader.runtime(), addresses[i], capture.frames[i].code);
      if (locals.variables.size() > 64) __builtin_trap();
      for (const python::LocalVariable& variable : locals.variables) {
        if (variable.name.size() > 512 || variable.value.size() > 512) __builtin_trap();
      }
    }
  };
  for (const bool stopped : {true, false}) {
    if (stopped) {
      reader.capture_stopped(tid, capture);
      look_at_locals();
    } else {
      reader.capture_running(tid, capture);
    }
    if (capture.frames.size() > python::kMaxChainFrames) __builtin_trap();
    for (size_t i = 0; i < std::min<size_t>(capture.frames.size(), 64); ++i) {
      const RawPythonFrame& frame = capture.frames[i];
      const python::CodeObject* code = codes.find(frame.code, frame.identity);
      if (code == nullptr) continue;
      const auto line = codes.line_of(*code, frame.instruction, frame.tlbc);
      if (line && *line < 0) __builtin_trap();
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  test::MemoryImage image = test::MemoryImage::decode(Bytes(reinterpret_cast<const std::byte*>(data), size));
  const auto& origin = image.origin;
  const python::InterpreterModule module{.runtime = FileAddr{origin.runtime},
                                         .version_hex = origin.version_hex,
                                         .minor_by_symbols = static_cast<int>(origin.minor_by_symbols & 31),
                                         .code_type = FileAddr{origin.code_type}};
  auto runtime =
      python::open_runtime(image, origin.runtime, module, static_cast<pid_t>(origin.pid & 0x3fffff));
  if (!runtime) return 0;
  python::FrameReader reader(image, *runtime);
  python::CodeObjects codes(image, reader.runtime());
  look_at_thread(image, reader, codes, static_cast<pid_t>(origin.thread & 0x3fffff));
  look_at_thread(image, reader, codes, static_cast<pid_t>(origin.pid & 0x3fffff));
  static_cast<void>(python::read_thread_names(image, *runtime));
  static_cast<void>(python::find_gils(image, *runtime));
  return 0;
}

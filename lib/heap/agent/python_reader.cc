#include "heap/agent/python_reader.h"

#include <dlfcn.h>
#include <pthread.h>

#include <cstring>
#include <span>

#include "heap/agent/python_allocators.h"
#include "heap/agent/system.h"
#include "python/core/read_word.h"

namespace strobe::heap::agent {
namespace {

/// The process's own memory. A frame that is being made or left may point anywhere: pages are asked for
/// before they are read, and asked for again now and then.
class OwnMemory final : public MemoryReader {
 public:
  explicit OwnMemory(Thread& thread) : pages_(thread.readable_pages) {
    if (++thread.python_reads % kReadsPerLook != 0) return;
    for (uint64_t& page : thread.readable_pages) page = 0;
  }
  [[nodiscard]] bool read_memory(uint64_t address, std::span<std::byte> out) override {
    if (address < 4096 || address >= uint64_t{1} << 47 || out.empty()) return false;
    if (!is_known(address) || !is_known(address + out.size() - 1)) return false;
    std::memcpy(out.data(), reinterpret_cast<const void*>(address), out.size());
    return true;
  }

 private:
  bool is_known(uint64_t address) {
    uint64_t& page = pages_[address >> 12 & (Thread::kReadablePages - 1)];
    if (page == address >> 12) return true;
    if (!is_readable(address & ~uint64_t{0xfff})) return false;
    page = address >> 12;
    return true;
  }

  static constexpr uint32_t kReadsPerLook = 256;
  uint64_t* pages_;  // of the thread
};

/// What tells the code objects of frames from those that come to their places when they are freed.
void identify(OwnMemory& memory, const PythonWalkLayout& layout, std::span<RawPythonFrame> frames) {
  for (RawPythonFrame& frame : frames) {
    uint64_t line_table = 0;
    uint32_t first_line = 0;
    const bool read =
        python::read_value(memory, python::at(frame.code, layout.code_line_table), line_table) &&
        python::read_value(memory, python::at(frame.code, layout.code_first_line), first_line);
    frame.identity = read ? code_identity(line_table, first_line) : 0;
  }
}

/// PyThreadState_GetUnchecked and what it was called before 3.13: the state that the calling thread, or (up
/// to 3.11) whoever holds the GIL, is attached to.
void* (*find_state_function())() {
  for (const char* name : {"PyThreadState_GetUnchecked", "_PyThreadState_UncheckedGet"}) {
    if (void* found = ::dlsym(RTLD_DEFAULT, name); found != nullptr) {
      return reinterpret_cast<void* (*)()>(found);
    }
  }
  return nullptr;
}

}  // namespace

bool PythonReader::prepare() {
  if (prepared_.load(std::memory_order_acquire) == 0) {
    // Several threads may come to the same here.
    const KeepErrno keep_errno;
    static_assert(sizeof(PythonWalkLayout) <= kMaxPythonLayout);
    std::memcpy(&layout_, header_->python_layout, sizeof layout_);
    current_state_ = find_state_function();
    prepared_.store(1, std::memory_order_release);
  }
  return current_state_ != nullptr && layout_.thread_size <= python::kMaxThreadBytes &&
         layout_.frame_size <= python::kMaxFrameBytes;
}

size_t PythonReader::read_frames(Thread& thread) {
  if (!prepare()) return 0;
  const auto state = reinterpret_cast<uint64_t>(current_state_());
  if (state == 0) return 0;
  OwnMemory memory(thread);
  std::byte buffer[python::kMaxThreadBytes];
  const auto bytes = std::span(buffer).first(layout_.thread_size);
  if (!memory.read_memory(state, bytes)) return 0;
  python::ThreadHead head = python::decode_thread(layout_, state, bytes);
  if (head.ident != static_cast<uint64_t>(::pthread_self())) return 0;
  if (watched_.load(std::memory_order_relaxed) == 0 && watched_.exchange(1) == 0) watch_python_allocators();
  python::FrameChain chain{.storage = thread.chain};
  python::WalkStart start;
  if (!python::walk_thread(memory, layout_, head, chain, start)) return 0;
  if (chain.end != python::ChainEnd::bottom) return 0;
  const size_t count = python::make_raw_frames(memory, layout_, head, chain.frames(), 0, thread.python);
  identify(memory, layout_, std::span(thread.python).first(count));
  return count;
}

}  // namespace strobe::heap::agent

#include "python/gil.h"

#include <algorithm>
#include <array>

#include "python/core/read_word.h"

namespace strobe::python {
namespace {

// Behind `locked` and `switch_number` come the condition variables and mutexes.
constexpr uint64_t kWaitBehindLocked = 16;
constexpr size_t kMaxGilBytes = 512;

}  // namespace

std::vector<Gil> find_gils(MemoryReader& memory, const Runtime& runtime) {
  const PythonWalkLayout& layout = runtime.layout.walk;
  std::vector<PythonThread> threads;
  static_cast<void>(list_threads(memory, runtime, threads));
  std::vector<Gil> gils;
  std::array<std::byte, kMaxGilBytes> buffer{};
  const auto bytes = std::span(buffer).first(std::min<size_t>(layout.gil_size, buffer.size()));
  for (const PythonThread& thread : threads) {
    const uint64_t address = thread.gil;
    const bool known = std::ranges::find(gils, address, &Gil::address) != gils.end();
    if (address == 0 || known || !memory.read_memory(address, bytes)) continue;
    if (layout.gil_enabled >= 0 && value_at<int32_t>(bytes, layout.gil_enabled) == 0) continue;
    const bool locked = value_at<int32_t>(bytes, layout.gil_locked) > 0;
    gils.push_back({.address = address,
                    .holder = locked ? value_at<uint64_t>(bytes, layout.gil_last_holder) : 0,
                    .wait_begin = address + static_cast<uint64_t>(layout.gil_locked) + kWaitBehindLocked,
                    .wait_end = address + bytes.size()});
  }
  return gils;
}

}  // namespace strobe::python

#include "record/gil_watch.h"

#include <algorithm>
#include <array>

#include "python/core/read_word.h"

namespace strobe::record {
namespace {

constexpr uint64_t kReadGilAgainNs = 500'000'000;
constexpr uint64_t kMissedNs = 2'000'000;  // for a holder that was not there yet

const python::Gil* find_gil(const std::vector<python::Gil>& gils, uint64_t futex) {
  const auto found = std::ranges::find_if(
      gils, [&](const python::Gil& gil) { return futex >= gil.wait_begin && futex < gil.wait_end; });
  return found == gils.end() ? nullptr : &*found;
}

}  // namespace

void GilWatch::read(PythonProcess& process, uint64_t now_ns, Known& known) {
  const python::Runtime& runtime = process.frames.runtime();
  known.read_ns = now_ns;
  known.gils = python::find_gils(process.memory, runtime);
  known.threads.clear();
  std::vector<python::PythonThread> threads;
  static_cast<void>(python::list_threads(process.memory, runtime, threads));
  for (const python::PythonThread& thread : threads) known.threads[thread.state] = thread.native_id;
}

std::optional<GilWatch::Found> GilWatch::find(PythonProcess& process, uint64_t futex, uint64_t now_ns) {
  Known& known = known_[process.pid];
  if (known.read_ns == 0 || now_ns - known.read_ns >= kReadGilAgainNs) read(process, now_ns, known);
  const python::Gil* gil = find_gil(known.gils, futex);
  if (gil == nullptr) return std::nullopt;
  const python::Gil copy = *gil;  // it may be read again
  return Found{.address = copy.address, .holder = find_holder(process, copy, now_ns, known)};
}

pid_t GilWatch::find_holder(PythonProcess& process, const python::Gil& gil, uint64_t now_ns, Known& known) {
  const PythonWalkLayout& layout = process.frames.runtime().layout.walk;
  std::array<std::byte, 512> bytes{};
  const auto part = std::span(bytes).first(std::min<size_t>(layout.gil_size, bytes.size()));
  if (!process.memory.read_memory(gil.address, part)) return 0;
  if (python::value_at<int32_t>(part, layout.gil_locked) <= 0) return 0;
  const auto state = python::value_at<uint64_t>(part, layout.gil_last_holder);
  auto holder = known.threads.find(state);
  if (holder == known.threads.end() && now_ns - known.read_ns >= kMissedNs) {
    read(process, now_ns, known);
    holder = known.threads.find(state);
  }
  if (holder == known.threads.end() || holder->second == 0) return 0;
  return process.own_namespace ? holder->second : process.outer_tid(holder->second);
}

}  // namespace strobe::record

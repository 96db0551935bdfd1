#include "python/runtime.h"

#include <fmt/format.h>

#include <array>

#include "python/core/read_word.h"
#include "python/debug_offsets.h"

namespace strobe::python {
namespace {

constexpr int kMaxInterpreters = 1024;
constexpr size_t kMaxThreads = 65'536;
constexpr uint32_t kReleaseCandidate = 0xc;  // alpha 0xa, beta 0xb, final 0xf
// Where glibc 2.36 has the thread's id in struct pthread (x86-64).
constexpr PythonOffset kUsualTidInPthread = 720;
constexpr int kMajor = 3;

struct Version {
  uint32_t hex = 0;
  bool free_threaded = false;

  [[nodiscard]] int major() const { return static_cast<int>(hex >> 24); }
  [[nodiscard]] int minor() const { return static_cast<int>(hex >> 16 & 0xff); }
  [[nodiscard]] int micro() const { return static_cast<int>(hex >> 8 & 0xff); }
  [[nodiscard]] uint32_t level() const { return hex >> 4 & 0xf; }
};

Version find_version(Bytes beginning, const InterpreterModule& module) {
  if (const auto header = decode_debug_header(beginning)) {
    return {.hex = header->version_hex, .free_threaded = header->free_threaded};
  }
  if (module.version_hex != 0) {
    return {.hex = module.version_hex, .free_threaded = module.free_threaded_hint};
  }
  if (module.minor_by_symbols == 0) return {};
  // A final release of unknown patch level.
  return {.hex = static_cast<uint32_t>(kMajor << 24 | module.minor_by_symbols << 16 | 0xf0)};
}

Result<void> check_version(const Version& version) {
  const std::string name = fmt::format("CPython {}.{}", version.major(), version.minor());
  if (version.hex == 0) {
    return fail(ErrorCode::unsupported, "a CPython of unknown version: native frames only",
                fmt::format("CPython before 3.{} is not supported", kOldestMinor));
  }
  if (version.major() > 3 || version.minor() > kNewestMinor) {
    return fail(ErrorCode::unsupported, name + " is newer than this Strobe: native frames only",
                "a newer Strobe may know it");
  }
  if (version.major() < 3 || version.minor() < kOldestMinor) {
    return fail(ErrorCode::unsupported, name + " is older than this Strobe knows: native frames only",
                fmt::format("use CPython 3.{} or later", kOldestMinor));
  }
  if (version.level() < kReleaseCandidate) {
    return fail(ErrorCode::unsupported, name + " in a pre-release: native frames only",
                "memory layouts are settled with the release candidates of a version");
  }
  return {};
}

/// The runtime, interpreter and thread agree with each other about where they are.
Result<void> check_invariants(MemoryReader& memory, const Runtime& runtime) {
  const PythonWalkLayout& layout = runtime.layout.walk;
  const auto at = [](uint64_t base, PythonOffset offset) { return base + static_cast<uint64_t>(offset); };
  uint64_t interpreter = 0;
  uint64_t thread = 0;
  uint64_t owner = 0;
  if (!read_value(memory, at(runtime.address, layout.runtime_interpreters), interpreter)) {
    return fail(ErrorCode::gone, "the Python runtime cannot be read");
  }
  if (interpreter == 0) return fail(ErrorCode::not_found, "Python is not initialised yet");
  if (!read_value(memory, at(interpreter, layout.interpreter_threads), thread)) {
    return fail(ErrorCode::malformed,
                version_text(runtime) + " with a layout of its own: native frames only");
  }
  if (thread == 0) return fail(ErrorCode::not_found, "Python has no threads yet");
  if (!read_value(memory, at(thread, layout.thread_interpreter), owner) || owner != interpreter) {
    return fail(ErrorCode::malformed, version_text(runtime) + " with a layout of its own: native frames only",
                "a build with changed structures cannot be read");
  }
  return {};
}

/// Searches the oldest thread's struct pthread for the process id, which is that thread's id.
PythonOffset find_tid_in_pthread(MemoryReader& memory, uint64_t ident, pid_t pid) {
  std::array<uint32_t, 200> words{};
  if (ident == 0 || !memory.read_memory(ident, std::as_writable_bytes(std::span(words)))) {
    return kUsualTidInPthread;
  }
  if (words[kUsualTidInPthread / 4] == static_cast<uint32_t>(pid)) return kUsualTidInPthread;
  for (size_t i = 0; i < words.size(); ++i) {
    if (words[i] == static_cast<uint32_t>(pid)) return static_cast<PythonOffset>(i * 4);
  }
  return kUsualTidInPthread;
}

pid_t read_native_id(MemoryReader& memory, const Runtime& runtime, Bytes state, uint64_t ident) {
  if (runtime.layout.walk.thread_native_id >= 0) {
    return static_cast<pid_t>(value_at<uint64_t>(state, runtime.layout.walk.thread_native_id));
  }
  uint32_t tid = 0;
  if (runtime.tid_in_pthread == 0 || ident == 0) return 0;
  if (!read_value(memory, ident + static_cast<uint64_t>(runtime.tid_in_pthread), tid)) return 0;
  return static_cast<pid_t>(tid);
}

bool list_threads_of(MemoryReader& memory, const Runtime& runtime, const PythonThread& origin,
                     std::vector<PythonThread>& out) {
  const PythonWalkLayout& layout = runtime.layout.walk;
  std::array<std::byte, 512> buffer{};
  const auto state = std::span(buffer).first(std::min<size_t>(layout.thread_size, buffer.size()));
  for (uint64_t address = origin.state; address != 0;) {
    if (out.size() >= kMaxThreads || !memory.read_memory(address, state)) return false;
    PythonThread thread = origin;
    thread.state = address;
    thread.ident = value_at<uint64_t>(state, layout.thread_ident);
    thread.native_id = read_native_id(memory, runtime, state, thread.ident);
    if (value_at<uint64_t>(state, layout.thread_interpreter) != origin.interpreter) return false;
    out.push_back(thread);
    address = value_at<uint64_t>(state, layout.thread_next);
  }
  return true;
}

}  // namespace

std::string version_text(const Runtime& runtime) {
  const Version version{.hex = runtime.version_hex};
  std::string text = fmt::format("{}.{}", version.major(), version.minor());
  if (version.micro() != 0 || version.level() != 0xf || version.minor() > 10) {
    text += fmt::format(".{}", version.micro());
  }
  if (version.level() == kReleaseCandidate) text += fmt::format("rc{}", version.hex & 0xf);
  if (runtime.free_threaded) text += " free-threaded";
  return "CPython " + text;
}

Result<Runtime> open_runtime(MemoryReader& memory, uint64_t runtime_address, const InterpreterModule& module,
                             pid_t pid) {
  std::array<std::byte, kDebugOffsetsBytes> bytes{};
  const auto header = std::span(bytes).first(kDebugHeaderBytes);
  if (!memory.read_memory(runtime_address, header)) {
    return fail(ErrorCode::gone, "the Python runtime cannot be read");
  }
  const Version version = find_version(header, module);
  if (auto known = check_version(version); !known) return pass(std::move(known));

  const auto layout = find_layout(version.minor(), version.free_threaded);
  if (!layout) return fail(ErrorCode::unsupported, "a build of CPython that Strobe does not know");
  Runtime runtime{.address = runtime_address,
                  .version_hex = version.hex,
                  .free_threaded = version.free_threaded,
                  .layout = *layout};
  const uint64_t bias = runtime_address - raw(module.runtime);
  if (raw(module.code_type) != 0) runtime.code_type = raw(module.code_type) + bias;
  if (raw(module.none_object) != 0) runtime.none_object = raw(module.none_object) + bias;
  if (version.minor() >= 13) {
    if (!memory.read_memory(runtime_address, bytes)) {
      return fail(ErrorCode::gone, "the Python runtime cannot be read");
    }
    if (auto applied = apply_debug_offsets(bytes, runtime.layout); !applied) return pass(std::move(applied));
  }
  if (auto sound = check_invariants(memory, runtime); !sound) return pass(std::move(sound));
  if (runtime.layout.walk.thread_native_id < 0) {
    std::vector<PythonThread> threads;
    static_cast<void>(list_threads(memory, runtime, threads));
    runtime.tid_in_pthread = find_tid_in_pthread(memory, threads.empty() ? 0 : threads.back().ident, pid);
  }
  return runtime;
}

bool list_threads(MemoryReader& memory, const Runtime& runtime, std::vector<PythonThread>& out,
                  ThreadListHeads* heads) {
  const PythonWalkLayout& layout = runtime.layout.walk;
  const auto at = [](uint64_t base, PythonOffset offset) { return base + static_cast<uint64_t>(offset); };
  uint64_t interpreter = 0;
  if (!read_value(memory, at(runtime.address, layout.runtime_interpreters), interpreter)) return false;
  bool complete = true;
  for (int count = 0; interpreter != 0; ++count) {
    PythonThread first{.interpreter = interpreter};
    uint64_t next = 0;
    if (count >= kMaxInterpreters ||
        !read_value(memory, at(interpreter, layout.interpreter_id), first.interpreter_id) ||
        !read_value(memory, at(interpreter, layout.interpreter_threads), first.state) ||
        !read_value(memory, at(interpreter, layout.interpreter_next), next)) {
      return false;
    }
    first.gil = find_gil(memory, runtime, interpreter);
    if (heads != nullptr) {
      heads->interpreters.push_back(interpreter);
      heads->threads.push_back(first.state);
    }
    complete = list_threads_of(memory, runtime, first, out) && complete;
    interpreter = next;
  }
  return complete;
}

uint64_t find_gil(MemoryReader& memory, const Runtime& runtime, uint64_t interpreter) {
  const PythonWalkLayout& layout = runtime.layout.walk;
  if (layout.runtime_gil >= 0) return runtime.address + static_cast<uint64_t>(layout.runtime_gil);
  uint64_t gil = 0;
  const auto offset = static_cast<uint64_t>(layout.interpreter_gil);
  return read_value(memory, interpreter + offset, gil) ? gil : 0;
}

}  // namespace strobe::python

#include "python/thread_names.h"

#include <algorithm>

#include "python/core/read_word.h"
#include "python/objects.h"

namespace strobe::python {
namespace {

constexpr size_t kMaxActiveThreads = 65'536;
constexpr size_t kMaxThreadNameCharacters = 256;

/// threading._active of one interpreter; 0 where there is none.
uint64_t find_active(const Objects& objects, const Layout& layout, uint64_t interpreter) {
  const uint64_t modules = objects.read_word(at(interpreter, layout.object.interpreter_modules));
  const uint64_t threading = modules != 0 ? objects.find_in_dict(modules, "threading") : 0;
  if (threading == 0) return 0;
  const uint64_t dict = objects.read_word(at(threading, layout.object.module_dict));
  return dict != 0 ? objects.find_in_dict(dict, "_active") : 0;
}

}  // namespace

std::vector<ThreadName> read_thread_names(MemoryReader& memory, const Runtime& runtime) {
  const Objects objects(memory, runtime.layout);
  std::vector<PythonThread> threads;
  static_cast<void>(list_threads(memory, runtime, threads));
  std::vector<ThreadName> names;
  uint64_t interpreter = 0;
  for (const PythonThread& first : threads) {
    if (first.interpreter == interpreter) continue;  // threads of one interpreter follow each other
    interpreter = first.interpreter;
    const uint64_t active = find_active(objects, runtime.layout, interpreter);
    for (const Objects::Item& item : objects.read_dict(active, kMaxActiveThreads)) {
      const auto ident = objects.read_int(item.key);
      const auto thread = std::ranges::find_if(threads, [&](const PythonThread& candidate) {
        return ident && candidate.interpreter == interpreter &&
               candidate.ident == static_cast<uint64_t>(*ident);
      });
      if (thread == threads.end()) continue;
      auto name = objects.read_string(objects.find_attribute(item.value, "_name"), kMaxThreadNameCharacters);
      if (name) names.push_back({thread->native_id, thread->ident, std::move(*name)});
    }
  }
  return names;
}

}  // namespace strobe::python

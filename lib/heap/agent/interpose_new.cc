// C++'s operators new and delete. Those of the C++ library call malloc and free, which are seen: they are
// called as if the agent was not there. Allocators that bring operators of their own do not, so that these
// are told as what they are, and calls of malloc inside of them are not told a second time. By their mangled
// names, as the agent is without a C++ library (Itanium C++ ABI, 5.1.5).
#include <dlfcn.h>

#include <atomic>
#include <cstdlib>
#include <cstring>

#include "heap/agent/blocks.h"
#include "heap/agent/real_functions.h"
#include "heap/agent/system.h"

#define STROBE_INTERPOSED extern "C" __attribute__((visibility("default")))

namespace strobe::heap::agent {
namespace {

enum class Operators : int { unknown, by_malloc, own };
std::atomic<Operators> kind;

/// The next definition; where the C++ library was loaded for a plugin alone, that one's.
void* find_operator(const char* name) {
  const KeepErrno keep_errno;
  if (void* found = ::dlsym(RTLD_NEXT, name); found != nullptr) return found;
  for (const char* library : {"libstdc++.so.6", "libc++.so.1"}) {
    void* handle = ::dlopen(library, RTLD_LAZY | RTLD_NOLOAD);
    if (handle == nullptr) continue;
    void* found = ::dlsym(handle, name);
    real.dlclose(handle);
    if (found != nullptr) return found;
  }
  return nullptr;
}

Operators find_kind() {
  const Operators known = kind.load(std::memory_order_relaxed);
  if (known != Operators::unknown) [[likely]]
    return known;
  const KeepErrno keep_errno;
  Dl_info place{};
  void* found = find_operator("_Znwm");
  const bool by_library = found == nullptr || ::dladdr(found, &place) == 0 || place.dli_fname == nullptr ||
                          ::strstr(place.dli_fname, "libstdc++") != nullptr ||
                          ::strstr(place.dli_fname, "libc++") != nullptr;
  const Operators decided = by_library ? Operators::by_malloc : Operators::own;
  kind.store(decided, std::memory_order_relaxed);
  return decided;
}

template <class Function, class... Arguments>
__attribute__((noinline)) void* new_of_own(Function function, size_t size, Arguments... arguments) {
  const CallSite site = call_site();
  void* block = nullptr;
  {
    const Inside inside(kPassAll);
    block = function(size, arguments...);
  }
  if (block != nullptr && countdown.inside == 0 && !passes(size)) allocated(block, size, site);
  return block;
}

template <class Function, class... Arguments>
__attribute__((noinline)) void delete_of_own(Function function, void* block, Arguments... arguments) {
  if (countdown.inside == 0 && release_filter.may_matter(block)) releasing(block);
  const Inside inside(kPassAll);
  function(block, arguments...);
}

using Size = size_t;
using Alignment = size_t;     // std::align_val_t
using NoThrow = const void*;  // const std::nothrow_t&

}  // namespace
}  // namespace strobe::heap::agent

// NOLINTBEGIN(bugprone-macro-parentheses): parts of declarations
// Without any C++ library there is nobody to throw: malloc has to do.
#define STROBE_NEW(name, declared, passed)                                   \
  STROBE_INTERPOSED void* name declared {                                    \
    using namespace strobe::heap::agent;                                     \
    static std::atomic<void*(*)declared> next;                               \
    auto* function = next.load(std::memory_order_relaxed);                   \
    if (function == nullptr) {                                               \
      function = reinterpret_cast<decltype(function)>(find_operator(#name)); \
      if (function == nullptr) return ::malloc(size);                        \
      next.store(function, std::memory_order_relaxed);                       \
    }                                                                        \
    if (find_kind() == Operators::by_malloc) [[likely]]                      \
      return function passed;                                                \
    return new_of_own STROBE_WITH(function, passed);                         \
  }
#define STROBE_DELETE(name, declared, passed)                                \
  STROBE_INTERPOSED void name declared {                                     \
    using namespace strobe::heap::agent;                                     \
    static std::atomic<void(*) declared> next;                               \
    auto* function = next.load(std::memory_order_relaxed);                   \
    if (function == nullptr) {                                               \
      function = reinterpret_cast<decltype(function)>(find_operator(#name)); \
      if (function == nullptr) return ::free(block);                         \
      next.store(function, std::memory_order_relaxed);                       \
    }                                                                        \
    if (find_kind() == Operators::by_malloc) [[likely]]                      \
      return function passed;                                                \
    delete_of_own STROBE_WITH(function, passed);                             \
  }
#define STROBE_UNPACK(...) __VA_ARGS__
#define STROBE_WITH(function, passed) (function, STROBE_UNPACK passed)

namespace strobe::heap::agent {

STROBE_NEW(_Znwm, (Size size), (size))
STROBE_NEW(_Znam, (Size size), (size))
STROBE_NEW(_ZnwmRKSt9nothrow_t, (Size size, NoThrow tag), (size, tag))
STROBE_NEW(_ZnamRKSt9nothrow_t, (Size size, NoThrow tag), (size, tag))
STROBE_NEW(_ZnwmSt11align_val_t, (Size size, Alignment alignment), (size, alignment))
STROBE_NEW(_ZnamSt11align_val_t, (Size size, Alignment alignment), (size, alignment))
STROBE_NEW(_ZnwmSt11align_val_tRKSt9nothrow_t, (Size size, Alignment alignment, NoThrow tag),
           (size, alignment, tag))
STROBE_NEW(_ZnamSt11align_val_tRKSt9nothrow_t, (Size size, Alignment alignment, NoThrow tag),
           (size, alignment, tag))

STROBE_DELETE(_ZdlPv, (void* block), (block))
STROBE_DELETE(_ZdaPv, (void* block), (block))
STROBE_DELETE(_ZdlPvm, (void* block, Size size), (block, size))
STROBE_DELETE(_ZdaPvm, (void* block, Size size), (block, size))
STROBE_DELETE(_ZdlPvRKSt9nothrow_t, (void* block, NoThrow tag), (block, tag))
STROBE_DELETE(_ZdaPvRKSt9nothrow_t, (void* block, NoThrow tag), (block, tag))
STROBE_DELETE(_ZdlPvSt11align_val_t, (void* block, Alignment alignment), (block, alignment))
STROBE_DELETE(_ZdaPvSt11align_val_t, (void* block, Alignment alignment), (block, alignment))
STROBE_DELETE(_ZdlPvmSt11align_val_t, (void* block, Size size, Alignment alignment), (block, size, alignment))
STROBE_DELETE(_ZdaPvmSt11align_val_t, (void* block, Size size, Alignment alignment), (block, size, alignment))
STROBE_DELETE(_ZdlPvSt11align_val_tRKSt9nothrow_t, (void* block, Alignment alignment, NoThrow tag),
              (block, alignment, tag))
STROBE_DELETE(_ZdaPvSt11align_val_tRKSt9nothrow_t, (void* block, Alignment alignment, NoThrow tag),
              (block, alignment, tag))

}  // namespace strobe::heap::agent
// NOLINTEND(bugprone-macro-parentheses)

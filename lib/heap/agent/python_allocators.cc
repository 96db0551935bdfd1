#include "heap/agent/python_allocators.h"

#include <dlfcn.h>

#include "heap/agent/blocks.h"
#include "heap/agent/system.h"

namespace strobe::heap::agent {
namespace {

/// PyMemAllocatorEx, the same since CPython 3.5.
struct Table {
  void* context;
  void* (*malloc)(void*, size_t);
  void* (*calloc)(void*, size_t, size_t);
  void* (*realloc)(void*, void*, size_t);
  void (*free)(void*, void*);
};
/// PyMemAllocatorDomain.
enum Domain : int { kRaw, kMem, kObject };

/// What the interpreter's allocator asks of malloc and mmap is its own matter, but that it passed a block of
/// malloc's on is noted.
class InsidePython {
 public:
  InsidePython() : inside_(0) {
    countdown.inner_block = nullptr;
    ++countdown.inside_python;
  }
  InsidePython(const InsidePython&) = delete;
  InsidePython& operator=(const InsidePython&) = delete;
  ~InsidePython() { --countdown.inside_python; }

 private:
  Inside inside_;
};

Giver giver_of(const void* block) { return block == countdown.inner_block ? Giver::malloc : Giver::python; }

/// The entries. The context in the table stays what it was, so that another thread that reads the table while
/// it changes has a context that fits in any case. There are two sets: who was called by an entry of the
/// first may come to be called by one of the second, which then does the telling.
template <Domain kDomain, int kSet>
struct Entries {
  static constinit Table next;

  static void* malloc(void* context, size_t size) {
    if (countdown.inside != 0) return next.malloc(context, size);
    const CallSite site = call_site();
    void* block = nullptr;
    {
      const InsidePython inside;
      block = next.malloc(context, size);
    }
    if (block != nullptr && !passes(size)) allocated(block, size, site, giver_of(block));
    return block;
  }

  static void* calloc(void* context, size_t count, size_t size) {
    size_t bytes = 0;
    if (countdown.inside != 0 || __builtin_mul_overflow(count, size, &bytes)) {
      return next.calloc(context, count, size);
    }
    const CallSite site = call_site();
    void* block = nullptr;
    {
      const InsidePython inside;
      block = next.calloc(context, count, size);
    }
    if (block != nullptr && !passes(bytes)) allocated(block, bytes, site, giver_of(block));
    return block;
  }

  static void* realloc(void* context, void* block, size_t size) {
    if (countdown.inside != 0) return next.realloc(context, block, size);
    const CallSite site = call_site();
    const bool passed = passes(size);
    Reallocation reallocation(block);
    void* result = nullptr;
    {
      const InsidePython inside;
      result = next.realloc(context, block, size);
    }
    reallocation.done(result, size, passed, site, giver_of(result));
    return result;
  }

  static void free(void* context, void* block) {
    if (countdown.inside != 0) return next.free(context, block);
    if (release_filter.may_matter(block)) releasing(block);
    const InsidePython inside;
    next.free(context, block);
  }
};
template <Domain kDomain, int kSet>
constinit Table Entries<kDomain, kSet>::next = {};

using GetTable = void (*)(int, Table*);
using SetTable = void (*)(int, Table*);

template <Domain kDomain, int kSet>
void enter(SetTable set_table, const Table& now) {
  using Own = Entries<kDomain, kSet>;
  Own::next = now;
  Table own = {now.context, Own::malloc, Own::calloc, Own::realloc, Own::free};
  set_table(kDomain, &own);
}

template <Domain kDomain>
void watch(GetTable get_table, SetTable set_table) {
  using First = Entries<kDomain, 0>;
  using Second = Entries<kDomain, 1>;
  Table now{};
  get_table(kDomain, &now);
  if (now.malloc == nullptr || now.malloc == First::malloc || now.malloc == Second::malloc) return;
  if (First::next.malloc == nullptr) {
    enter<kDomain, 0>(set_table, now);
  } else if (Second::next.malloc == nullptr) {
    enter<kDomain, 1>(set_table, now);
  }
}

}  // namespace

void watch_python_allocators() {
  if (!settings.python_allocators) return;
  const KeepErrno keep_errno;
  const auto get_table = reinterpret_cast<GetTable>(::dlsym(RTLD_DEFAULT, "PyMem_GetAllocator"));
  const auto set_table = reinterpret_cast<SetTable>(::dlsym(RTLD_DEFAULT, "PyMem_SetAllocator"));
  if (get_table == nullptr || set_table == nullptr) return;
  watch<kMem>(get_table, set_table);
  watch<kObject>(get_table, set_table);
  // Elsewhere this is malloc, which is seen; builds without a GIL have an allocator of their own in all
  // domains.
  const bool free_threaded = ::dlsym(RTLD_DEFAULT, "_Py_MergeZeroLocalRefcount") != nullptr;
  if (free_threaded) watch<kRaw>(get_table, set_table);
}

}  // namespace strobe::heap::agent

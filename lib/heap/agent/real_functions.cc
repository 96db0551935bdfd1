#include "heap/agent/real_functions.h"

#include <dlfcn.h>

#include <atomic>
#include <cstdint>
#include <cstring>

#include "heap/agent/sampled_blocks.h"
#include "heap/agent/system.h"

namespace strobe::heap::agent {
namespace {

// dlsym(3) may allocate, which leads here again.
alignas(16) char store[16 * 1024];
std::atomic<size_t> used;
thread_local bool finding = false;

void* take_from_store(size_t size, size_t alignment = 16) {
  if (size > sizeof store || alignment > 4096) return nullptr;
  const size_t room = (size + 15) / 16 * 16 + 16 + (alignment > 16 ? alignment : 0);
  const size_t begin = used.fetch_add(room);
  if (begin + room > sizeof store) return nullptr;
  char* block = store + begin + 16;
  block += (alignment - reinterpret_cast<uintptr_t>(block) % alignment) % alignment;
  std::memcpy(block - sizeof size, &size, sizeof size);
  release_filter.add_for_good(block);
  return block;
}

template <class Function>
void find(Function& function, const char* name) {
  if (void* found = ::dlsym(RTLD_NEXT, name); found != nullptr) {
    function = reinterpret_cast<Function>(found);
  }
}

/// False where this thread is at it already.
bool find_all() {
  if (finding) return false;
  finding = true;
  const KeepErrno keep_errno;
  // malloc comes last: once it is found, all are.
  find(real.calloc, "calloc");
  find(real.realloc, "realloc");
  find(real.free, "free");
  find(real.posix_memalign, "posix_memalign");
  find(real.aligned_alloc, "aligned_alloc");
  find(real.memalign, "memalign");
  find(real.valloc, "valloc");
  find(real.pvalloc, "pvalloc");
  find(real.dlclose, "dlclose");
  find(real.mmap, "mmap");
  find(real.munmap, "munmap");
  find(real.mremap, "mremap");
  find(real.malloc, "malloc");
  finding = false;
  return true;
}

void* first_malloc(size_t size) {
  return find_all() && real.malloc != first_malloc ? real.malloc(size) : take_from_store(size);
}
void* first_calloc(size_t count, size_t size) {
  if (find_all() && real.calloc != first_calloc) return real.calloc(count, size);
  size_t bytes = 0;
  return __builtin_mul_overflow(count, size, &bytes) ? nullptr : take_from_store(bytes);  // zeros
}
void* first_realloc(void* block, size_t size) {
  if (find_all() && real.realloc != first_realloc) return real.realloc(block, size);
  return block == nullptr ? take_from_store(size) : nullptr;
}
void first_free(void* block) {
  if (find_all() && real.free != first_free) real.free(block);
}
int first_posix_memalign(void** out, size_t alignment, size_t size) {
  if (find_all() && real.posix_memalign != first_posix_memalign) {
    return real.posix_memalign(out, alignment, size);
  }
  *out = take_from_store(size, alignment);
  return *out != nullptr ? 0 : ENOMEM;
}
void* first_aligned_alloc(size_t alignment, size_t size) {
  if (find_all() && real.aligned_alloc != first_aligned_alloc) return real.aligned_alloc(alignment, size);
  return take_from_store(size, alignment);
}
void* first_memalign(size_t alignment, size_t size) {
  if (find_all() && real.memalign != first_memalign) return real.memalign(alignment, size);
  return take_from_store(size, alignment);
}
void* first_valloc(size_t size) {
  return find_all() && real.valloc != first_valloc ? real.valloc(size) : take_from_store(size, 4096);
}
void* first_pvalloc(size_t size) {
  return find_all() && real.pvalloc != first_pvalloc ? real.pvalloc(size) : take_from_store(size, 4096);
}
int first_dlclose(void* handle) {
  return find_all() && real.dlclose != first_dlclose ? real.dlclose(handle) : -1;
}

template <class Value>
Value as_c_result(long result) {
  if (result >= 0 || result < -4095) return (Value)result;
  errno = static_cast<int>(-result);
  return (Value)-1L;
}
void* first_mmap(void* place, size_t size, int protection, int flags, int fd, off_t offset) {
  if (find_all() && real.mmap != first_mmap) return real.mmap(place, size, protection, flags, fd, offset);
  return as_c_result<void*>(
      system_call(SYS_mmap, as_word(place), static_cast<long>(size), protection, flags, fd, offset));
}
int first_munmap(void* place, size_t size) {
  if (find_all() && real.munmap != first_munmap) return real.munmap(place, size);
  return as_c_result<int>(system_call(SYS_munmap, as_word(place), static_cast<long>(size)));
}
void* first_mremap(void* place, size_t old_size, size_t size, int flags, void* new_place) {
  if (find_all() && real.mremap != first_mremap) return real.mremap(place, old_size, size, flags, new_place);
  return as_c_result<void*>(system_call(SYS_mremap, as_word(place), static_cast<long>(old_size),
                                        static_cast<long>(size), flags, as_word(new_place)));
}

}  // namespace

constinit RealFunctions real = {first_malloc,         first_calloc,        first_realloc,  first_free,
                                first_posix_memalign, first_aligned_alloc, first_memalign, first_valloc,
                                first_pvalloc,        first_dlclose,       first_mmap,     first_munmap,
                                first_mremap};

bool is_from_store(const void* block) {
  return reinterpret_cast<uintptr_t>(block) - reinterpret_cast<uintptr_t>(store) < sizeof store;
}

size_t size_in_store(const void* block) {
  size_t size = 0;
  std::memcpy(&size, static_cast<const char*>(block) - sizeof size, sizeof size);
  return size;
}

}  // namespace strobe::heap::agent

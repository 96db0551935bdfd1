// The C library's allocation functions, as the program calls them. The usual case, a block that is of no
// interest, costs a comparison and a jump; all else goes to a function of its own, by a jump as well, so that
// its caller on the stack is the program.
#include <malloc.h>
#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "heap/agent/blocks.h"
#include "heap/agent/python_allocators.h"
#include "heap/agent/real_functions.h"

#define STROBE_INTERPOSED extern "C" __attribute__((visibility("default")))
#define STROBE_SLOW __attribute__((noinline))

namespace strobe::heap::agent {
namespace {

STROBE_SLOW void* slow_malloc(size_t size) {
  const CallSite site = call_site();
  void* block = real.malloc(size);
  if (block != nullptr) allocated(block, size, site);
  return block;
}

STROBE_SLOW void* slow_calloc(size_t count, size_t size) {
  const CallSite site = call_site();
  void* block = real.calloc(count, size);
  if (block != nullptr) allocated(block, count * size, site);
  return block;
}

STROBE_SLOW void slow_free(void* block) {
  if (is_from_store(block)) return;
  releasing(block);
  real.free(block);
}

STROBE_SLOW void* slow_realloc(void* block, size_t size) {
  const CallSite site = call_site();
  const bool passed = passes(size);
  if (is_from_store(block)) {
    void* moved = real.malloc(size);
    const size_t old = size_in_store(block);
    if (moved != nullptr) std::memcpy(moved, block, old < size ? old : size);
    if (moved != nullptr && !passed) allocated(moved, size, site);
    return moved;
  }
  Reallocation reallocation(block);
  void* result = real.realloc(block, size);
  reallocation.done(result, size, passed, site);
  return result;
}

STROBE_SLOW int slow_posix_memalign(void** out, size_t alignment, size_t size) {
  const CallSite site = call_site();
  const int status = real.posix_memalign(out, alignment, size);
  if (status == 0) allocated(*out, size, site);
  return status;
}

STROBE_SLOW void* slow_aligned_alloc(size_t alignment, size_t size) {
  const CallSite site = call_site();
  void* block = real.aligned_alloc(alignment, size);
  if (block != nullptr) allocated(block, size, site);
  return block;
}

STROBE_SLOW void* slow_memalign(size_t alignment, size_t size) {
  const CallSite site = call_site();
  void* block = real.memalign(alignment, size);
  if (block != nullptr) allocated(block, size, site);
  return block;
}

STROBE_SLOW void* slow_valloc(size_t size) {
  const CallSite site = call_site();
  void* block = real.valloc(size);
  if (block != nullptr) allocated(block, size, site);
  return block;
}

STROBE_SLOW void* slow_pvalloc(size_t size) {
  const CallSite site = call_site();
  void* block = real.pvalloc(size);
  if (block != nullptr) allocated(block, size, site);
  return block;
}

STROBE_SLOW int slow_dlclose(void* handle) {
  const int status = real.dlclose(handle);
  if (Process* process = Process::get_if_open(); process != nullptr) process->begin_stacks_anew();
  return status;
}

/// With the library, before anything of the program runs, if the first allocation has not done it.
__attribute__((constructor(101))) void begin() {
  if (Process::get_or_open() != nullptr) watch_python_allocators();
}

}  // namespace
}  // namespace strobe::heap::agent

using namespace strobe::heap::agent;

STROBE_INTERPOSED void* malloc(size_t size) noexcept {
  return passes(size) ? real.malloc(size) : slow_malloc(size);
}

STROBE_INTERPOSED void* calloc(size_t count, size_t size) noexcept {
  size_t bytes = 0;
  const bool unseen = __builtin_mul_overflow(count, size, &bytes) || passes(bytes);
  return unseen ? real.calloc(count, size) : slow_calloc(count, size);
}

STROBE_INTERPOSED void free(void* block) noexcept {
  if (release_filter.may_matter(block)) return slow_free(block);
  real.free(block);
}

STROBE_INTERPOSED void* realloc(void* block, size_t size) noexcept {
  if (!release_filter.may_matter(block) && passes(size)) return real.realloc(block, size);
  return slow_realloc(block, size);
}

STROBE_INTERPOSED void* reallocarray(void* block, size_t count, size_t size) noexcept {
  size_t bytes = 0;
  if (__builtin_mul_overflow(count, size, &bytes)) {
    errno = ENOMEM;
    return nullptr;
  }
  if (!release_filter.may_matter(block) && passes(bytes)) return real.realloc(block, bytes);
  return slow_realloc(block, bytes);
}

STROBE_INTERPOSED int posix_memalign(void** out, size_t alignment, size_t size) noexcept {
  return passes(size) ? real.posix_memalign(out, alignment, size) : slow_posix_memalign(out, alignment, size);
}

STROBE_INTERPOSED void* aligned_alloc(size_t alignment, size_t size) noexcept {
  return passes(size) ? real.aligned_alloc(alignment, size) : slow_aligned_alloc(alignment, size);
}

STROBE_INTERPOSED void* memalign(size_t alignment, size_t size) noexcept {
  return passes(size) ? real.memalign(alignment, size) : slow_memalign(alignment, size);
}

STROBE_INTERPOSED void* valloc(size_t size) noexcept {
  return passes(size) ? real.valloc(size) : slow_valloc(size);
}

STROBE_INTERPOSED void* pvalloc(size_t size) noexcept {
  return passes(size) ? real.pvalloc(size) : slow_pvalloc(size);
}

STROBE_INTERPOSED int dlclose(void* handle) noexcept { return slow_dlclose(handle); }

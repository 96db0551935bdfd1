// The program's own mappings. The C library's for itself do not come here.
#include <sys/mman.h>

#include <cstdarg>

#include "heap/agent/blocks.h"
#include "heap/agent/real_functions.h"

#define STROBE_INTERPOSED extern "C" __attribute__((visibility("default")))

namespace strobe::heap::agent {
namespace {

__attribute__((noinline)) void* map(void* place, size_t size, int protection, int flags, int fd,
                                    off_t offset) {
  const CallSite site = call_site();
  void* mapping = real.mmap(place, size, protection, flags, fd, offset);
  if (mapping != MAP_FAILED) mapped(mapping, size, site);
  return mapping;
}

__attribute__((noinline)) void* move(void* place, size_t old_size, size_t size, int flags, void* new_place) {
  const CallSite site = call_site();
  // Told before, as another thread may have the old place at once; one that fails is mapped anew.
  if (old_size != 0 && (flags & MREMAP_DONTUNMAP) == 0) unmapping(place, old_size);
  void* mapping = real.mremap(place, old_size, size, flags, new_place);
  if (mapping == MAP_FAILED) {
    if (old_size != 0) mapped(place, old_size, site);
    return mapping;
  }
  mapped(mapping, size, site);
  return mapping;
}

}  // namespace
}  // namespace strobe::heap::agent

using namespace strobe::heap::agent;

STROBE_INTERPOSED void* mmap(void* place, size_t size, int protection, int flags, int fd,
                             off_t offset) noexcept {
  return map(place, size, protection, flags, fd, offset);
}

STROBE_INTERPOSED void* mmap64(void* place, size_t size, int protection, int flags, int fd,
                               off64_t offset) noexcept {
  return map(place, size, protection, flags, fd, offset);
}

STROBE_INTERPOSED int munmap(void* place, size_t size) noexcept {
  // Told before, as another thread may have the place at once; one that fails is a mistake of the program's.
  unmapping(place, size);
  return real.munmap(place, size);
}

STROBE_INTERPOSED void* mremap(void* place, size_t old_size, size_t size, int flags, ...) noexcept {
  va_list rest;
  va_start(rest, flags);
  void* new_place = (flags & (MREMAP_FIXED | MREMAP_DONTUNMAP)) != 0 ? va_arg(rest, void*) : nullptr;
  va_end(rest);
  return move(place, old_size, size, flags, new_place);
}

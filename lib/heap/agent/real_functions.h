// The functions that the agent stands in front of, as the program would have called them without it.
#pragma once

#include <sys/types.h>

#include <cstddef>

namespace strobe::heap::agent {

struct RealFunctions {
  void* (*malloc)(size_t);
  void* (*calloc)(size_t, size_t);
  void* (*realloc)(void*, size_t);
  void (*free)(void*);
  int (*posix_memalign)(void**, size_t, size_t);
  void* (*aligned_alloc)(size_t, size_t);
  void* (*memalign)(size_t, size_t);
  void* (*valloc)(size_t);
  void* (*pvalloc)(size_t);
  int (*dlclose)(void*);
  void* (*mmap)(void*, size_t, int, int, int, off_t);
  int (*munmap)(void*, size_t);
  void* (*mremap)(void*, size_t, size_t, int, void*);
};
/// Always to be called: the functions that are there from the start find the real ones first. What is asked
/// for while they are being found comes from a small store of the agent's own.
extern constinit RealFunctions real;

/// Whether a block is from that store, which takes nothing back. The release filter knows of all of them.
[[nodiscard]] bool is_from_store(const void* block);
/// Of a block of the store.
[[nodiscard]] size_t size_in_store(const void* block);

}  // namespace strobe::heap::agent

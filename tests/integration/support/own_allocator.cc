// An allocator that a program brings as a shared library, as jemalloc and its like do: the C functions and
// C++'s operators, neither of which calls the C library's. Blocks come from one large mapping and are never
// used again.
#include <sys/mman.h>

#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <new>

namespace {

constexpr size_t kStore = size_t{1} << 30;
constexpr size_t kHead = 16;

char* store() {
  static char* memory = static_cast<char*>(
      mmap(nullptr, kStore, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0));
  return memory;
}

void* take(size_t size, size_t alignment = 16) {
  static std::atomic<size_t> used;
  if (size > kStore) return nullptr;
  const size_t begin = used.fetch_add(size + kHead + alignment + 16);
  if (begin > kStore / 2) return nullptr;
  const size_t place =
      (reinterpret_cast<size_t>(store()) + begin + kHead + alignment - 1) / alignment * alignment;
  char* block = reinterpret_cast<char*>(place);
  std::memcpy(block - kHead, &size, sizeof size);
  return block;
}

size_t size_of(void* block) {
  size_t size = 0;
  std::memcpy(&size, static_cast<char*>(block) - kHead, sizeof size);
  return size;
}

}  // namespace

extern "C" {
void* malloc(size_t size) { return take(size); }
void* calloc(size_t count, size_t size) { return take(count * size); }
void free(void*) {}
void* realloc(void* block, size_t size) {
  if (block == nullptr) return take(size);
  if (size == 0) return nullptr;
  void* moved = take(size);
  if (moved != nullptr) std::memcpy(moved, block, size_of(block) < size ? size_of(block) : size);
  if (moved == nullptr) errno = ENOMEM;
  return moved;
}
int posix_memalign(void** out, size_t alignment, size_t size) {
  *out = take(size, alignment);
  return *out == nullptr ? ENOMEM : 0;
}
void* aligned_alloc(size_t alignment, size_t size) { return take(size, alignment); }
void* memalign(size_t alignment, size_t size) { return take(size, alignment); }
void* valloc(size_t size) { return take(size, 4096); }
void* pvalloc(size_t size) { return take(size, 4096); }
}

void* operator new(size_t size) { return take(size); }
void* operator new[](size_t size) { return take(size); }
void* operator new(size_t size, const std::nothrow_t&) noexcept { return take(size); }
void* operator new[](size_t size, const std::nothrow_t&) noexcept { return take(size); }
void* operator new(size_t size, std::align_val_t alignment) {
  return take(size, static_cast<size_t>(alignment));
}
void* operator new[](size_t size, std::align_val_t alignment) {
  return take(size, static_cast<size_t>(alignment));
}
void* operator new(size_t size, std::align_val_t alignment, const std::nothrow_t&) noexcept {
  return take(size, static_cast<size_t>(alignment));
}
void* operator new[](size_t size, std::align_val_t alignment, const std::nothrow_t&) noexcept {
  return take(size, static_cast<size_t>(alignment));
}
void operator delete(void*) noexcept {}
void operator delete[](void*) noexcept {}
void operator delete(void*, size_t) noexcept {}
void operator delete[](void*, size_t) noexcept {}
void operator delete(void*, const std::nothrow_t&) noexcept {}
void operator delete[](void*, const std::nothrow_t&) noexcept {}
void operator delete(void*, std::align_val_t) noexcept {}
void operator delete[](void*, std::align_val_t) noexcept {}
void operator delete(void*, size_t, std::align_val_t) noexcept {}
void operator delete[](void*, size_t, std::align_val_t) noexcept {}
void operator delete(void*, std::align_val_t, const std::nothrow_t&) noexcept {}
void operator delete[](void*, std::align_val_t, const std::nothrow_t&) noexcept {}

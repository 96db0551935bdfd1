// What it costs to stand in front of malloc and free and do nothing: the floor of every library that is
// preloaded.
#include <dlfcn.h>
#include <stddef.h>

static void* (*real_malloc)(size_t);
static void (*real_free)(void*);

__attribute__((constructor)) static void find(void) {
  real_free = (void (*)(void*))dlsym(RTLD_NEXT, "free");
  real_malloc = (void* (*)(size_t))dlsym(RTLD_NEXT, "malloc");
}

void* malloc(size_t size) {
  if (real_malloc == NULL) find();
  return real_malloc(size);
}

void free(void* block) {
  if (real_free == NULL) find();
  real_free(block);
}

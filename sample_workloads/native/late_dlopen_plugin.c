// The plugin of late_dlopen: see there.
// Build:  gcc -O2 -g -shared -fPIC late_dlopen_plugin.c -o liblate_dlopen_plugin.so
// Hot:    plugin_work, called through dlsym
#include <stdint.h>

uint64_t plugin_work(uint64_t x, long rounds);

__attribute__((noinline)) uint64_t plugin_work(uint64_t x, long rounds) {
  for (long i = 0; i < rounds; i++) {
    x ^= x << 13;
    x ^= x >> 7;
    x ^= x << 17;
  }
  return x;
}

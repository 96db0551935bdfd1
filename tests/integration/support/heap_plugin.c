// A library that is loaded, allocates and is closed again: heap_traps.c. Its function is called PLUGIN.
#include <stdlib.h>

void PLUGIN(void** blocks, int count);

__attribute__((noinline)) void PLUGIN(void** blocks, int count) {
  for (int i = 0; i < count; i++) {
    blocks[i] = malloc(800);
    if (blocks[i] == NULL) abort();
  }
}

// Calls of many shapes in a few thousand instructions, to be stepped one by one: leaves, frames of different
// sizes, saved registers, recursion, a variable-length array, callbacks out of libc, the PLT, the vDSO.
// Built three ways (CMakeLists.txt): unwind information in .eh_frame, only in .debug_frame, and none at all
// but frame pointers.
#include <search.h>
#include <stdint.h>
#include <string.h>
#include <time.h>

#define NAMED __attribute__((noinline))

static volatile uint64_t sum;

NAMED static uint64_t small_leaf(uint64_t x) { return x * 2654435761u + 1; }

NAMED static uint64_t many_registers(uint64_t a, uint64_t b, uint64_t c) {
  uint64_t d = small_leaf(a), e = small_leaf(b), f = small_leaf(c);
  uint64_t g = small_leaf(d + e), h = small_leaf(e + f);
  return small_leaf(d ^ e ^ f ^ g ^ h) + d + e + f + g + h;
}

NAMED static uint64_t recurse(int depth) {
  volatile uint64_t room[4] = {(uint64_t)depth};
  if (depth > 0) room[depth & 3] = recurse(depth - 1);
  return small_leaf(room[depth & 3]);
}

NAMED static uint64_t variable_frame(int size) {
  volatile char room[size];
  room[size - 1] = (char)small_leaf((uint64_t)size);
  return many_registers((uint64_t)room[size - 1], 2, 3);
}

NAMED static int compare(const void* a, const void* b) {
  sum += small_leaf(*(const uint64_t*)a);
  return *(const uint64_t*)a != *(const uint64_t*)b;
}

NAMED static uint64_t through_libc(void) {
  uint64_t values[] = {3, 1, 4, 1, 5};
  uint64_t key = 5;
  size_t count = 5;
  return lfind(&key, values, &count, sizeof values[0], compare) != NULL;
}

NAMED static uint64_t through_the_vdso(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return small_leaf((uint64_t)now.tv_sec);
}

int main(void) {
  for (int i = 1; i < 6; i++) {
    sum += many_registers((uint64_t)i, 7, 9) + recurse(6 * i) + variable_frame(i * 40);
    sum += through_libc() + through_the_vdso();
  }
  return 0;
}

// Calls every function that allocates, each from a function of its own, and prints what was asked for, as
// heap_shapes does. Further modes: "crash", "kill", "exit", "closefrom", "close_range", "handler".
#define _GNU_SOURCE
#include <malloc.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "../../../sample_workloads/native/heap_truth.h"

enum { accounts_size = 16 };
static struct heap_account accounts[accounts_size];
static int used;

static struct heap_account* account(const char* name, size_t size) {
  struct heap_account* mine = &accounts[used++];
  mine->name = name;
  took(mine, size);
  return mine;
}

// The call is the last of its function and still no jump: what it gives is looked at.
#define CALLER(name, size, expression) \
  NAMED void* name(void) {             \
    void* block = NULL;                \
    account(#name, size);              \
    block = (expression);              \
    if (block == NULL) abort();        \
    return memset(block, 1, size);     \
  }

static inline __attribute__((always_inline)) void* aligned(size_t alignment, size_t size) {
  void* block = NULL;
  return posix_memalign(&block, alignment, size) == 0 ? block : NULL;
}

CALLER(by_malloc, 1001, malloc(1001))
CALLER(by_calloc, 30 * 33, calloc(30, 33))
CALLER(by_realloc, 1003, realloc(NULL, 1003))
CALLER(by_reallocarray, 17 * 59, reallocarray(NULL, 17, 59))
CALLER(by_posix_memalign, 1004, aligned(64, 1004))
CALLER(by_aligned_alloc, 1024, aligned_alloc(128, 1024))
CALLER(by_memalign, 1005, memalign(256, 1005))
CALLER(by_valloc, 1006, valloc(1006))
CALLER(by_pvalloc, 1007, pvalloc(1007))
CALLER(by_strdup, 38, strdup("123456789 123456789 123456789 1234567"))

// Both moves and failures of realloc leave the account right.
NAMED void* moved_by_realloc(void) {
  struct heap_account* mine = account("moved_by_realloc", 100);
  char* block = malloc(100);
  void* behind = malloc(77);  // so that it has to move
  gave(mine, 100);
  took(mine, 100000);
  took(mine, 77);
  block = realloc(block, 100000);
  volatile size_t too_much = SIZE_MAX / 4;
  void* none = realloc(block, too_much);
  void* overflow = reallocarray(block, too_much, 16);
  if (block == NULL || behind == NULL || none != NULL || overflow != NULL) abort();
  return block;
}

NAMED void freed_by_realloc(void) {
  struct heap_account* mine = account("freed_by_realloc", 123);
  void* block = malloc(123);
  mine->temporary++;
  gave(mine, 123);
  // NOLINTNEXTLINE: what the allocator does with it is what is to be seen; others than the C library's give a
  // block
  if (realloc(block, 0) != NULL) took(mine, 0);
}

static void* kept[32];
static volatile sig_atomic_t handled;

NAMED void by_handler(int number) {
  (void)number;
  kept[30] = malloc(2001);
  handled = 1;
}

static void end_as_told(const char* mode) {
  if (strcmp(mode, "crash") == 0) *(volatile int*)8 = 0;
  if (strcmp(mode, "kill") == 0) kill(getpid(), SIGKILL);
  if (strcmp(mode, "exit") == 0) _exit(3);
}

int main(int argc, char** argv) {
  const char* mode = argc > 1 ? argv[1] : "";
  setvbuf(stdout, NULL, _IONBF, 0);
  if (strcmp(mode, "closefrom") == 0) closefrom(3);
  if (strcmp(mode, "close_range") == 0 && close_range(3, ~0U, 0) != 0) abort();
  int i = 0;
  kept[i++] = by_malloc();
  kept[i++] = by_calloc();
  kept[i++] = by_realloc();
  kept[i++] = by_reallocarray();
  kept[i++] = by_posix_memalign();
  kept[i++] = by_aligned_alloc();
  kept[i++] = by_memalign();
  kept[i++] = by_valloc();
  kept[i++] = by_pvalloc();
  kept[i++] = by_strdup();
  kept[i++] = moved_by_realloc();
  freed_by_realloc();
  if (strcmp(mode, "handler") == 0) {
    account("by_handler", 2001);
    signal(SIGUSR1, by_handler);
    raise(SIGUSR1);
    if (!handled) abort();
  }
  print_accounts(accounts, used);
  end_as_told(mode);
  return 0;
}

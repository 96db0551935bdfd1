// How heaps behave: a leak of known size, growth and release, a storm of blocks that live for a moment,
// fragmentation, growth by realloc, blocks freed by another thread, and a child that goes on with a heap that
// it inherited. Build:  gcc -O2 -g -pthread heap_shapes.c Run:    heap_shapes [TIMES=1] Stacks: main >
// leak_blocks | grow_and_release | storm | fragment | grow_by_realloc | hand_over | work_in_child Prints: one
// JSON line for the process and one for its child: bytes and counts of blocks by function.
#include <pthread.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "heap_truth.h"

enum { leaking, growing, storming, fragmenting, reallocating, handing, in_child, accounts_count };
static struct heap_account accounts[accounts_count] = {
    [leaking] = {.name = "leak_blocks"},
    [growing] = {.name = "grow_and_release"},
    [storming] = {.name = "storm"},
    [fragmenting] = {.name = "fragment"},
    [reallocating] = {.name = "grow_by_realloc"},
    [handing] = {.name = "hand_over"},
    [in_child] = {.name = "work_in_child"},
};

// Inlined, so that the caller of malloc is the named function.
#define TAKE(account, size) (took(&accounts[account], size), touch(malloc(size), size))
#define GIVE(account, block, size) (gave(&accounts[account], size), free(block))

static inline void* touch(void* block, size_t size) {
  if (block == NULL) abort();
  memset(block, 1, size);
  return block;
}

NAMED void leak_blocks(long count) {
  for (long i = 0; i < count; i++) {
    void* volatile lost = TAKE(leaking, 1000 + i % 7);
    (void)lost;
  }
}

NAMED void grow_and_release(long count) {
  void** blocks = TAKE(growing, sizeof(void*) * count);
  for (long i = 0; i < count; i++) blocks[i] = TAKE(growing, 4096);
  for (long i = 0; i < count; i++) GIVE(growing, blocks[i], 4096);
  accounts[growing].temporary++;  // the last block: nothing was allocated behind it
  GIVE(growing, blocks, sizeof(void*) * count);
}

NAMED void storm(long count) {
  for (long i = 0; i < count; i++) {
    const size_t size = 16 + i % 100;
    void* block = TAKE(storming, size);
    GIVE(storming, block, size);
    accounts[storming].temporary++;
  }
}

// Every second block stays: what was freed lies in holes.
NAMED void fragment(long count) {
  void** blocks = TAKE(fragmenting, sizeof(void*) * count);
  for (long i = 0; i < count; i++) blocks[i] = TAKE(fragmenting, 200 + i % 50);
  for (long i = 0; i < count; i += 2) GIVE(fragmenting, blocks[i], 200 + i % 50);
  GIVE(fragmenting, blocks, sizeof(void*) * count);
}

NAMED void grow_by_realloc(long steps) {
  char* text = NULL;
  size_t size = 0;
  for (long i = 0; i < steps; i++) {
    if (size != 0) {
      gave(&accounts[reallocating], size);
      accounts[reallocating].temporary++;
    }
    size += 1000;
    took(&accounts[reallocating], size);
    text = realloc(text, size);
    if (text == NULL) abort();
  }
  GIVE(reallocating, text, size);
  accounts[reallocating].temporary++;
}

static void* free_all(void* blocks) {
  for (void** block = blocks; *block != NULL; block++) free(*block);
  return NULL;
}

NAMED void hand_over(long count) {
  void** blocks = TAKE(handing, sizeof(void*) * (count + 1));
  for (long i = 0; i < count; i++) blocks[i] = TAKE(handing, 300);
  blocks[count] = NULL;
  pthread_t other;
  if (pthread_create(&other, NULL, free_all, blocks) != 0 || pthread_join(other, NULL) != 0) abort();
  for (long i = 0; i < count; i++) gave(&accounts[handing], 300);
  GIVE(handing, blocks, sizeof(void*) * (count + 1));
}

NAMED void work_in_child(void** inherited, long count) {
  for (long i = 0; i < count; i++) free(inherited[i]);  // none of its own
  void* block = TAKE(in_child, 50000);
  GIVE(in_child, block, 50000);
  accounts[in_child].temporary++;
  void* volatile lost = TAKE(in_child, 70000);
  (void)lost;
}

NAMED void fork_with_heap(long count) {
  void** blocks = malloc(sizeof(void*) * count);
  for (long i = 0; i < count; i++) blocks[i] = malloc(100);
  const pid_t child = fork();
  if (child == 0) {
    work_in_child(blocks, count);
    print_accounts(&accounts[in_child], 1);
    _exit(0);
  }
  waitpid(child, NULL, 0);
  for (long i = 0; i < count; i++) free(blocks[i]);
  free(blocks);
}

int main(int argc, char** argv) {
  const long times = argc > 1 ? atol(argv[1]) : 1;
  fork_with_heap(100);
  leak_blocks(100 * times);
  grow_and_release(1000 * times);
  storm(10000 * times);
  fragment(1000 * times);
  grow_by_realloc(100 * times);
  hand_over(1000 * times);
  print_accounts(accounts, in_child);
  return 0;
}

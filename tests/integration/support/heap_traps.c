// What makes life hard for a library that stands in front of malloc; argv[1] says which part of it. As
// heap_calls does, it prints what its functions asked for, where they asked for something.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../../sample_workloads/native/heap_truth.h"

enum { rounds = 40, blocks = 100 };
static struct heap_account accounts[4];
static int used;
static void* kept[rounds * blocks];

static struct heap_account* account(const char* name) {
  struct heap_account* mine = &accounts[used++];
  mine->name = name;
  return mine;
}

static void* need(void* block) {
  if (block == NULL) abort();
  return memset(block, 1, 1);
}

// ---- fork while another thread is in malloc, and in the library
// -----------------------------------------------------
static atomic_int over;
static atomic_long done;

NAMED void busy_pair(struct heap_account* mine) {
  void* block = need(malloc(700));
  took(mine, 700);
  free(block);
  gave(mine, 700);
  mine->temporary++;
}

static void* busy(void* mine) {
  while (!atomic_load(&over)) {
    busy_pair(mine);
    atomic_fetch_add(&done, 1);
  }
  return NULL;
}

NAMED void in_child(void) {
  for (int i = 0; i < blocks; i++) kept[i] = need(malloc(300));
}

static void fork_beside_a_thread(void) {
  pthread_t thread;
  struct heap_account* child = account("in_child");
  if (pthread_create(&thread, NULL, busy, account("busy_pair")) != 0) abort();
  for (int i = 0; i < rounds; i++) {
    const long before = atomic_load(&done);
    while (atomic_load(&done) == before) {
    }
    const pid_t pid = fork();
    if (pid == 0) {
      in_child();
      _exit(0);
    }
    int status = 1;
    if (waitpid(pid, &status, 0) != pid || status != 0) abort();
    for (int k = 0; k < blocks; k++) took(child, 300);
  }
  atomic_store(&over, 1);
  pthread_join(thread, NULL);
}

// ---- vfork: the child has the parent's memory, and what it runs has its own
// -----------------------------------------
NAMED void after_exec(void) {
  for (int i = 0; i < blocks; i++) kept[i] = need(malloc(400));
}

NAMED void around_vfork(char* program, struct heap_account* mine, struct heap_account* other) {
  for (int i = 0; i < rounds; i++) {
    kept[i] = need(malloc(500));
    took(mine, 500);
    const pid_t pid = vfork();
    if (pid == 0) {
      char* words[] = {program, "exec", NULL};
      execv(program, words);
      _exit(127);
    }
    int status = 1;
    if (waitpid(pid, &status, 0) != pid || status != 0) abort();
    for (int k = 0; k < blocks; k++) took(other, 400);
  }
}

// ---- destructors of threads' storage, which run after the library's own has
// ----------------------------------------
static pthread_key_t key;

NAMED void in_destructor(void* value) {
  struct heap_account* mine = value;
  void* block = need(malloc(600));
  took(mine, 600);
  // Once more, after the others' turn.
  if (mine->count % 2 == 1 && pthread_setspecific(key, mine) != 0) abort();
  static void* last;
  free(last);
  if (last != NULL) gave(mine, 600);
  last = block;
}

static void* ends_at_once(void* mine) {
  if (pthread_setspecific(key, mine) != 0) abort();
  return NULL;
}

static void end_threads(void) {
  struct heap_account* mine = account("in_destructor");
  if (pthread_key_create(&key, in_destructor) != 0) abort();
  for (int i = 0; i < 3000; i++) {  // more than there are places
    pthread_t thread;
    if (pthread_create(&thread, NULL, ends_at_once, mine) != 0) abort();
    pthread_join(thread, NULL);
  }
}

// ---- code that goes while its stacks are recorded, and other code at its place
// --------------------------------------
static void load_and_close(const char* library, const char* function) {
  struct heap_account* mine = account(function);
  void* handle = dlopen(library, RTLD_NOW);
  void (*call)(void**, int) = NULL;
  if (handle != NULL) *(void**)&call = dlsym(handle, function);
  if (call == NULL) abort();
  call(kept + (size_t)used * blocks, blocks);
  for (int i = 0; i < blocks; i++) took(mine, 800);
  if (dlclose(handle) != 0) abort();
}

// ---- mistakes
// -------------------------------------------------------------------------------------------------------
static void free_twice(void) {
  void* volatile block = need(malloc(100));
  free(block);
  free(block);  // NOLINT: what is to be seen
}

static void free_what_is_none(void) {
  static char text[64];
  void* volatile place = text + 16;
  free(place);  // NOLINT: what is to be seen
}

// ---- Strobe that stands still, or is gone
// ---------------------------------------------------------------------------
static double now_ms(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec * 1e3 + (double)now.tv_nsec * 1e-6;
}

NAMED void pairs(long count, const char* name) {
  const double begin = now_ms();
  double before = begin, longest = 0;
  for (long i = 0; i < count; i++) {
    void* volatile block = malloc(64);
    free(block);
    if (i % 100 != 0) continue;
    const double now = now_ms();
    if (now - before > longest) longest = now - before;
    before = now;
  }
  printf("{\"%s\": {\"total_ms\": %.1f, \"longest_ms\": %.1f}}\n", name, now_ms() - begin, longest);
  fflush(stdout);
}

static void await(int fifo) {
  char byte;
  if (read(fifo, &byte, 1) != 1) abort();
}

static void go_on_alone(const char* path) {
  FILE* fifo = fopen(path, "r");
  if (fifo == NULL) abort();
  pairs(1000, "before");
  printf("ready\n");
  fflush(stdout);
  await(fileno(fifo));
  pairs(1000000, "alone");  // many times what there is room for
  pairs(1000000, "after");
  await(fileno(fifo));
  printf("done\n");
  fflush(stdout);
}

int main(int argc, char** argv) {
  const char* part = argc > 1 ? argv[1] : "";
  setvbuf(stdout, NULL, _IONBF, 0);
  if (strcmp(part, "fork") == 0) fork_beside_a_thread();
  if (strcmp(part, "vfork") == 0) around_vfork(argv[0], account("around_vfork"), account("after_exec"));
  if (strcmp(part, "exec") == 0) {
    after_exec();
    return 0;
  }
  if (strcmp(part, "ends") == 0) end_threads();
  if (strcmp(part, "close") == 0 && argc > 3) {
    load_and_close(argv[2], "first_plugin");
    load_and_close(argv[3], "second_plugin");
  }
  if (strcmp(part, "twice") == 0) free_twice();
  if (strcmp(part, "none") == 0) free_what_is_none();
  if (strcmp(part, "alone") == 0 && argc > 2) go_on_alone(argv[2]);
  if (used > 0) print_accounts(accounts, used);
  return 0;
}

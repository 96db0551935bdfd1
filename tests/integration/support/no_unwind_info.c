// Two threads that work alike; the stacks of one of them cannot be followed.
// Build:  gcc -O2 no_unwind_info.c -lpthread
// Run:    no_unwind_info ITERATIONS
// Hot:    spin_on_own_stack (thread "lost"; written in assembly, without call frame information and frame
//         pointer, on a piece of memory that is no thread's stack) and spin_plainly (thread "found"), half
//         each
// Prints: nothing
#define _GNU_SOURCE
#include <pthread.h>
#include <stdlib.h>

static char own_stack[65536];

void spin_on_own_stack(unsigned long iterations, void* top);
__asm__(
    ".text\n"
    ".globl spin_on_own_stack\n"
    ".type spin_on_own_stack, @function\n"
    "spin_on_own_stack:\n"
    "  push %rbp\n"
    "  push %rbx\n"
    "  mov %rsp, %rbx\n"  // the way back; nobody is told of it
    "  mov %rsi, %rsp\n"
    "  xor %ebp, %ebp\n"
    "1: push $1\n"
    "  pop %rax\n"
    "  dec %rdi\n"
    "  jnz 1b\n"
    "  mov %rbx, %rsp\n"
    "  pop %rbx\n"
    "  pop %rbp\n"
    "  ret\n"
    ".size spin_on_own_stack, . - spin_on_own_stack\n");

__attribute__((noinline)) static void spin_plainly(unsigned long iterations) {
  for (volatile unsigned long left = iterations; left != 0; --left) {
  }
}

static void* be_lost(void* iterations) {
  pthread_setname_np(pthread_self(), "lost");
  spin_on_own_stack(*(unsigned long*)iterations, own_stack + sizeof own_stack / 2);
  return NULL;
}

static void* be_found(void* iterations) {
  pthread_setname_np(pthread_self(), "found");
  spin_plainly(*(unsigned long*)iterations);
  return NULL;
}

int main(int argc, char** argv) {
  unsigned long iterations = argc > 1 ? strtoul(argv[1], NULL, 10) : 100000000;
  pthread_t threads[2];
  pthread_create(&threads[0], NULL, be_lost, &iterations);
  pthread_create(&threads[1], NULL, be_found, &iterations);
  for (int i = 0; i < 2; ++i) pthread_join(threads[i], NULL);
  return 0;
}

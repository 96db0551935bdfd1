// A thread that is held by vfork(2) in known functions: the child, which has its memory and stack, reads a
// byte from the FIFO that argv[1] names. Says "ready" before. Built with -fno-omit-frame-pointer.
#include <fcntl.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

static volatile unsigned long work;

__attribute__((noinline)) void hold(int fifo) {
  static char byte;
  const pid_t child = vfork();
  if (child == 0) _exit(read(fifo, &byte, 1) == 1 ? 0 : 1);
  waitpid(child, NULL, 0);
  ++work;
}

__attribute__((noinline)) void call_hold(int fifo) {
  hold(fifo);
  ++work;
}

int main(int argc, char** argv) {
  const int fifo = argc == 2 ? open(argv[1], O_RDONLY) : -1;
  if (fifo < 0) return 1;
  printf("ready\n");
  fflush(stdout);
  call_hold(fifo);
  return 0;
}

// Processes that end while a thread of theirs is just ending too, argv[1] of them, one after the other.
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static void* end_at_once(void* unused) { return unused; }

int main(int argc, char** argv) {
  const int children = argc > 1 ? atoi(argv[1]) : 100;
  for (int i = 0; i < children; i++) {
    const pid_t child = fork();
    if (child == 0) {
      pthread_t thread;
      if (pthread_create(&thread, NULL, end_at_once, NULL) != 0) _exit(1);
      // Later by a little more each time, so that every moment of the thread's end is met.
      for (volatile int wait = 0; wait < i * 37 % 20000; wait++) {
      }
      _exit(0);
    }
    int status = 0;
    if (child < 0 || waitpid(child, &status, 0) != child || status != 0) return 1;
  }
  printf("{\"children\":%d}\n", children);
  return 0;
}

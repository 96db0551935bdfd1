// A program of its own that runs Python scripts: linked with a libpython (EMBED_LINKED), or loading one while
// it runs. It has work of its own, outer_work(), before the script and after it. usage: embedding LIBPYTHON
// SCRIPT SECONDS      (LIBPYTHON is ignored where it is linked) Built by python_builds_test.cc for each
// libpython: no header of Python's is needed.
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#ifdef EMBED_LINKED
void Py_InitializeEx(int);
int PyRun_SimpleString(const char*);
int Py_FinalizeEx(void);
#endif

struct Python {
  void (*initialize)(int);
  int (*run)(const char*);
  int (*finalize)(void);
};

static struct Python load(const char* path) {
#ifdef EMBED_LINKED
  (void)path;
  return (struct Python){Py_InitializeEx, PyRun_SimpleString, Py_FinalizeEx};
#else
  void* library = dlopen(path, RTLD_NOW | RTLD_GLOBAL);
  if (library == NULL) {
    fprintf(stderr, "%s\n", dlerror());
    exit(1);
  }
  return (struct Python){(void (*)(int))dlsym(library, "Py_InitializeEx"),
                         (int (*)(const char*))dlsym(library, "PyRun_SimpleString"),
                         (int (*)(void))dlsym(library, "Py_FinalizeEx")};
#endif
}

static double cpu_seconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

__attribute__((noinline)) static unsigned outer_work(double seconds) {
  const double end = cpu_seconds() + seconds;
  volatile unsigned x = 1;
  while (cpu_seconds() < end) {
    for (int i = 0; i < 10000; ++i) x = x * 31 + 7;
  }
  return x;
}

__attribute__((noinline)) static int run_script(const struct Python* python, const char* text) {
  const int failed = python->run(text);
  fflush(stdout);  // and no tail call
  return failed;
}

int main(int argc, char** argv) {
  if (argc != 4) return 2;
  const struct Python python = load(argv[1]);
  char text[4096];
  snprintf(text, sizeof text,
           "import sys, runpy\nsys.argv = ['%s', '%s']\nsys.path.insert(0, '%s'.rpartition('/')[0])\n"
           "runpy.run_path('%s', run_name='__main__')\n",
           argv[2], argv[3], argv[2], argv[2]);
  outer_work(0.1);
  python.initialize(0);
  const int failed = run_script(&python, text);
  const int unfinished = python.finalize();
  outer_work(0.1);
  return failed != 0 || unfinished != 0;
}

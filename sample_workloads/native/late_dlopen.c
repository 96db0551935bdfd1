// A plugin is loaded after the work has begun and unloaded again, several times: its code must be known by
// the mapping of that moment, also when it is gone at the end.
// Build:  gcc -O2 -g late_dlopen.c -ldl             with liblate_dlopen_plugin.so beside the program
// Run:    late_dlopen [SECONDS=1]
// Hot:    plugin_work 60 % (in the plugin), own_work 40 % (self)
// Stacks: main > use_plugin > plugin_work;  main > own_work
// Prints: one JSON line, CPU seconds by function (self).
#include "workload.h"

#include <dlfcn.h>
#include <libgen.h>
#include <unistd.h>

typedef uint64_t (*plugin_function)(uint64_t, long);

uint64_t state = 88172645463325252ULL;
double plugin_s;
double own_s;

NAMED void own_work(void) {
  const double start = cpu_seconds(CLOCK_THREAD_CPUTIME_ID);
  uint64_t x = state;
  CHURN(x, 40 * ROUNDS_PER_MS)
  state = x;
  own_s += cpu_seconds(CLOCK_THREAD_CPUTIME_ID) - start;
}

// Loads, uses (60 ms) and unloads the plugin.
NAMED void use_plugin(const char* path) {
  void* handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  if (handle == NULL) {
    fprintf(stderr, "late_dlopen: %s\n", dlerror());
    exit(1);
  }
  const plugin_function plugin_work = (plugin_function)dlsym(handle, "plugin_work");
  const double start = cpu_seconds(CLOCK_THREAD_CPUTIME_ID);
  state = plugin_work(state, 60 * ROUNDS_PER_MS);
  plugin_s += cpu_seconds(CLOCK_THREAD_CPUTIME_ID) - start;
  dlclose(handle);
}

int main(int argc, char** argv) {
  const double seconds = argc > 1 ? atof(argv[1]) : 1;
  char self[4096];
  char path[4200];
  const ssize_t length = readlink("/proc/self/exe", self, sizeof self - 1);
  if (length < 0) return 1;
  self[length] = '\0';
  snprintf(path, sizeof path, "%s/liblate_dlopen_plugin.so", dirname(self));
  for (long turn = 0; turn < (long)(seconds * 10 + 0.5); turn++) {
    own_work();
    use_plugin(path);
  }
  printf("{\"functions\":{\"plugin_work\":%.6f,\"own_work\":%.6f},\"cpu_s\":%.6f}\n", plugin_s, own_s,
         cpu_seconds(CLOCK_PROCESS_CPUTIME_ID));
  return 0;
}
